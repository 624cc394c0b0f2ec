/* SPDX-License-Identifier: MIT
 * cos and sin of an FFT's angles as double arithmetic and a C library give them, from integers alone (ops/twiddle.c). */
#ifndef TORPOR_TWIDDLE_H
#define TORPOR_TWIDDLE_H

#include <stdbool.h>
#include <stdint.h>

#define TE_MAX_TURN 16384  /* parts of a turn at most */

/* A double: m * 2^(e - 63), m = 0 or 2^63 <= m, its lower 11 bits 0. */
typedef struct {
    uint64_t m;
    int32_t e;
    bool minus;
} te_double_t;

/* 2 pi i / n, 0 <= i < n <= TE_MAX_TURN. */
te_double_t te_turn(int32_t i, int32_t n);

/* pi (i / n + 1 / 2), 1 <= i <= n / 2. */
te_double_t te_half_turn(int32_t i, int32_t n);

/* cos and sin of an angle of 0 .. 2 pi, or of the same below 0. */
void te_cos_sin(te_double_t angle, te_double_t *cos, te_double_t *sin);

/* floor(1 / 2 + x * max), the product rounded to a double; |x| <= 1, 0 < max. */
int32_t te_double_scaled(te_double_t x, int32_t max);

/* The nearest float. */
float te_double_f32(te_double_t x);

#endif
