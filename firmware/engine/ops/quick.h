/* SPDX-License-Identifier: MIT
 * A short way from sums to int8 outputs, where te_finish_t.quick holds. */
#ifndef TORPOR_QUICK_H
#define TORPOR_QUICK_H

#include "kernels.h"

/* c + a * b / 2^32, rounded to nearest, halves up. */
static inline int32_t te_high_mla(int32_t a, int32_t b, int32_t c) {
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
    int32_t r;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    return r;
#else
    int64_t product = (int64_t)a * b;
    return (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31) + c;
#endif
}

/* a / 2, rounded down, saturated to int8. */
static inline int32_t te_half_s8(int32_t a) {
#ifdef __thumb2__
    int32_t r;
    __asm__("ssat %0, #8, %1, asr #1" : "=r"(r) : "r"(a));
    return r;
#else
    return te_clamp(a >> 1, INT8_MIN, INT8_MAX);
#endif
}

/* How sums of one channel become outputs: sum * mult / 2^31, rounded, goes down by 1 + shift bits, rounded half away
 * from zero, plus the zero point. The first product needs no 64 bits: that of twice the sum has it in its upper word.
 * The second rounding and the zero point are one addend: half a unit of the shift and the zero point in such units,
 * less 1 for a negative sum. */
typedef struct {
    int32_t bias, mult, add, shift;
} te_quick_t;

static inline te_quick_t te_quick(const te_finish_t *f, int32_t c) {
    te_scale_t s = te_finish_scale(f, c);
    te_quick_t q = {te_bias_s32(f->bias, c), s.mult, 0, (-1 - s.shift) & 31};
    q.add = (int32_t)((uint32_t)(2 * f->zero + 1) << q.shift);
    return q;
}

/* The output of a sum that began with the bias, saturated to int8 alone. */
static inline int8_t te_quick_s8(const te_quick_t *q, int32_t sum) {
    return (int8_t)te_half_s8(te_high_mla(2 * sum, q->mult, q->add + (sum >> 31)) >> q->shift);
}

/* With so many products in a sum, twice the sum and a quick bias fits 32 bits. */
#define TE_QUICK_DEPTH 8192

static inline bool te_quick_fits(const te_finish_t *f, int32_t depth) {
    return f->quick && depth <= TE_QUICK_DEPTH;
}

static inline bool te_is_constant(const te_finish_t *f, int32_t c) {
    return f->shift[c * f->step] == TE_CONSTANT;
}

/* One output, within the range of the activation. */
static inline int8_t te_quick_output(const te_finish_t *f, int32_t c, int32_t sum) {
    if (te_is_constant(f, c)) {
        return (int8_t)f->mult[c];
    }
    te_quick_t q = te_quick(f, c);
    return (int8_t)te_clamp(te_quick_s8(&q, sum + q.bias), f->range.low, f->range.high);
}

/* Whether the activation's range is a part of int8. */
static inline bool te_quick_clamps(const te_finish_t *f) {
    return f->range.low > INT8_MIN || f->range.high < INT8_MAX;
}

/* n outputs that were saturated to int8 alone. */
static inline void te_quick_clamp(const te_finish_t *f, int8_t *y, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        y[i] = (int8_t)te_clamp(y[i], f->range.low, f->range.high);
    }
}

#endif
