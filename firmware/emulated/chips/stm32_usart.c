/* SPDX-License-Identifier: MIT
 * An STM32's USART (RM0090, 30.6), which carries the REPL. The emulator has sent a character when it has been written.
 */
#include "hardware.h"

typedef volatile struct {
    uint32_t sr;
    uint32_t dr;
    uint32_t brr;
    uint32_t cr1;
} stm32_usart_t;

#define USART ((stm32_usart_t *)STM32_USART)

enum { SR_RX_READY = 1 << 5 };
enum { CR1_RX = 1 << 2, CR1_TX = 1 << 3, CR1_RX_IRQ = 1 << 5, CR1_ENABLE = 1 << 13 };

void hw_serial_init(void) {
    hw_serial_rx_irq(true);
}

bool hw_serial_rx_ready(void) {
    return USART->sr & SR_RX_READY;
}

uint8_t hw_serial_rx(void) {
    return USART->dr;
}

void hw_serial_rx_irq(bool on) {
    USART->cr1 = CR1_ENABLE | CR1_TX | CR1_RX | (on ? CR1_RX_IRQ : 0);
}

bool hw_serial_tx_busy(void) {
    return false;
}

void hw_serial_tx(uint8_t c) {
    USART->dr = c;
}

void stm32_usart_isr(void) {
    console_isr();
}
