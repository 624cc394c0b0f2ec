/* SPDX-License-Identifier: MIT
 * Arm's MPS2 board with a CMSDK image (AN385: Cortex-M3, AN386: Cortex-M4F, AN500: Cortex-M7), as QEMU emulates it:
 * addresses and interrupt numbers of those Application Notes and of CMSIS-CORE's headers CMSDK_CM3, CMSDK_CM4, CMSDK_CM7.
 */
#ifndef EMULATED_MPS2_H
#define EMULATED_MPS2_H

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
