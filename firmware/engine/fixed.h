/* SPDX-License-Identifier: MIT
 * Functions in fixed point, bit for bit those of gemmlowp that TFLM computes with.
 *
 * Qa.b is an int32 that stands for itself / 2^b, a + b = 31. */
#ifndef TORPOR_FIXED_H
#define TORPOR_FIXED_H

#include "scale.h"

/* x * 2^n, saturated, 0 <= n < 31. */
int32_t te_fixed_shift(int32_t x, int32_t n);

/* exp(a) in Q0.31 for a <= 0 with so many integer bits: at most 5. */
int32_t te_fixed_exp(int32_t a, int32_t integer_bits);

/* log(x) in Q5.26 for x >= 1 in Q12.19. */
int32_t te_fixed_log(int32_t x);

/* In Q0.31 for a in Q4.27. */
int32_t te_fixed_logistic(int32_t a);
int32_t te_fixed_tanh(int32_t a);

/* 1 / sqrt(x) of an integer x >= 0; 0 counts as 1. */
te_scale_t te_fixed_rsqrt(int32_t x);

#endif
