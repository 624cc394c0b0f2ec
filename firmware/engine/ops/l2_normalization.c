/* SPDX-License-Identifier: MIT
 * L2_NORMALIZATION along the last dimension: x / sqrt(sum of x^2), of float32 and int8. The int8 output is in units of
 * 1/128 with zero point 0, whatever its description says. */
#include "../fixed.h"
#include "../math.h"
#include "unary.h"

enum { L2_NORMALIZATION_ACTIVATION };
#define L2_NORMALIZATION_OPTIONS 12
#define L2_NORMALIZATION_RANK 4      /* as in TFLM */
#define L2_NORMALIZATION_DEPTH 33025 /* so many squares of -255..255 fit in 31 bits */

typedef struct {
    te_unary_t u;
    int32_t depth;
    int16_t x_zero;
} l2_normalization_t;

static int l2_normalization_prepare(te_op_t *op, void *params) {
    l2_normalization_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_unary_quantised(op, &x, &y, &p->u));
    if (op->options_type == L2_NORMALIZATION_OPTIONS
        && te_fb_field_u8(&op->graph->file, &op->options, L2_NORMALIZATION_ACTIVATION, 0) != 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a fused activation is not supported", 0);
    }
    if (x.rank < 1 || x.rank > L2_NORMALIZATION_RANK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "%d dimensions are not supported", x.rank);
    }
    p->depth = x.shape[x.rank - 1];
    p->x_zero = (int16_t)x.zero_point;
    if (te_is(x.type, TE_INT8) && p->depth > L2_NORMALIZATION_DEPTH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a dimension of %d is not supported", p->depth);
    }
    return TE_OK;
}

static void l2_normalization_row_s8(const l2_normalization_t *p, const int8_t *x, int8_t *y) {
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        sum += (x[i] - p->x_zero) * (x[i] - p->x_zero);
    }
    te_scale_t scale = te_fixed_rsqrt(sum);
    scale.shift += 7;
    for (int32_t i = 0; i < p->depth; i++) {
        y[i] = (int8_t)te_clamp(te_rescale(x[i] - p->x_zero, scale), INT8_MIN, INT8_MAX);
    }
}

static void l2_normalization_row_f32(const l2_normalization_t *p, const float *x, float *y) {
    float sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        sum += x[i] * x[i];
    }
    float norm = te_sqrt(sum);
    norm = norm < 1e-6f ? 1e-6f : norm;
    for (int32_t i = 0; i < p->depth; i++) {
        y[i] = x[i] / norm;
    }
}

static void l2_normalization_run(const te_model_t *m, const void *params) {
    const l2_normalization_t *p = params;
    const void *x = te_in(m, p->u.x);
    void *y = te_out(m, p->u.y);
    for (int32_t at = 0; at < p->u.count; at += p->depth) {
        if (te_is(p->u.type, TE_INT8)) {
            l2_normalization_row_s8(p, (const int8_t *)x + at, (int8_t *)y + at);
        } else {
            l2_normalization_row_f32(p, (const float *)x + at, (float *)y + at);
        }
    }
}

const te_row_t te_row_l2_normalization = {"L2_NORMALIZATION", "*[bf]:=",
    11, sizeof(l2_normalization_t), l2_normalization_prepare, l2_normalization_run};
