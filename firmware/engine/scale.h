/* SPDX-License-Identifier: MIT
 * Fixed-point scales: a real factor as multiplier and shift, and integers times it.
 *
 * TFLM computes a factor such as input_scale * filter_scale / output_scale in double, takes it
 * apart with frexp and keeps 31 bits: factor = mult * 2^(shift - 31), mult in [2^30, 2^31).
 * Here the same bits come from integers alone, so that a run may compute them anew for each
 * channel (about 30 instructions) instead of keeping 8 bytes a channel in RAM.
 */
#ifndef TORPOR_SCALE_H
#define TORPOR_SCALE_H

#include <stdint.h>

typedef struct {
    int32_t mult;   /* 0, or 2^30 .. 2^31 - 1 */
    int32_t shift;  /* power of two to the left if positive; -31 .. */
} te_scale_t;

/* factor / divisor of two positive finite floats, ready to be multiplied by a third. */
typedef struct {
    uint64_t ratio;     /* factor / divisor of the mantissas, 39 fraction bits, rounded down */
    uint32_t factor;    /* mantissas, 24 bits, top bit set */
    uint32_t divisor;
    int32_t exponent;   /* of factor / divisor */
} te_ratio_t;

te_ratio_t te_ratio(float factor, float divisor);

/* ratio * x, x > 0 and finite, as double arithmetic followed by TFLM's QuantizeMultiplier gives it. */
te_scale_t te_ratio_times(const te_ratio_t *ratio, float x);

/* (a * b) / c, all positive and finite. */
te_scale_t te_scale(float a, float b, float c);

/* (a * b) / (divisor * 2^exponent), a and b positive and finite, 0 < divisor < 2^53: to the bit what it is in double. */
te_scale_t te_scale_wide(float a, float b, uint64_t divisor, int32_t exponent);

/* a / (b * c), all positive and finite. */
te_scale_t te_scale_over(float a, float b, float c);

/* a * b / 2^31, rounded to nearest, halves up (gemmlowp's SaturatingRoundingDoublingHighMul, b >= 0). */
static inline int32_t te_high_mul(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* x / 2^n, rounded to nearest, halves away from zero; 0 <= n <= 31. */
static inline int32_t te_round_shift(int32_t x, int32_t n) {
    int32_t mask = (int32_t)((UINT32_C(1) << n) - 1);
    int32_t half = (mask >> 1) + (x < 0);
    return (x >> n) + ((x & mask) > half);
}

/* x times a scale: rounds twice, as TFLM's MultiplyByQuantizedMultiplier does. */
static inline int32_t te_rescale(int32_t x, te_scale_t s) {
    int32_t left = s.shift > 0 ? s.shift : 0;
    return te_round_shift(te_high_mul((int32_t)((uint32_t)x << left), s.mult), left - s.shift);
}

/* A 64-bit x times a scale with shift <= 7: rounds once, by 15 bits of the multiplier, as TFLM does. */
static inline int32_t te_rescale_wide(int64_t x, te_scale_t s) {
    uint64_t mult = s.mult < 0x7FFF0000 ? (uint64_t)(s.mult + (1 << 15)) >> 16 : 0x7FFF;
    int32_t right = 15 - s.shift;
    return (int32_t)((int64_t)((uint64_t)x * mult + (UINT64_C(1) << (right - 1))) >> right);
}

/* x times a scale below 1 (shift <= 0). */
static inline int32_t te_rescale_down(int32_t x, te_scale_t s) {
    return te_round_shift(te_high_mul(x, s.mult), -s.shift);
}

/* The same for -2^30 <= x < 2^30, and shorter: nothing can overflow. */
static inline int32_t te_rescale_small(int32_t x, te_scale_t s) {
    int32_t n = -s.shift, half = (int32_t)((UINT32_C(1) << n) >> 1), v;
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
    __asm__("smmulr %0, %1, %2" : "=r"(v) : "r"(2 * x), "r"(s.mult));
#else
    v = te_high_mul(x, s.mult);
#endif
    return (v + half + ((v >> 31) & -(n > 0))) >> n;
}

static inline int32_t te_clamp(int32_t x, int32_t low, int32_t high) {
    return x < low ? low : x > high ? high : x;
}

/* 1 / (1 + a) in Q0.31 for a in [0, 1): Newton's method on half the denominator, in Q2.29. */
int32_t te_reciprocal(int32_t a);

/* 2 / (1 + a) in Q2.29, of the same. */
int32_t te_quotient(int32_t a);

/* To the nearest integer, halves away from zero, saturated; 0 for NaN. */
int32_t te_round(float x);

#endif
