/* SPDX-License-Identifier: MIT
 * What a machine provides to the port: one counter, one alarm, one serial line, a way to sleep
 * and a way to reach the host. Each machine folder picks sources of cpu/ and chips/ that
 * implement this, and gives their addresses in its machine.h.
 */
#ifndef EMULATED_HARDWARE_H
#define EMULATED_HARDWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h" // of the machine's folder

/* CPU */

uint32_t hw_irq_off(void);              // returns the state for hw_irq_restore
void hw_irq_restore(uint32_t state);
bool hw_in_interrupt(void);
void hw_wait_for_interrupt(void);       // sleeps; returns on a pending interrupt even while they are off
void hw_spin(uint32_t n);                 // executes 2 n instructions
_Noreturn void hw_reset(void);          // restarts the machine; RAM keeps its content
_Noreturn void hw_exit(int status);     // ends the emulator
int32_t hw_semihost(uint32_t operation, const void *arguments);
void *hw_stack_pointer(void);

/* Time. The counter runs up at MACHINE_TICK_HZ and wraps at 2^32; clock_isr() runs at least once a wrap. */

void hw_time_init(void);
uint32_t hw_counter(void);
void hw_counter_run(bool on);           // off: virtual time stands still for the firmware
void hw_alarm(uint32_t ticks);          // clock_isr() after that many ticks (>= 1), once; 0: no alarm

/* The serial line that carries the REPL. */

void hw_serial_init(void);
bool hw_serial_rx_ready(void);
uint8_t hw_serial_rx(void);
void hw_serial_rx_irq(bool on);         // console_isr() when a character arrives
bool hw_serial_tx_busy(void);           // while the host is slow to take the last character
void hw_serial_tx(uint8_t c);           // not while busy; an interrupt comes when it is sent

/* Interrupt handlers of the port. */

void clock_isr(void);
void console_isr(void);

#endif
