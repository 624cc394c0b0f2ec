/* SPDX-License-Identifier: MIT
 * The counter and a timer of Arm's Corstone SSE-300 (SSE-300 Technical Reference Manual, 4.5: System counter and
 * System timer): the counter runs freely, the timer compares with it and is the alarm.
 */
#include "hardware.h"

typedef volatile struct {
    uint32_t enable;
    uint32_t unused;
    uint32_t count_low; // written only while the counter stands
    uint32_t count_high;
} sse_counter_t;

typedef volatile struct {
    uint32_t count_low;
    uint32_t count_high;
    uint32_t unused[6];
    uint32_t compare_low;
    uint32_t compare_high;
    uint32_t ahead;
    uint32_t ctrl;
} sse_timer_t;

#define COUNTER ((sse_counter_t *)SSE_COUNTER)
#define ALARM ((sse_timer_t *)SSE_TIMER)

enum { TIMER_ENABLE = 1 };

/* QEMU (7.2) works with whole ns. If the moment that it works out for a tick is a fraction of a ns early, it finds the
 * count one short and waits for the same moment for ever. Only every fourth tick is a whole number of ns, counted from
 * where the counter was started; so it starts at, and alarms are for, multiples of 4. */
static uint64_t whole_ns(uint64_t ticks) {
    return (ticks + 3) & ~3ull;
}

static uint64_t count(void) {
    uint32_t high, low;
    do {
        high = ALARM->count_high;
        low = ALARM->count_low;
    } while (high != ALARM->count_high);
    return (uint64_t)high << 32 | low;
}

void hw_time_init(void) {
    hw_counter_run(true);
    hw_alarm(0);
}

uint32_t hw_counter(void) {
    return ALARM->count_low;
}

/* An enabled timer whose counter stands would be due for QEMU at the end of time, and sleep would jump there. */
void hw_counter_run(bool on) {
    ALARM->ctrl = 0;
    COUNTER->enable = on;
    if (!on) {
        uint64_t from = whole_ns(count());
        COUNTER->count_low = (uint32_t)from;
        COUNTER->count_high = (uint32_t)(from >> 32);
    }
}

/* Without an alarm there is still one before the counter has wrapped, as clock.c asks. */
void hw_alarm(uint32_t ticks) {
    ALARM->ctrl = 0;
    uint64_t at = whole_ns(count() + (ticks ? ticks : INT32_MAX));
    ALARM->compare_low = (uint32_t)at;
    ALARM->compare_high = (uint32_t)(at >> 32);
    ALARM->ctrl = TIMER_ENABLE;
}

void sse_timer_isr(void) {
    ALARM->ctrl = 0;
    clock_isr();
}
