/* SPDX-License-Identifier: MIT
 * What ADD and SUB share: y = a + sign * b.
 *
 * int8 and int16: both inputs are brought, 20 or 15 bits to the left, to twice the greater of their scales, added, and
 * brought to the output's scale; each step rounds as TFLM does. */
#ifndef TORPOR_ADD_SUB_H
#define TORPOR_ADD_SUB_H

#include "broadcast.h"

typedef struct {
    te_scale_t a, b, y;  /* all below 1 */
    int16_t a_zero, b_zero, y_zero;
} te_add_sub_scales_t;

typedef struct {
    te_binary_t tensors;
    te_range_t range;
    te_add_sub_scales_t scales;
    te_ref_t table;  /* ADD of int8: te_add_table_size() bytes of scratch */
} te_add_sub_t;

#define TE_ADD_SUB_SHIFT_S8 20
#define TE_ADD_SUB_SHIFT_S16 15

int te_add_sub(te_op_t *op, int options_type, te_add_sub_t *p);

/* a + sign * b of quantised numbers that are less their zero points and shifted to the left: to 2^30 at most, and the
 * inputs' scales are at most 1/2. */
static inline int32_t te_add_sub_scaled(te_add_sub_scales_t s, int32_t a, int32_t b, int sign) {
    return te_rescale_small(te_rescale_small(a, s.a) + sign * te_rescale_small(b, s.b), s.y) + s.y_zero;
}

/* The scratch of te_add_s8_quick() for runs of so many elements. */
uint32_t te_add_table_size(int32_t run);

/* ADD of int8 in a short way, if the scales suit it (ops/add_quick.c); else false. */
bool te_add_s8_quick(const te_add_sub_t *p, const te_run_t *r);

static inline void te_add_sub_s8(const te_add_sub_t *p, const te_run_t *r, int sign) {
    te_add_sub_scales_t s = p->scales;
    te_range_t range = p->range;
    TE_EACH(r, int8_t, int8_t, te_clamp(te_add_sub_scaled(s, (a - s.a_zero) * (1 << TE_ADD_SUB_SHIFT_S8),
        (b - s.b_zero) * (1 << TE_ADD_SUB_SHIFT_S8), sign), range.low, range.high));
}

static inline void te_add_sub_s16(const te_add_sub_t *p, const te_run_t *r, int sign) {
    te_add_sub_scales_t s = p->scales;
    te_range_t range = p->range;
    TE_EACH(r, int16_t, int16_t, te_clamp(te_add_sub_scaled(s, a * (1 << TE_ADD_SUB_SHIFT_S16),
        b * (1 << TE_ADD_SUB_SHIFT_S16), sign), range.low, range.high));
}

static inline void te_add_sub_s32(const te_add_sub_t *p, const te_run_t *r, int sign) {
    te_range_t range = p->range;
    TE_EACH(r, uint32_t, int32_t, te_clamp((int32_t)(a + (uint32_t)sign * b), range.low, range.high));
}

static inline void te_add_sub_f32(const te_add_sub_t *p, const te_run_t *r, int sign) {
    float low = te_bits_f32(p->range.low), high = te_bits_f32(p->range.high);
    TE_EACH(r, float, float, te_clamp_f32(sign > 0 ? a + b : a - b, low, high));
}

#endif
