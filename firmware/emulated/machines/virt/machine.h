/* SPDX-License-Identifier: MIT
 * QEMU's RISC-V `virt` machine with one 32-bit core: addresses and interrupt numbers of its device tree.
 */
#ifndef EMULATED_MACHINE_H
#define EMULATED_MACHINE_H

#include <stdbool.h>

#define MACHINE_NAME "virt"
#define MACHINE_TICK_HZ 10000000 // of mtime: one tick is 100 ns

#define VIRT_TEST 0x00100000
#define VIRT_CLINT 0x02000000
#define VIRT_PLIC 0x0C000000
#define VIRT_UART 0x10000000
#define VIRT_UART_IRQ 10

/* Between cpu/riscv.c and chips/virt.c: the two interrupts of the core, and the mask of one. */
void machine_timer_isr(void);
void machine_external_isr(void);
void riscv_timer_irq(bool on);

#endif
