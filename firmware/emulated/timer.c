/* SPDX-License-Identifier: MIT
 * The clock behind machine.Timer (shared/runtime/softtimer.c): milliseconds and one alarm.
 */
#include "clock.h"
#include "port.h"

#include "py/runtime.h"
#include "shared/runtime/softtimer.h"

void timer_init(void) {
    clock_on_alarm(ALARM_TIMER, soft_timer_handler);
}

uint32_t soft_timer_get_ms(void) {
    return clock_now() / CLOCK_TICKS_PER_MS;
}

void soft_timer_schedule_at_ms(uint32_t ms) {
    uint64_t now_ms = clock_now() / CLOCK_TICKS_PER_MS;
    int32_t delta = soft_timer_ticks_diff(ms, (uint32_t)now_ms);
    clock_alarm(ALARM_TIMER, (now_ms + (delta > 0 ? delta : 0)) * CLOCK_TICKS_PER_MS);
}
