/* SPDX-License-Identifier: MIT
 * Operators that compute every element of one input by itself. */
#include "unary.h"

#include <float.h>

int te_unary(te_op_t *op, te_desc_t *x, te_desc_t *y, te_unary_t *p) {
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_activation(op, 0, x));
    TE_TRY(te_op_output(op, y));
    TE_TRY(te_op_same_shape(op, x, y));
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->count = (int32_t)x->count;
    p->type = x->type;
    op->lag[0].forward = 0;
    return TE_OK;
}

int te_unary_quantised(te_op_t *op, te_desc_t *x, te_desc_t *y, te_unary_t *p) {
    TE_TRY(te_unary(op, x, y, p));
    TE_TRY(te_op_quantised(op, x));
    return te_op_quantised(op, y);
}

int te_unary_prepare(te_op_t *op, void *params) {
    te_desc_t x, y;
    return te_unary(op, &x, &y, params);
}

int te_unary_scale(te_op_t *op, const te_desc_t *x, float b, float c, te_scale_t *scale) {
    if (!(b > 0 && b <= FLT_MAX)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a factor that is not positive and finite is not supported", 0);
    }
    *scale = te_scale(x->scale, b, c);
    if (scale->shift > (te_is(x->type, TE_INT8) ? 22 : 14)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output scale this small is not supported", 0);
    }
    return TE_OK;
}

void te_unary_run_f32(const te_model_t *m, const te_unary_t *p, float (*f)(float x)) {
    const float *x = te_in(m, p->x);
    float *y = te_out(m, p->y);
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = f(x[i]);
    }
}

static int8_t unary_s8(const te_unary_t *p, int32_t (*f)(const void *params, int32_t x), int32_t x) {
    return (int8_t)te_clamp(f(p, x), -128, 127);
}

/* Many elements have few values: they look them up. */
static TE_APART void unary_table_s8(
    const te_unary_t *p, int32_t (*f)(const void *params, int32_t x), const int8_t *x, int8_t *y) {
    int8_t table[256];
    for (int32_t i = 0; i < 256; i++) {
        table[i] = unary_s8(p, f, i - 128);
    }
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = table[x[i] + 128];
    }
}

void te_unary_run_quantised(const te_model_t *m, const te_unary_t *p, int32_t (*f)(const void *params, int32_t x)) {
    const void *x = te_in(m, p->x);
    void *y = te_out(m, p->y);
    if (te_is(p->type, TE_INT8) && p->count > 256) {
        unary_table_s8(p, f, x, y);
        return;
    }
    for (int32_t i = 0; i < p->count; i++) {
        if (te_is(p->type, TE_INT8)) {
            ((int8_t *)y)[i] = unary_s8(p, f, ((const int8_t *)x)[i]);
        } else {
            ((int16_t *)y)[i] = (int16_t)te_clamp(f(p, ((const int16_t *)x)[i]), INT16_MIN, INT16_MAX);
        }
    }
}
