/* SPDX-License-Identifier: MIT
 * What the kernels for Cortex-M4 and M7 share: two 16-bit lanes in a word, and a short way from a sum to an output. */
#ifndef TORPOR_DSP_KERNELS_H
#define TORPOR_DSP_KERNELS_H

#include "kernels.h"

#if TE_KERNELS == TE_DSP

/* a + bytes 0 and 2 of b, in the low and the high lane. */
static inline int32_t dsp_even(int32_t a, int32_t b) {
    int32_t r;
    __asm__("sxtab16 %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

/* a + bytes 1 and 3 of b. */
static inline int32_t dsp_odd(int32_t a, int32_t b) {
    int32_t r;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

/* c + the products of both lanes of a and b. */
static inline int32_t dsp_mla(int32_t a, int32_t b, int32_t c) {
    int32_t r;
    __asm__("smlad %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    return r;
}

/* c + the product of one lane of a and one of b. */
static inline int32_t dsp_mla_low(int32_t a, int32_t b, int32_t c) {
    int32_t r;
    __asm__("smlabb %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    return r;
}

static inline int32_t dsp_mla_high(int32_t a, int32_t b, int32_t c) {
    int32_t r;
    __asm__("smlatt %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    return r;
}

/* The low lanes of a and b, and their high lanes. */
static inline int32_t dsp_lows(int32_t a, int32_t b) {
    int32_t r;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

static inline int32_t dsp_highs(int32_t a, int32_t b) {
    int32_t r;
    __asm__("pkhtb %0, %2, %1, asr #16" : "=r"(r) : "r"(a), "r"(b));
    return r;
}

/* c + a * b / 2^32, rounded to nearest, halves up. */
static inline int32_t dsp_high_mla(int32_t a, int32_t b, int32_t c) {
    int32_t r;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    return r;
}

/* a / 2, rounded down, saturated to int8. */
static inline int32_t dsp_half_s8(int32_t a) {
    int32_t r;
    __asm__("ssat %0, #8, %1, asr #1" : "=r"(r) : "r"(a));
    return r;
}

/* v in both lanes. */
static inline int32_t dsp_lanes(int32_t v) {
    return (int32_t)((uint32_t)v << 16 | ((uint32_t)v & 0xFFFF));
}

static inline int32_t dsp_load(const int8_t *x) {
    return te_load_i32((const uint8_t *)x);
}

/* How sums of one channel become outputs where te_finish_t.quick holds: sum * mult / 2^31, rounded, goes down by
 * 1 + shift bits, rounded half away from zero, plus the zero point. The first product needs no 64 bits: that of twice
 * the sum has it in its upper word. The second rounding and the zero point are one addend: half a unit of the shift
 * and the zero point in such units, less 1 for a negative sum. */
typedef struct {
    int32_t bias, mult, add, shift;
} dsp_channel_t;

static inline dsp_channel_t dsp_channel(const te_finish_t *f, int32_t c) {
    te_scale_t s = te_finish_scale(f, c);
    dsp_channel_t q = {te_bias_s32(f->bias, c), s.mult, 0, -1 - s.shift};
    q.add = (int32_t)((uint32_t)(2 * f->zero + 1) << q.shift);
    return q;
}

static inline int32_t dsp_finish(const dsp_channel_t *q, int32_t sum) {
    return dsp_half_s8(dsp_high_mla(2 * sum, q->mult, q->add + (sum >> 31)) >> q->shift);
}

/* With so many products in a sum, twice the sum and a quick bias fits 32 bits. */
#define DSP_QUICK_DEPTH 8192

/* One output, within the range of the activation: of any channel that is quick. */
static inline int8_t dsp_output(const te_finish_t *f, int32_t c, int32_t sum) {
    if (f->shift[c * f->step] == TE_CONSTANT) {
        return (int8_t)f->mult[c];
    }
    dsp_channel_t q = dsp_channel(f, c);
    return (int8_t)te_clamp(dsp_finish(&q, sum + q.bias), f->range.low, f->range.high);
}

/* Whether int8 is a wider range than the activation's. */
static inline bool dsp_clamps(const te_finish_t *f) {
    return f->range.low > INT8_MIN || f->range.high < INT8_MAX;
}

/* n outputs that were saturated to int8 alone. */
static inline void dsp_clamp(const te_finish_t *f, int8_t *y, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        y[i] = (int8_t)te_clamp(y[i], f->range.low, f->range.high);
    }
}

/* One row of the output of any window (ops/depthwise_lanes_dsp.c). */
void te_depthwise_row_dsp(const te_depthwise_run_t *r, int32_t batch, int32_t row);

#endif
#endif
