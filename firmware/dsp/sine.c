/* SPDX-License-Identifier: MIT
 * The sine of the first quadrant, by its Taylor series in integers.
 */
#include "parts.h"

/* (pi/2)^(2i+1) / (2i+1)! in Q30, i = 0..7; the next one is below half a step. */
static const int32_t sine_series[8] = {1686629713, 693598668, 85569316, 5026995, 172272, 3864, 61, 1};

static int32_t sine_multiply(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1 << 29)) >> 30);
}

int32_t td_sine(int32_t x) {
    int32_t square = sine_multiply(x, x);
    int32_t sum = 0;
    for (int i = 7; i >= 0; i--) {
        sum = sine_series[i] - sine_multiply(square, sum);
    }
    sum = sine_multiply(sum, x);
    return sum < TD_ONE_Q30 ? sum : TD_ONE_Q30;
}
