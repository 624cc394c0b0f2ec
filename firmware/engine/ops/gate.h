/* SPDX-License-Identifier: MIT
 * The gates of recurrent layers: sigmoid and tanh of 16-bit numbers (ops/gate.c). */
#ifndef TORPOR_GATE_H
#define TORPOR_GATE_H

#include <stdint.h>

/* What makes steps of the table from an input q of scale s: q * mult / 2^shift = q * s * 3 * 2^12, rounded.
 * 0 <= shift <= 31, and 32768 * mult + 2^(shift - 1) < 2^31. */
typedef struct {
    int32_t mult;
    int32_t shift;
} te_steps_t;

/* Results have 15 fraction bits. */
int16_t te_gate_sigmoid(int32_t x, te_steps_t s);
int16_t te_gate_tanh(int32_t x, te_steps_t s);

#endif
