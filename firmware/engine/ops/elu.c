/* SPDX-License-Identifier: MIT
 * ELU: x, or e^x - 1 if x is negative; of float32, and of int8 by way of it. */
#include "../math.h"
#include "unary.h"

typedef struct {
    te_unary_t u;
    float x_scale, y_inverse;
    int32_t x_zero, y_zero;
} elu_t;

static int elu_prepare(te_op_t *op, void *params) {
    elu_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_unary_quantised(op, &x, &y, &p->u));
    if (te_is(x.type, TE_INT8) && !(1 / y.scale < 1e30f && x.scale < 1e30f)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output scale this small is not supported", 0);
    }
    p->x_scale = x.scale;
    p->y_inverse = 1 / y.scale;
    p->x_zero = x.zero_point;
    p->y_zero = y.zero_point;
    return TE_OK;
}

static float elu_f32(float x) {
    return x < 0 ? te_expm1(x) : x;
}

static int32_t elu_s8(const void *params, int32_t x) {
    const elu_t *p = params;
    float real = p->x_scale * (float)(x - p->x_zero);
    real = real < 0 ? te_exp(real) - 1 : real;
    return te_clamp(te_round(real * p->y_inverse), -1024, 1024) + p->y_zero;
}

static void elu_run(const te_model_t *m, const void *params) {
    const elu_t *p = params;
    if (te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_f32(m, &p->u, elu_f32);
    } else {
        te_unary_run_quantised(m, &p->u, elu_s8);
    }
}

const te_row_t te_row_elu = {"ELU", "*[bf]:=", 111, sizeof(elu_t), elu_prepare, elu_run};
