/* SPDX-License-Identifier: MIT
 * Virtual time, alarms and sleep; see clock.h.
 */
#include <stdbool.h>

#include "clock.h"
#include "hardware.h"

static uint64_t now;      // the last reading, extended to 64 bits
static uint64_t asleep;
static uint64_t alarms[ALARM_COUNT];
static void (*handlers[ALARM_COUNT])(void);
static volatile bool woken;

static wait_t why;

/* RAM keeps its content over a reset; it is zero when the emulator starts. */
__attribute__((section(".noinit"))) static struct {
    uint64_t before;
    uint64_t spent[WAIT_COUNT];
    uint32_t woken[WAIT_COUNT];
} kept;

void clock_init(void) {
    for (int i = 0; i < ALARM_COUNT; i++) {
        alarms[i] = CLOCK_NEVER;
    }
    hw_time_init();
}

uint64_t clock_now(void) {
    uint32_t irq = hw_irq_off();
    now += (uint32_t)(hw_counter() - (uint32_t)now);
    uint64_t time = now;
    hw_irq_restore(irq);
    return time;
}

uint64_t clock_asleep(void) {
    return asleep;
}

uint64_t clock_before(void) {
    return kept.before;
}

void clock_keep(void) {
    kept.before += clock_now();
}

void clock_wait_as(wait_t reason) {
    why = reason;
}

uint64_t clock_spent(wait_t reason) {
    return kept.spent[reason];
}

uint32_t clock_woken(wait_t reason) {
    return kept.woken[reason];
}

static uint64_t earliest(void) {
    uint64_t at = CLOCK_NEVER;
    for (int i = 0; i < ALARM_COUNT; i++) {
        at = alarms[i] < at ? alarms[i] : at;
    }
    return at;
}

/* A far alarm comes in steps of half the counter's range; a past one in the next tick. */
static void arm(void) {
    uint64_t at = earliest(), time = clock_now();
    if (at == CLOCK_NEVER) {
        hw_alarm(0);
    } else if (at <= time) {
        hw_alarm(1);
    } else {
        hw_alarm(at - time < INT32_MAX ? at - time : INT32_MAX);
    }
}

void clock_alarm(alarm_t which, uint64_t at) {
    uint32_t irq = hw_irq_off();
    alarms[which] = at;
    arm();
    hw_irq_restore(irq);
}

void clock_on_alarm(alarm_t which, void (*handler)(void)) {
    handlers[which] = handler;
}

void clock_isr(void) {
    uint64_t time = clock_now();
    for (int i = 0; i < ALARM_COUNT; i++) {
        if (alarms[i] <= time) {
            alarms[i] = CLOCK_NEVER;
            clock_wake();
            if (handlers[i]) {
                handlers[i]();
            }
        }
    }
    uint32_t irq = hw_irq_off();
    arm();
    hw_irq_restore(irq);
}

void clock_wake(void) {
    woken = true;
}

void clock_wait_for_host(void) {
    hw_alarm(0);
    hw_counter_run(false);
    hw_wait_for_interrupt();
    hw_counter_run(true);
    arm();
}

static void sleep_until_interrupt(void) {
    uint64_t start = clock_now();
    hw_wait_for_interrupt();
    uint64_t ticks = clock_now() - start;
    asleep += why == WAIT_BUS ? 0 : ticks;
    kept.spent[why] += ticks;
    kept.woken[why]++;
}

/* What happened before interrupts are off is in `woken`, what happens after ends the sleep. */
void clock_wait(void) {
    uint32_t irq = hw_irq_off();
    if (!woken && earliest() == CLOCK_NEVER) {
        clock_wait_for_host();
    } else if (!woken) {
        sleep_until_interrupt();
    }
    alarms[ALARM_WAIT] = CLOCK_NEVER;
    arm();
    hw_irq_restore(irq); // here the handlers run
    woken = false;
}

void clock_bus(uint64_t ticks) {
    uint64_t end = clock_now() + ticks;
    clock_wait_as(WAIT_BUS);
    while (clock_now() < end) {
        clock_alarm(ALARM_WAIT, end);
        clock_wait();
    }
    clock_wait_as(WAIT_IDLE);
}
