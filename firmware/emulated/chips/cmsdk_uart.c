/* SPDX-License-Identifier: MIT
 * Arm's CMSDK APB UART (Cortex-M System Design Kit Technical Reference Manual, 4.3), which carries the REPL.
 */
#include "hardware.h"

typedef volatile struct {
    uint32_t data;
    uint32_t state;
    uint32_t ctrl;
    uint32_t intclear;
    uint32_t bauddiv;
} cmsdk_uart_t;

#define UART ((cmsdk_uart_t *)CMSDK_UART)

enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2 };
enum { CTRL_TX = 1, CTRL_RX = 2, CTRL_TX_IRQ = 4, CTRL_RX_IRQ = 8 };
enum { INT_TX = 1, INT_RX = 2 };

void hw_serial_init(void) {
    UART->bauddiv = 16; // the smallest allowed; the emulator sends at once
    UART->ctrl = CTRL_TX | CTRL_RX | CTRL_TX_IRQ | CTRL_RX_IRQ;
}

bool hw_serial_rx_ready(void) {
    return UART->state & STATE_RX_FULL;
}

uint8_t hw_serial_rx(void) {
    return UART->data;
}

void hw_serial_rx_irq(bool on) {
    UART->ctrl = CTRL_TX | CTRL_RX | CTRL_TX_IRQ | (on ? CTRL_RX_IRQ : 0);
}

bool hw_serial_tx_busy(void) {
    return UART->state & STATE_TX_FULL;
}

void hw_serial_tx(uint8_t c) {
    UART->data = c;
}

void cmsdk_uart_isr(void) {
    UART->intclear = INT_TX | INT_RX;
    console_isr();
}
