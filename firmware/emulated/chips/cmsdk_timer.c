/* SPDX-License-Identifier: MIT
 * Arm CMSDK APB timers (Cortex-M System Design Kit Technical Reference Manual, 4.1): one counts freely, one is the alarm.
 */
#include "hardware.h"

typedef volatile struct {
    uint32_t ctrl;
    uint32_t value;     // counts down
    uint32_t reload;    // writing it sets value as well
    uint32_t intclear;
} cmsdk_timer_t;

#define COUNTER ((cmsdk_timer_t *)CMSDK_TIMER_COUNTER)
#define ALARM ((cmsdk_timer_t *)CMSDK_TIMER_ALARM)

enum { TIMER_ENABLE = 1, TIMER_IRQ = 8 };

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
