/* SPDX-License-Identifier: MIT
 * QEMU's Xtensa `sim` machine with the core de233_fpu: a timer, and calls to the simulator, no devices.
 */
#ifndef EMULATED_MACHINE_H
#define EMULATED_MACHINE_H

#include <stdbool.h>

#define MACHINE_NAME "sim"
#define MACHINE_TICK_HZ 40000000 // of CCOUNT, as QEMU drives it: one tick is 25 ns

#define MACHINE_POLLS 1 // the serial line has no interrupt: who runs or waits looks at it

/* Between cpu/xtensa.c and chips/sim.c. */
void machine_timer_isr(void);

#endif
