/* SPDX-License-Identifier: MIT
 * PRELU: x, or alpha * x if x is negative, with NumPy's broadcasting; of float32, of int8, and of int16 with int8
 * alphas. */
#include "broadcast.h"

#define PRELU_RANK 4  /* as in TFLM */

typedef struct {
    te_ref_t x, alpha, y;
    te_broadcast_t shape;
    uint8_t type;
    int16_t x_zero, alpha_zero, y_zero;
    te_scale_t above, below;
} prelu_t;

static int prelu_scales(te_op_t *op, const te_desc_t *in, const te_desc_t *y, prelu_t *p) {
    p->above = te_scale(in[0].scale, 1, y->scale);
    p->below = te_scale(in[0].scale, in[1].scale, y->scale);
    if (p->above.shift > (te_is(y->type, TE_INT8) ? 22 : 14) || p->below.shift > (te_is(y->type, TE_INT8) ? 14 : 6)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output scale this small is not supported", 0);
    }
    p->x_zero = (int16_t)in[0].zero_point;
    p->alpha_zero = (int16_t)in[1].zero_point;
    p->y_zero = (int16_t)y->zero_point;
    return TE_OK;
}

static int prelu_tensors(te_op_t *op, te_desc_t in[2], te_desc_t *y) {
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_op_activation(op, 0, &in[0]));
    TE_TRY(te_op_input(op, 1, &in[1]));
    TE_TRY(te_op_output(op, y));
    TE_TRY(te_op_quantised(op, &in[0]));
    TE_TRY(te_op_quantised(op, &in[1]));
    TE_TRY(te_op_quantised(op, y));
    if (in[0].rank > PRELU_RANK || in[1].rank > PRELU_RANK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than %d dimensions are not supported", PRELU_RANK);
    }
    return TE_OK;
}

static int prelu_prepare(te_op_t *op, void *params) {
    prelu_t *p = params;
    te_desc_t in[2], y;
    TE_TRY(prelu_tensors(op, in, &y));
    TE_TRY(te_broadcast(op, in, 2, &y, &p->shape));
    if (!te_is(y.type, TE_FLOAT32)) {
        TE_TRY(prelu_scales(op, in, &y, p));
    }
    if (in[0].count == y.count) {
        op->lag[0].forward = 0;
    }
    p->type = y.type;
    p->x = te_op_in_at(op, 0);
    p->alpha = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    return TE_OK;
}

static int32_t prelu_integer(const prelu_t *p, int32_t x, int32_t alpha) {
    x -= p->x_zero;
    int32_t y = x >= 0 ? te_rescale(x, p->above) : te_rescale(x * (alpha - p->alpha_zero), p->below);
    return y + p->y_zero;
}

static float prelu_f32(float x, float alpha) {
    return x >= 0 ? x : x * alpha;
}

static void prelu_part(const prelu_t *p, const te_run_t *r) {
    const uint8_t *x = r->a, *alpha = r->b;
    for (int32_t i = 0; i < r->n; i++, x += r->a_step, alpha += r->b_step) {
        if (te_is(p->type, TE_INT8)) {
            int32_t y = prelu_integer(p, *(const int8_t *)x, *(const int8_t *)alpha);
            ((int8_t *)r->y)[i] = (int8_t)te_clamp(y, INT8_MIN, INT8_MAX);
        } else if (te_is(p->type, TE_INT16)) {
            int32_t y = prelu_integer(p, *(const int16_t *)(const void *)x, *(const int8_t *)alpha);
            ((int16_t *)r->y)[i] = (int16_t)te_clamp(y, INT16_MIN, INT16_MAX);
        } else {
            ((float *)r->y)[i] = prelu_f32(te_load_f32(x), te_load_f32(alpha));
        }
    }
}

static void prelu_run(const te_model_t *m, const void *params) {
    const prelu_t *p = params;
    const uint8_t *x = te_in(m, p->x), *alpha = te_in(m, p->alpha);
    int32_t size = (int32_t)te_type_size(p->type), alpha_size = te_is(p->type, TE_FLOAT32) ? 4 : 1;
    te_run_t r = {x, alpha, size * te_run_step(&p->shape, 0), alpha_size * te_run_step(&p->shape, 1), te_out(m, p->y),
        te_run_length(&p->shape), m};
    te_walk_t w;
    memset(&w, 0, sizeof(w));
    do {
        r.a = x + w.at[0] * size;
        r.b = alpha + w.at[1] * alpha_size;
        prelu_part(p, &r);
        r.y = (uint8_t *)r.y + r.n * size;
    } while (te_walk_next(&w, &p->shape));
}

const te_row_t te_row_prelu = {"PRELU", "*bb:b hb:h ff:f", 54, sizeof(prelu_t), prelu_prepare, prelu_run};
