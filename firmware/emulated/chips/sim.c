/* SPDX-License-Identifier: MIT
 * What stands for peripherals on QEMU's Xtensa `sim` machine: the core's CCOUNT and CCOMPARE0 are counter and alarm, the
 * simulator's standard input and output carry the REPL. Neither of the two raises an interrupt.
 */
#include "cpu/xtensa.h"
#include "hardware.h"
#include "simcall.h"

#define TIMER_INTERRUPT (1 << 6) // CCOMPARE0, of level 1

enum { INPUT = 0, OUTPUT = 1 };
enum { SELECT_NOTHING = 0, SELECT_READ = 1, SELECT_WRITE = 2 };
enum { NAP_US = 1000 };

static uint32_t stopped_for;  // ticks of CCOUNT that the firmware has not seen
static uint32_t stopped_at;
static bool stopped;
static bool output_full;      // when the firmware last wanted to write

uint32_t hw_counter(void) {
    return (stopped ? stopped_at : SR_READ(ccount)) - stopped_for;
}

/* CCOUNT cannot stand still, so what passes meanwhile is taken off. */
void hw_counter_run(bool on) {
    uint32_t count = SR_READ(ccount);
    if (on && stopped) {
        stopped_for += count - stopped_at;
    } else if (!on) {
        stopped_at = count;
    }
    stopped = !on;
}

/* The interrupt comes when the counter meets the value, so that must still be ahead when it is written. Without an alarm
 * there is still one before the counter has wrapped, as clock.c asks. */
void hw_alarm(uint32_t ticks) {
    ticks = ticks ? ticks : INT32_MAX;
    uint32_t at, ahead = ticks;
    do {
        at = SR_READ(ccount) + ahead;
        SR_WRITE(ccompare0, at);
        ahead += 16;
    } while ((int32_t)(at - SR_READ(ccount)) <= 0 && !(SR_READ(interrupt) & TIMER_INTERRUPT));
}

void hw_time_init(void) {
    stopped_for = SR_READ(ccount); // it counts from the emulator's start, through every reset
    hw_alarm(0);
    SR_WRITE(intenable, TIMER_INTERRUPT);
}

void machine_timer_isr(void) {
    hw_alarm(0); // takes the interrupt back
    clock_isr();
}

void hw_serial_init(void) {
}

/* Within so many microseconds of real time. */
static bool ready(uint32_t descriptor, uint32_t what, uint32_t us) {
    const uint32_t time[] = {0, us};
    return simcall(SIM_SELECT_ONE, descriptor, what, (uint32_t)time) > 0;
}

bool hw_serial_rx_ready(void) {
    return ready(INPUT, SELECT_READ, 0);
}

uint8_t hw_serial_rx(void) {
    uint8_t c = 0;
    simcall(SIM_READ, INPUT, (uint32_t)&c, 1);
    return c;
}

void hw_serial_rx_irq(bool on) {
    (void)on;
}

bool hw_serial_tx_busy(void) {
    output_full = !ready(OUTPUT, SELECT_WRITE, 0);
    return output_full;
}

void hw_serial_tx(uint8_t c) {
    simcall(SIM_WRITE, OUTPUT, (uint32_t)&c, 1);
}

/* While the counter stands still only the host can end the wait, with a character or by taking some. */
static void wait_for_host(void) {
    if (output_full) {
        ready(OUTPUT, SELECT_NOTHING, NAP_US);
    } else {
        simcall(SIM_SELECT_ONE, INPUT, SELECT_READ, 0);
    }
}

/* WAITI lets interrupts in; they were off. */
void hw_wait_for_interrupt(void) {
    if (stopped) {
        wait_for_host();
    } else {
        __asm volatile ("waiti 0" ::: "memory");
        hw_irq_off();
    }
    if (hw_serial_rx_ready()) {
        console_isr();
    }
}
