/* SPDX-License-Identifier: MIT
 * What the kernels for Cortex-M4 and M7 share: two 16-bit lanes in a word, and a short way from a sum to an output. */
#ifndef TORPOR_DSP_KERNELS_H
#define TORPOR_DSP_KERNELS_H

#include "quick.h"

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

/* v in both lanes. */
static inline int32_t dsp_lanes(int32_t v) {
    return (int32_t)((uint32_t)v << 16 | ((uint32_t)v & 0xFFFF));
}

static inline int32_t dsp_load(const int8_t *x) {
    return te_load_i32((const uint8_t *)x);
}

#endif
#endif
