/* SPDX-License-Identifier: MIT
 * Arm MPS2 board with the AN386 image (Cortex-M4F), as QEMU emulates it: addresses and
 * interrupt numbers of Arm's Application Note 386 and of CMSIS-CORE device header CMSDK_CM4.
 */
#ifndef EMULATED_MACHINE_H
#define EMULATED_MACHINE_H

#define MACHINE_NAME "mps2-an386"
#define MACHINE_TICK_HZ 25000000 // of the CMSDK timers: one tick is 40 ns

#define CMSDK_TIMER_COUNTER 0x40000000
#define CMSDK_TIMER_ALARM 0x40001000
#define CMSDK_UART 0x40004000

#define CMSDK_UART_RX_IRQ 0
#define CMSDK_UART_TX_IRQ 1
#define CMSDK_TIMER_COUNTER_IRQ 8
#define CMSDK_TIMER_ALARM_IRQ 9

void cmsdk_uart_isr(void);
void cmsdk_counter_isr(void);
void cmsdk_alarm_isr(void);

/* Entries of the vector table after the 16 of the core. */
#define MACHINE_VECTORS \
    [CMSDK_UART_RX_IRQ] = cmsdk_uart_isr, \
    [CMSDK_UART_TX_IRQ] = cmsdk_uart_isr, \
    [CMSDK_TIMER_COUNTER_IRQ] = cmsdk_counter_isr, \
    [CMSDK_TIMER_ALARM_IRQ] = cmsdk_alarm_isr,
#define MACHINE_VECTOR_COUNT 32

#endif
