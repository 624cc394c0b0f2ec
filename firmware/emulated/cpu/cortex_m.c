/* SPDX-License-Identifier: MIT
 * Arm Cortex-M: vector table, reset, faults, sleeping, the way to the host (ARMv7-M
 * Architecture Reference Manual, B1 and B3).
 */
#include <string.h>

#include "hardware.h"
#include "semihosting.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define SCB_AIRCR REG(0xE000ED0C)
#define SCB_CFSR REG(0xE000ED28)
#define SCB_BFAR REG(0xE000ED38)
#define SCB_CPACR REG(0xE000ED88)
#define NVIC_ISER(n) REG(0xE000E100 + 4 * (n))

#ifndef MACHINE_SYSTICK
#define MACHINE_SYSTICK fault_handler // the machine does not use it
#endif

typedef void (*vector_t)(void);

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];

int main(void);

_Noreturn void reset_handler(void);

/* frame[0..7] = r0-r3, r12, lr, pc, xpsr as the core stacked them. */
__attribute__((used)) static _Noreturn void report_fault(const uint32_t *frame) {
    host_print("firmware fault: pc ");
    host_print_hex(frame[6]);
    host_print(" lr ");
    host_print_hex(frame[5]);
    host_print(" cfsr ");
    host_print_hex(SCB_CFSR);
    host_print(" bfar ");
    host_print_hex(SCB_BFAR);
    host_print("\n");
    hw_exit(1);
}

__attribute__((naked)) static void fault_handler(void) {
    __asm volatile ("mov r0, sp\nb report_fault");
}

__attribute__((used, section(".vectors"))) static const struct {
    uint32_t *stack;
    vector_t core[15];
    vector_t machine[MACHINE_VECTOR_COUNT];
} vectors = {
    .stack = stack_top,
    .core = {reset_handler, [1 ... 13] = fault_handler, MACHINE_SYSTICK},
    .machine = {MACHINE_VECTORS},
};

/* Those that have a handler; a peripheral's own enable bit decides then. */
static void enable_interrupts(void) {
    for (int i = 0; i < MACHINE_VECTOR_COUNT; i++) {
        if (vectors.machine[i]) {
            NVIC_ISER(i / 32) = 1u << i % 32;
        }
    }
}

_Noreturn void reset_handler(void) {
    memcpy(data_start, data_load, (uintptr_t)data_end - (uintptr_t)data_start);
    memset(bss_start, 0, (uintptr_t)bss_end - (uintptr_t)bss_start);
    SCB_CPACR |= 0xF << 20; // full access to the FPU, and to Helium
    __asm volatile ("dsb\nisb" ::: "memory");
    enable_interrupts();
    main();
    hw_reset();
}

uint32_t hw_irq_off(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\ncpsid i" : "=r" (state) :: "memory");
    return state;
}

void hw_irq_restore(uint32_t state) {
    __asm volatile ("msr primask, %0\nisb" :: "r" (state) : "memory");
}

bool hw_in_interrupt(void) {
    uint32_t ipsr;
    __asm volatile ("mrs %0, ipsr" : "=r" (ipsr));
    return ipsr != 0;
}

void hw_wait_for_interrupt(void) {
    __asm volatile ("dsb\nwfi" ::: "memory");
}

void hw_spin(uint32_t n) {
    __asm volatile ("1: subs %0, #1\nbne 1b" : "+r" (n) :: "cc");
}

_Noreturn void hw_reset(void) {
    SCB_AIRCR = 0x05FA0004; // key, SYSRESETREQ
    for (;;) {
        __asm volatile ("dsb");
    }
}

int32_t hw_semihost(uint32_t operation, const void *arguments) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = arguments;
    __asm volatile ("bkpt 0xAB" : "+r" (r0) : "r" (r1) : "memory");
    return (int32_t)r0;
}

_Noreturn void hw_exit(int status) {
    host_exit(status);
    for (;;) {
    }
}

void *hw_stack_pointer(void) {
    void *sp;
    __asm volatile ("mov %0, sp" : "=r" (sp));
    return sp;
}
