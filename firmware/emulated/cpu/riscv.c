/* SPDX-License-Identifier: MIT
 * RISC-V, 32 bit, machine mode: reset, traps, sleeping, the way to the host (RISC-V Privileged
 * Architecture 1.12, chapter 3; RISC-V Semihosting 0.4).
 */
#include <string.h>

#include "hardware.h"
#include "semihosting.h"

#define CSR_READ(name) ({ uint32_t csr_value; __asm volatile ("csrr %0, " #name : "=r" (csr_value)); csr_value; })
#define CSR_WRITE(name, value) __asm volatile ("csrw " #name ", %0" :: "r" (value) : "memory")

enum { MSTATUS_MIE = 1 << 3 };
enum { TIMER_INTERRUPT = 7, EXTERNAL_INTERRUPT = 11 }; // of mcause, mie
#define CAUSE_IS_INTERRUPT 0x80000000u

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[];

int main(void);

static volatile bool in_interrupt;

static _Noreturn void report_fault(uint32_t cause) {
    host_print("firmware fault: mepc ");
    host_print_hex(CSR_READ(mepc));
    host_print(" mcause ");
    host_print_hex(cause);
    host_print(" mtval ");
    host_print_hex(CSR_READ(mtval));
    host_print("\n");
    hw_exit(1);
}

__attribute__((interrupt("machine"), aligned(4))) static void trap_handler(void) {
    uint32_t cause = CSR_READ(mcause);
    if (!(cause & CAUSE_IS_INTERRUPT)) {
        report_fault(cause);
    }
    in_interrupt = true;
    if ((cause & ~CAUSE_IS_INTERRUPT) == TIMER_INTERRUPT) {
        machine_timer_isr();
    } else {
        machine_external_isr();
    }
    in_interrupt = false;
}

__attribute__((used)) static _Noreturn void start(void) {
    memcpy(data_start, data_load, (uintptr_t)data_end - (uintptr_t)data_start);
    memset(bss_start, 0, (uintptr_t)bss_end - (uintptr_t)bss_start);
    CSR_WRITE(mtvec, trap_handler);
    CSR_WRITE(mie, 1 << EXTERNAL_INTERRUPT);
    hw_irq_restore(MSTATUS_MIE);
    main();
    hw_reset();
}

__attribute__((naked, section(".start"))) void reset_handler(void) {
    __asm volatile (
        ".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
        "la sp, stack_top\n"
        "j start\n"
        );
}

uint32_t hw_irq_off(void) {
    uint32_t state;
    __asm volatile ("csrrci %0, mstatus, %1" : "=r" (state) : "i" (MSTATUS_MIE) : "memory");
    return state & MSTATUS_MIE;
}

void hw_irq_restore(uint32_t state) {
    __asm volatile ("csrs mstatus, %0" :: "r" (state) : "memory");
}

void riscv_timer_irq(bool on) {
    if (on) {
        __asm volatile ("csrs mie, %0" :: "r" (1 << TIMER_INTERRUPT) : "memory");
    } else {
        __asm volatile ("csrc mie, %0" :: "r" (1 << TIMER_INTERRUPT) : "memory");
    }
}

bool hw_in_interrupt(void) {
    return in_interrupt;
}

void hw_wait_for_interrupt(void) {
    __asm volatile ("wfi" ::: "memory");
}

void hw_spin(uint32_t n) {
    __asm volatile ("1: addi %0, %0, -1\nbnez %0, 1b" : "+r" (n));
}

/* The three instructions are a mark that the emulator looks for: uncompressed, within a page. */
__attribute__((noinline, aligned(16))) int32_t hw_semihost(uint32_t operation, const void *arguments) {
    register uint32_t a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = arguments;
    __asm volatile (
        ".option push\n.option norvc\n.balign 16\n"
        "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n"
        ".option pop\n" : "+r" (a0) : "r" (a1) : "memory");
    return (int32_t)a0;
}

_Noreturn void hw_exit(int status) {
    host_exit(status);
    for (;;) {
    }
}

void *hw_stack_pointer(void) {
    void *sp;
    __asm volatile ("mv %0, sp" : "=r" (sp));
    return sp;
}
