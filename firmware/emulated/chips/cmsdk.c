/* SPDX-License-Identifier: MIT
 * Arm CMSDK APB timers and UART (Cortex-M System Design Kit Technical Reference Manual, 4.1
 * and 4.3): one timer counts freely, one is the alarm, the UART carries the REPL.
 */
#include "hardware.h"

typedef volatile struct {
    uint32_t ctrl;
    uint32_t value;     // counts down
    uint32_t reload;    // writing it sets value as well
    uint32_t intclear;
} cmsdk_timer_t;

typedef volatile struct {
    uint32_t data;
    uint32_t state;
    uint32_t ctrl;
    uint32_t intclear;
    uint32_t bauddiv;
} cmsdk_uart_t;

#define COUNTER ((cmsdk_timer_t *)CMSDK_TIMER_COUNTER)
#define ALARM ((cmsdk_timer_t *)CMSDK_TIMER_ALARM)
#define UART ((cmsdk_uart_t *)CMSDK_UART)

enum { TIMER_ENABLE = 1, TIMER_IRQ = 8 };
enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2 };
enum { CTRL_TX = 1, CTRL_RX = 2, CTRL_TX_IRQ = 4, CTRL_RX_IRQ = 8 };
enum { INT_TX = 1, INT_RX = 2 };

void hw_time_init(void) {
    ALARM->ctrl = 0;
    COUNTER->reload = UINT32_MAX;
    hw_counter_run(true);
}

uint32_t hw_counter(void) {
    return ~COUNTER->value;
}

void hw_counter_run(bool on) {
    COUNTER->ctrl = on ? TIMER_ENABLE | TIMER_IRQ : 0;
}

/* A reload value of `ticks` would do, but was seen to let twice the time pass in WFI (QEMU 7.2). */
void hw_alarm(uint32_t ticks) {
    ALARM->ctrl = 0;
    ALARM->intclear = 1;
    if (ticks) {
        ALARM->reload = UINT32_MAX;
        ALARM->value = ticks;
        ALARM->ctrl = TIMER_ENABLE | TIMER_IRQ;
    }
}

void cmsdk_counter_isr(void) {
    COUNTER->intclear = 1;
    clock_isr();
}

void cmsdk_alarm_isr(void) {
    hw_alarm(0);
    clock_isr();
}

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
