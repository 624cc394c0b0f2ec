/* SPDX-License-Identifier: MIT
 * ABS: |x| of float32, and of int8 and int16 with a scale, or int16 as it is. */
#include "unary.h"

typedef struct {
    te_unary_t u;
    bool plain, rescaled;
    int16_t x_zero, y_zero;
    te_scale_t scale;
} abs_t;

static int abs_prepare(te_op_t *op, void *params) {
    abs_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_unary(op, &x, &y, &p->u));
    p->plain = te_is(x.type, TE_INT16) && x.scales.n == 0;
    if (te_is(x.type, TE_FLOAT32) || p->plain) {
        return TE_OK;
    }
    TE_TRY(te_unary_quantised(op, &x, &y, &p->u));
    p->rescaled = x.scale != y.scale;
    p->x_zero = (int16_t)x.zero_point;
    p->y_zero = (int16_t)y.zero_point;
    return p->rescaled ? te_unary_scale(op, &x, 1, y.scale, &p->scale) : TE_OK;
}

static float abs_f32(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return te_bits_f32(bits & INT32_MAX);
}

static int32_t abs_quantised(const void *params, int32_t x) {
    const abs_t *p = params;
    if (p->plain) {
        return (int16_t)(x < 0 ? -x : x);  /* -32768 stays */
    }
    int32_t y = x < p->x_zero ? p->x_zero - x : x - p->x_zero;
    return (p->rescaled ? te_rescale(y, p->scale) : y) + p->y_zero;
}

static void abs_run(const te_model_t *m, const void *params) {
    const abs_t *p = params;
    if (te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_f32(m, &p->u, abs_f32);
    } else {
        te_unary_run_quantised(m, &p->u, abs_quantised);
    }
}

const te_row_t te_row_abs = {"ABS", "*[bhf]:=", 101, sizeof(abs_t), abs_prepare, abs_run};
