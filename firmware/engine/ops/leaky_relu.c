/* SPDX-License-Identifier: MIT
 * LEAKY_RELU: x, or alpha * x if x is negative; of float32, and of int8 and int16, which are brought to the output's
 * scale. alpha may be anything, also negative or 0. */
#include "unary.h"

enum { LEAKY_RELU_ALPHA };
#define LEAKY_RELU_OPTIONS 75

typedef struct {
    te_unary_t u;
    float alpha;
    int32_t x_zero, y_zero;
    te_scale_t above, below;
    bool flips;  /* alpha is negative */
} leaky_relu_t;

static int leaky_relu_scales(te_op_t *op, const te_desc_t *x, const te_desc_t *y, leaky_relu_t *p) {
    te_scale_t none = {0, 0};
    p->flips = p->alpha < 0;
    p->below = none;
    TE_TRY(te_unary_scale(op, x, 1, y->scale, &p->above));
    return p->alpha == 0 ? TE_OK : te_unary_scale(op, x, p->flips ? -p->alpha : p->alpha, y->scale, &p->below);
}

static int leaky_relu_prepare(te_op_t *op, void *params) {
    leaky_relu_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_unary_quantised(op, &x, &y, &p->u));
    if (op->options_type != LEAKY_RELU_OPTIONS) {
        return te_op_fail(op, TE_ERR_MODEL, "its options are missing or another operator's", 0);
    }
    p->alpha = te_bits_f32(te_fb_field_i32(&op->graph->file, &op->options, LEAKY_RELU_ALPHA, 0));
    p->x_zero = x.zero_point;
    p->y_zero = y.zero_point;
    return te_is(x.type, TE_FLOAT32) ? TE_OK : leaky_relu_scales(op, &x, &y, p);
}

static int32_t leaky_relu_quantised(const void *params, int32_t x) {
    const leaky_relu_t *p = params;
    x -= p->x_zero;
    int32_t y = te_rescale(x, x < 0 ? p->below : p->above);
    return (x < 0 && p->flips ? -y : y) + p->y_zero;
}

static void leaky_relu_run(const te_model_t *m, const void *params) {
    const leaky_relu_t *p = params;
    if (!te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_quantised(m, &p->u, leaky_relu_quantised);
        return;
    }
    const float *x = te_in(m, p->u.x);
    float *y = te_out(m, p->u.y);
    for (int32_t i = 0; i < p->u.count; i++) {
        y[i] = x[i] > 0 ? x[i] : x[i] * p->alpha;
    }
}

const te_row_t te_row_leaky_relu = {"LEAKY_RELU", "*[bhf]:=",
    98, sizeof(leaky_relu_t), leaky_relu_prepare, leaky_relu_run};
