/* SPDX-License-Identifier: MIT
 * HARD_SWISH: x * min(max(x + 3, 0), 6) / 6, of float32 and int8.
 *
 * int8: in 16 bits, 7 of them below the input's own. x on the output's scale times (x / 3 + 1) / 2, which saturates
 * to 0..1; the last product rounds to 0, all others to the nearest. */
#include "unary.h"

typedef struct {
    te_unary_t u;
    int16_t x_zero, y_zero;
    int16_t x_mult, part_mult;  /* Q0.15 */
    int16_t x_right, part_left; /* shifts of what they give; part_left < 0: to the right */
} hard_swish_t;

/* Upper 16 bits of a te_scale_t. */
static int16_t hard_swish_mult(te_scale_t s) {
    return (int16_t)te_clamp((int32_t)(((uint32_t)s.mult + (1 << 15)) >> 16), 0, INT16_MAX);
}

static int hard_swish_scales(te_op_t *op, const te_desc_t *x, const te_desc_t *y, hard_swish_t *p) {
    te_scale_t scale, part;
    TE_TRY(te_unary_scale(op, x, 1.0f / 128, y->scale, &scale));
    TE_TRY(te_unary_scale(op, x, 1.0f / 128, 3.0f / 32768, &part));
    if (scale.shift > 0 || scale.shift < -15 || part.shift < -15) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "scales this far apart are not supported", 0);
    }
    p->x_mult = hard_swish_mult(scale);
    p->x_right = (int16_t)-scale.shift;
    p->part_mult = hard_swish_mult(part);
    p->part_left = (int16_t)(part.shift < 16 ? part.shift : 16);  /* 128 saturates with 15 */
    return TE_OK;
}

static int hard_swish_prepare(te_op_t *op, void *params) {
    hard_swish_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_unary_quantised(op, &x, &y, &p->u));
    p->x_zero = (int16_t)x.zero_point;
    p->y_zero = (int16_t)y.zero_point;
    return te_is(x.type, TE_FLOAT32) ? TE_OK : hard_swish_scales(op, &x, &y, p);
}

/* a * b / 2^15 to the nearest, halves up; 0 <= b. */
static int32_t hard_swish_mul(int32_t a, int32_t b) {
    return (a * b + (1 << 14)) >> 15;
}

static int32_t hard_swish_left(int32_t x, int32_t n) {
    return te_clamp(x * (1 << n), INT16_MIN, INT16_MAX);
}

/* (x / 3 + 1) / 2 in Q0.15. */
static int32_t hard_swish_part(const hard_swish_t *p, int32_t fine) {
    int32_t left = p->part_left, part = left > 0 ? hard_swish_left(fine, left - 1) : fine;
    part = hard_swish_mul(part, p->part_mult);
    part = left > 0 ? hard_swish_left(part, 1) : te_round_shift(part, -left);
    return (part + (1 << 15)) >> 1;
}

static int32_t hard_swish_s8(const void *params, int32_t x) {
    const hard_swish_t *p = params;
    int32_t fine = (x - p->x_zero) * 128;
    int32_t y = hard_swish_part(p, fine) * hard_swish_mul(fine, p->x_mult) / (1 << 15);
    return te_round_shift(y, p->x_right) + p->y_zero;
}

static float hard_swish_f32(float x) {
    float part = 0 < x + 3 ? x + 3 : 0;
    return x * (part < 6 ? part : 6) / 6;
}

static void hard_swish_run(const te_model_t *m, const void *params) {
    const hard_swish_t *p = params;
    if (te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_f32(m, &p->u, hard_swish_f32);
    } else {
        te_unary_run_quantised(m, &p->u, hard_swish_s8);
    }
}

const te_row_t te_row_hard_swish = {"HARD_SWISH", "*[bf]:=",
    117, sizeof(hard_swish_t), hard_swish_prepare, hard_swish_run};
