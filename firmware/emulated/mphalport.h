/* SPDX-License-Identifier: MIT
 * What MicroPython's core asks of this port.
 */
#include "clock.h"
#include "hardware.h"

#include "shared/runtime/interrupt_char.h"

#define MICROPY_BEGIN_ATOMIC_SECTION() hw_irq_off()
#define MICROPY_END_ATOMIC_SECTION(state) hw_irq_restore(state)

#define MICROPY_PY_PENDSV_ENTER uint32_t atomic_state = hw_irq_off();
#define MICROPY_PY_PENDSV_EXIT hw_irq_restore(atomic_state);

#define MICROPY_INTERNAL_WFE(timeout_ms) port_wait(timeout_ms)

void port_wait(mp_int_t timeout_ms); // -1: no timeout

static inline mp_uint_t mp_hal_ticks_cpu(void) {
    return hw_counter();
}
