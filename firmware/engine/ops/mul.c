/* SPDX-License-Identifier: MIT
 * MUL: y = a * b. */
#include "broadcast.h"

enum { MUL_ACTIVATION };

typedef struct {
    te_binary_t tensors;
    te_range_t range;
    te_scale_t scale;  /* int8, int16: of the product */
    int16_t a_zero, b_zero, y_zero;
} mul_t;

static int mul_prepare(te_op_t *op, void *params) {
    mul_t *p = params;
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, TE_MUL_OPTIONS));
    TE_TRY(te_arithmetic(op, in, &y, &p->tensors));
    TE_TRY(te_activation(op, MUL_ACTIVATION, &y, &p->range));
    if (!te_is(y.type, TE_INT8) && !te_is(y.type, TE_INT16)) {
        return TE_OK;
    }
    p->a_zero = (int16_t)in[0].zero_point;
    p->b_zero = (int16_t)in[1].zero_point;
    p->y_zero = (int16_t)y.zero_point;
    p->scale = te_scale(in[0].scale, in[1].scale, y.scale);
    return te_op_scale(op, p->scale);
}

/* A product in units of the output's scale. The range is moved so that the zero point is added last. */
static inline int32_t mul_scaled(int32_t product, te_scale_t scale, te_range_t range, int32_t zero) {
    return te_clamp(te_rescale(product, scale), range.low - zero, range.high - zero) + zero;
}

static void mul_s8(const void *params, const te_run_t *r) {
    const mul_t *p = params;
    te_scale_t scale = p->scale;
    te_range_t range = p->range;
    int32_t a_zero = p->a_zero, b_zero = p->b_zero, y_zero = p->y_zero;
    TE_EACH(r, int8_t, int8_t, mul_scaled((a - a_zero) * (b - b_zero), scale, range, y_zero));
}

static void mul_s16(const void *params, const te_run_t *r) {
    const mul_t *p = params;
    te_scale_t scale = p->scale;
    te_range_t range = p->range;
    TE_EACH(r, int16_t, int16_t, mul_scaled(a * b, scale, range, 0));
}

static void mul_s32(const void *params, const te_run_t *r) {
    te_range_t range = ((const mul_t *)params)->range;
    TE_EACH(r, uint32_t, int32_t, te_clamp((int32_t)(a * b), range.low, range.high));
}

static void mul_f32(const void *params, const te_run_t *r) {
    te_range_t range = ((const mul_t *)params)->range;
    TE_EACH(r, float, float, te_clamp_f32(a * b, te_bits_f32(range.low), te_bits_f32(range.high)));
}

static const te_run_table_t mul_table = {TE_S8(mul_s8), TE_S16(mul_s16), TE_S32(mul_s32), TE_F32(mul_f32)};

static void mul_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &mul_table);
}

const te_row_t te_row_mul = {"MUL", "*[bhif]=:=", 18, sizeof(mul_t), mul_prepare, mul_run};
