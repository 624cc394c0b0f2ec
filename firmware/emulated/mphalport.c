/* SPDX-License-Identifier: MIT
 * What MicroPython's core asks of this port: standard streams, time, waiting.
 */
#include "clock.h"
#include "console.h"
#include "hardware.h"
#include "port.h"

#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"

static bool answer_awaited; // the program polls stdin, and stdin carries a protocol of the host

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if (flags & MP_STREAM_POLL_RD) {
        if (console_readable()) {
            ready |= MP_STREAM_POLL_RD;
        } else {
            answer_awaited = mp_interrupt_char < 0;
        }
    }
    return ready;
}

int mp_hal_stdin_rx_chr(void) {
    int c;
    while ((c = console_get()) < 0) {
        mp_event_wait_indefinite();
    }
    return c;
}

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t len) {
    console_put(text, len);
    return len;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return clock_now() / CLOCK_TICKS_PER_MS;
}

mp_uint_t mp_hal_ticks_us(void) {
    return clock_now() / CLOCK_TICKS_PER_US;
}

uint64_t mp_hal_time_ns(void) {
    return rtc_us() * 1000;
}

static void delay(uint64_t ticks) {
    uint64_t end = clock_now() + ticks;
    for (;;) {
        mp_event_handle_nowait();
        if (clock_now() >= end) {
            return;
        }
        clock_alarm(ALARM_WAIT, end);
        clock_wait();
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    delay((uint64_t)ms * CLOCK_TICKS_PER_MS);
}

void mp_hal_delay_us(mp_uint_t us) {
    delay((uint64_t)us * CLOCK_TICKS_PER_US);
}

/* The host's answer takes real time, so a timeout on it must not pass in virtual time:
 * mpremote's mounted file system gives the host one second. The keyboard interrupt is off
 * while stdin carries such a protocol. */
void port_wait(mp_int_t timeout_ms) {
    if (answer_awaited && timeout_ms > 0) {
        console_await_answer(timeout_ms);
    }
    answer_awaited = false;
    if (timeout_ms >= 0) {
        clock_alarm(ALARM_WAIT, clock_now() + (uint64_t)timeout_ms * CLOCK_TICKS_PER_MS);
    }
    clock_wait();
}
