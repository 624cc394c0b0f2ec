/* SPDX-License-Identifier: MIT
 * Arm's MPS3 board with the AN547 image, as QEMU emulates it: Corstone SSE-300 with a Cortex-M55 and Helium. Addresses,
 * for the secure state that it starts in, and interrupt numbers are of that Application Note.
 */
#ifndef EMULATED_MACHINE_H
#define EMULATED_MACHINE_H

#define MACHINE_NAME "mps3-an547"
#define MACHINE_TICK_HZ 32000000 // of the system counter: one tick is 31.25 ns

#define SSE_TIMER 0x58000000
#define SSE_COUNTER 0x58100000
#define CMSDK_UART 0x59303000

#define SSE_TIMER_IRQ 3
#define CMSDK_UART_RX_IRQ 33
#define CMSDK_UART_TX_IRQ 34

void cmsdk_uart_isr(void);
void sse_timer_isr(void);

/* Entries of the vector table after the 16 of the core. */
#define MACHINE_VECTORS \
    [SSE_TIMER_IRQ] = sse_timer_isr, \
    [CMSDK_UART_RX_IRQ] = cmsdk_uart_isr, \
    [CMSDK_UART_TX_IRQ] = cmsdk_uart_isr,
#define MACHINE_VECTOR_COUNT 64

#endif
