/* SPDX-License-Identifier: MIT
 * Virtual time, alarms and sleep. Time is counted in ticks of MACHINE_TICK_HZ since reset.
 *
 * The port is tickless: whoever waits for a moment sets an alarm, the one hardware timer is set
 * to the earliest, and the CPU sleeps until it. Under QEMU's `-icount sleep=off` virtual time then
 * jumps there. When there is no alarm at all, only the host can go on: time stands still.
 */
#ifndef EMULATED_CLOCK_H
#define EMULATED_CLOCK_H

#include <stdint.h>

#include "machine.h"

#define CLOCK_TICKS_PER_MS (MACHINE_TICK_HZ / 1000)
#define CLOCK_TICKS_PER_US (MACHINE_TICK_HZ / 1000000)
#define CLOCK_NEVER UINT64_MAX

typedef enum {
    ALARM_WAIT,   // the wait that is under way; it has no handler
    ALARM_TIMER,  // machine.Timer
    ALARM_SOUND,  // machine.I2S
    ALARM_PINS,   // machine.Pin
    ALARM_COUNT
} alarm_t;

void clock_init(void);
uint64_t clock_now(void);
uint64_t clock_asleep(void);  // ticks spent in WFI
uint64_t clock_before(void);  // ticks from the emulator's start to this reset

/* Why the CPU waits: for asyncio or a pause, in lightsleep, in deepsleep, for a bus. */
typedef enum { WAIT_IDLE, WAIT_LIGHT, WAIT_DEEP, WAIT_BUS, WAIT_COUNT } wait_t;

void clock_wait_as(wait_t why);         // of the waits to come; WAIT_IDLE to begin with
uint64_t clock_spent(wait_t why);       // ticks since the emulator's start, over all resets
uint32_t clock_woken(wait_t why);       // how often such a wait ended since then

void clock_keep(void);        // call it before a reset

/* Sets an alarm (CLOCK_NEVER: none). When it is due its handler runs in the interrupt, once. */
void clock_alarm(alarm_t which, uint64_t at);
void clock_on_alarm(alarm_t which, void (*handler)(void));

/* Sleeps until an interrupt, at most until the earliest alarm. May return early: test and wait again. */
void clock_wait(void);
void clock_bus(uint64_t ticks);  // lets time pass for a driver that waits for its bus: not counted as sleep
void clock_wake(void);        // an interrupt handler did something that a waiter may want to see

/* Sleeps until an interrupt with time standing still. Call it with interrupts off. */
void clock_wait_for_host(void);

#endif
