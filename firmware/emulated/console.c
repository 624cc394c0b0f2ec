/* SPDX-License-Identifier: MIT
 * The serial line that carries the REPL: received characters go to a ring in the interrupt;
 * when it is full the line is left unread, and the host has to wait. Nothing is lost.
 */
#include "clock.h"
#include "console.h"
#include "hardware.h"
#include "semihosting.h"

#include "py/mpstate.h"
#include "py/runtime.h"
#include "shared/runtime/interrupt_char.h"

#define RING_SIZE 4096 // a power of two

static uint8_t ring[RING_SIZE];
static volatile uint32_t head, tail; // written and read so far; the difference is the fill

void console_init(void) {
    hw_serial_init();
}

bool console_readable(void) {
    console_poll();
    return head != tail;
}

static void receive(uint8_t c) {
    if (c == mp_interrupt_char) {
        mp_sched_keyboard_interrupt();
    } else {
        ring[head++ % RING_SIZE] = c;
    }
}

void console_isr(void) {
    while (head - tail < RING_SIZE && hw_serial_rx_ready()) {
        receive(hw_serial_rx());
    }
    hw_serial_rx_irq(head - tail < RING_SIZE);
    clock_wake();
}

void console_poll(void) {
    #ifdef MACHINE_POLLS
    uint32_t irq = hw_irq_off();
    if (hw_serial_rx_ready()) {
        console_isr();
    }
    hw_irq_restore(irq);
    #endif
}

int console_get(void) {
    if (!console_readable()) {
        return -1;
    }
    uint32_t irq = hw_irq_off();
    int c = ring[tail++ % RING_SIZE];
    if (head - tail == RING_SIZE - 1) {
        console_isr(); // there is room again
    }
    hw_irq_restore(irq);
    return c;
}

/* While the host is slow the board sleeps; in an interrupt handler the line's own interrupt cannot
 * end a sleep, so there it is polled. Returns whether the character was sent. */
static bool send_or_wait(char c) {
    uint32_t irq = hw_irq_off();
    bool busy = hw_serial_tx_busy();
    if (!busy) {
        hw_serial_tx(c);
    } else if (!hw_in_interrupt()) {
        clock_wait_for_host();
    }
    hw_irq_restore(irq);
    return !busy;
}

void console_put(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        while (!send_or_wait(text[i])) {
        }
    }
}

void console_await_answer(uint32_t timeout_ms) {
    uint64_t end = host_time_ns() + timeout_ms * 1000000ull;
    hw_counter_run(false);
    while (!console_readable() && host_time_ns() < end) {
    }
    hw_counter_run(true);
}
