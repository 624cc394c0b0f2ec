/* SPDX-License-Identifier: MIT
 * machine.Pin.
 */
#include "port.h"

static uint32_t interrupts;

uint32_t pin_interrupts(void) {
    return interrupts;
}
