/* SPDX-License-Identifier: MIT
 * RELU: max(x, 0), of float32, and of int8 and int16, which are brought to the output's scale. */
#include "unary.h"

typedef struct {
    te_unary_t u;
    int16_t x_zero, y_zero;
    te_scale_t scale;
} relu_t;

static int relu_prepare(te_op_t *op, void *params) {
    relu_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_unary_quantised(op, &x, &y, &p->u));
    p->x_zero = (int16_t)x.zero_point;
    p->y_zero = (int16_t)y.zero_point;
    return te_is(x.type, TE_FLOAT32) ? TE_OK : te_unary_scale(op, &x, 1, y.scale, &p->scale);
}

static float relu_f32(float x) {
    return x < 0 ? 0 : x;
}

static int32_t relu_quantised(const void *params, int32_t x) {
    const relu_t *p = params;
    return x < p->x_zero ? p->y_zero : te_rescale(x - p->x_zero, p->scale) + p->y_zero;
}

static void relu_run(const te_model_t *m, const void *params) {
    const relu_t *p = params;
    if (te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_f32(m, &p->u, relu_f32);
    } else {
        te_unary_run_quantised(m, &p->u, relu_quantised);
    }
}

const te_row_t te_row_relu = {"RELU", "*[bhf]:=", 19, sizeof(relu_t), relu_prepare, relu_run};
