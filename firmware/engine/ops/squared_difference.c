/* SPDX-License-Identifier: MIT
 * SQUARED_DIFFERENCE: y = (a - b) ^ 2.
 *
 * int8 and int16: both inputs are brought, 7 or 0 bits to the left, to twice the greater of their scales; the square
 * of their difference is brought to the output's. */
#include "broadcast.h"

#include <float.h>

#define SQUARED_SHIFT_S8 7

typedef struct {
    te_binary_t tensors;
    te_scale_t a, b, y;
    int16_t a_zero, b_zero, y_zero;
} squared_difference_t;

static int squared_difference_scales(te_op_t *op, const te_desc_t *in, const te_desc_t *y, squared_difference_t *p) {
    float greater = in[0].scale > in[1].scale ? in[0].scale : in[1].scale;
    int32_t bits = te_is(y->type, TE_INT8) ? 2 * SQUARED_SHIFT_S8 : 0;
    float down = y->scale * (float)(1 << bits);
    if (!(2 * greater <= FLT_MAX) || !(down <= FLT_MAX)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a scale this large is not supported", 0);
    }
    p->a = te_scale(in[0].scale, 0.5f, greater);
    p->b = te_scale(in[1].scale, 0.5f, greater);
    p->y = te_scale(2 * greater, 2 * greater, down);
    p->a_zero = (int16_t)in[0].zero_point;
    p->b_zero = (int16_t)in[1].zero_point;
    p->y_zero = (int16_t)y->zero_point;
    return te_op_scale(op, p->y);
}

static int squared_difference_prepare(te_op_t *op, void *params) {
    squared_difference_t *p = params;
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_arithmetic(op, in, &y, &p->tensors));
    return te_is(y.type, TE_INT8) || te_is(y.type, TE_INT16) ? squared_difference_scales(op, in, &y, p) : TE_OK;
}

/* Of numbers less their zero points and shifted; without the output's zero point. */
static inline int32_t squared_difference_scaled(const squared_difference_t *p, int32_t a, int32_t b) {
    int32_t difference = te_rescale_down(a, p->a) - te_rescale_down(b, p->b);
    return te_rescale(difference * difference, p->y);
}

static void squared_difference_s8(const void *params, const te_run_t *r) {
    squared_difference_t p = *(const squared_difference_t *)params;
    TE_EACH(r, int8_t, int8_t, te_clamp(squared_difference_scaled(&p, (a - p.a_zero) * (1 << SQUARED_SHIFT_S8),
        (b - p.b_zero) * (1 << SQUARED_SHIFT_S8)), -128 - p.y_zero, 127 - p.y_zero) + p.y_zero);
}

static void squared_difference_s16(const void *params, const te_run_t *r) {
    squared_difference_t p = *(const squared_difference_t *)params;
    TE_EACH(r, int16_t, int16_t, te_clamp(squared_difference_scaled(&p, a, b), INT16_MIN, INT16_MAX));
}

static void squared_difference_s32(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, uint32_t, int32_t, (a - b) * (a - b));
}

static void squared_difference_f32(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, float, float, (a - b) * (a - b));
}

static const te_run_table_t squared_difference_table = {
    TE_S8(squared_difference_s8), TE_S16(squared_difference_s16), TE_S32(squared_difference_s32),
    TE_F32(squared_difference_f32)};

static void squared_difference_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &squared_difference_table);
}

const te_row_t te_row_squared_difference = {"SQUARED_DIFFERENCE", "*[bhif]=:=",
    99, sizeof(squared_difference_t), squared_difference_prepare, squared_difference_run};
