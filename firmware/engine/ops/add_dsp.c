/* SPDX-License-Identifier: MIT
 * ADD of int8 for Cortex-M4 and M7.
 *
 * The input of the greater scale is only shifted: its factor is 1/2. The other one's product and the sum's have TFLM's
 * first rounding in the upper word of twice the number times the multiplier; see te_quick_s8() for the second. */
#include "add_sub.h"
#include "dsp.h"

#if TE_KERNELS == TE_DSP

/* (x - zero) * 2^shift is x * 2^shift less this. */
static int32_t add_offset(int32_t zero, int32_t shift) {
    return zero * (1 << shift);
}

/* The greater input is a. */
static void add_each(const te_add_sub_scales_t *s, const int8_t *a, const int8_t *b, int8_t *y, int32_t n) {
    int32_t a_zero = add_offset(s->a_zero, TE_ADD_SUB_SHIFT_S8), b_zero = add_offset(s->b_zero, TE_ADD_SUB_SHIFT_S8 + 1);
    int32_t b_mult = s->b.mult, b_shift = -s->b.shift, b_half = 1 << (b_shift - 1);
    int32_t mult = s->y.mult, shift = -1 - s->y.shift, add = (2 * s->y_zero + 1) * (1 << shift);
    for (const int8_t *end = y + n; y != end; y++) {
        int32_t doubled = *b++ * (1 << (TE_ADD_SUB_SHIFT_S8 + 1)) - b_zero;
        int32_t other = te_high_mla(doubled, b_mult, b_half + (doubled >> 31)) >> b_shift;
        doubled = *a++ * (1 << TE_ADD_SUB_SHIFT_S8) - a_zero + 2 * other;
        *y = (int8_t)te_half_s8(te_high_mla(doubled, mult, add + (doubled >> 31)) >> shift);
    }
}

static bool add_is_half(te_scale_t s) {
    return s.mult == 1 << 30 && s.shift == 0;
}

bool te_add_s8_dsp(const te_add_sub_t *p, const te_run_t *r) {
    te_add_sub_scales_t s = p->scales;
    const int8_t *a = (const int8_t *)r->a, *b = (const int8_t *)r->b;
    if (!add_is_half(s.a)) {
        s.a = p->scales.b, s.a_zero = p->scales.b_zero;
        s.b = p->scales.a, s.b_zero = p->scales.a_zero;
        a = (const int8_t *)r->b;
        b = (const int8_t *)r->a;
    }
    if (r->a_step != 1 || r->b_step != 1 || !add_is_half(s.a) || s.b.shift >= 0 || s.y.shift >= 0 || s.y.shift < -22) {
        return false;
    }
    add_each(&s, a, b, r->y, r->n);
    if (p->range.low > INT8_MIN || p->range.high < INT8_MAX) {
        for (int32_t i = 0; i < r->n; i++) {
            ((int8_t *)r->y)[i] = (int8_t)te_clamp(((int8_t *)r->y)[i], p->range.low, p->range.high);
        }
    }
    return true;
}

#endif
