/* SPDX-License-Identifier: MIT
 * What the world does to the pins, and what the board does to it: pins.csv and pins_out.csv of the
 * host. Both have lines `seconds,pin,level`; a line that does not start with a digit is a comment.
 * The seconds of pins.csv count from the moment the program makes its first Pin.
 */
#ifndef EMULATED_STIMULUS_H
#define EMULATED_STIMULUS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t at;     // ticks since reset; CLOCK_NEVER after the last
    uint32_t pin;
    bool level;
} edge_t;

/* Opens pins.csv and reads all of it once. Raises ValueError with the line that is wrong. */
void stimulus_start(uint32_t pin_count);
void stimulus_stop(void);
const edge_t *stimulus_next(void);  // the next edge
void stimulus_advance(void);        // goes to the one after it

/* Adds a line to pins_out.csv, in time since reset. */
void stimulus_record(uint32_t pin, bool level);

#endif
