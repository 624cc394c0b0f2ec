/* SPDX-License-Identifier: MIT
 * Xtensa: start, interrupts on and off, restart (Xtensa Instruction Set Architecture Reference Manual, 4.4).
 */
#include <string.h>

#include "hardware.h"
#include "semihosting.h"
#include "xtensa.h"

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[];

int main(void);

void reset_handler(void);

_Noreturn void xtensa_start(void) {
    memcpy(data_start, data_load, (uintptr_t)data_end - (uintptr_t)data_start);
    memset(bss_start, 0, (uintptr_t)bss_end - (uintptr_t)bss_start);
    xtensa_exceptions_init();
    hw_irq_restore(SR_READ(ps) & ~15u);
    main();
    hw_reset();
}

uint32_t hw_irq_off(void) {
    uint32_t state;
    __asm volatile ("rsil %0, 1" : "=r" (state) :: "memory");
    return state;
}

void hw_irq_restore(uint32_t state) {
    SR_WRITE(ps, state);
}

void hw_spin(uint32_t n) {
    __asm volatile ("1: addi %0, %0, -1\nbnez %0, 1b" : "+r" (n));
}

/* The machine has no reset that its software could ask for, so the first instruction is executed again. */
_Noreturn void hw_reset(void) {
    hw_irq_off();
    for (;;) {
        __asm volatile ("jx %0" :: "r" (reset_handler));
    }
}

_Noreturn void hw_exit(int status) {
    host_exit(status);
    for (;;) {
    }
}

void *hw_stack_pointer(void) {
    void *sp;
    __asm volatile ("mov %0, a1" : "=r" (sp));
    return sp;
}
