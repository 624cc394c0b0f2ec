/* SPDX-License-Identifier: MIT
 * Between the files of an Xtensa core.
 */
#ifndef EMULATED_XTENSA_H
#define EMULATED_XTENSA_H

#include <stdint.h>

#define SR_READ(name) ({ uint32_t sr_value; __asm volatile ("rsr %0, " #name : "=r" (sr_value) :: "memory"); sr_value; })
#define SR_WRITE(name, value) __asm volatile ("wsr %0, " #name "\nrsync" :: "r" (value) : "memory")

void xtensa_exceptions_init(void);
void xtensa_spill_windows(void);    // to the stack: all but the caller's

#endif
