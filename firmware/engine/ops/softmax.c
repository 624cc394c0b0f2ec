/* SPDX-License-Identifier: MIT
 * SOFTMAX along the last dimension: exp(beta * (x - max)) / sum of them.
 *
 * int8 is TFLM's fixed-point arithmetic to the bit: differences to the maximum in Q5.26, gemmlowp's exponential
 * (a polynomial of degree 4 within a quarter, times exp of the power-of-two parts) in Q0.31, their sum in Q12.19,
 * and its reciprocal by three Newton steps. The output's scale is 1/256, its zero point -128. */
#include "../fixed.h"
#include "../math.h"
#include "op.h"

enum { SOFTMAX_BETA };

typedef struct {
    te_ref_t x, y;
    int32_t rows, depth;
    te_scale_t scale;   /* int8: of a difference, to Q5.26 */
    int32_t least;      /* int8: differences below it count as nothing */
    float beta;
    uint8_t type;
} softmax_t;

static int softmax_int8(te_op_t *op, const te_desc_t *x, const te_desc_t *y, softmax_t *p) {
    if (y->scale != 1.0f / 256 || y->zero_point != -128) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an int8 output must have scale 1/256 and zero point -128", 0);
    }
    p->scale = te_scale(x->scale, p->beta, 1.0f / (1 << 26));
    if (p->scale.shift < 1) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an input scale times beta this small is not supported", 0);
    }
    if (p->scale.shift > 31) {  /* TFLM caps the factor at 2^31 - 1 */
        p->scale.shift = 31;
        p->scale.mult = INT32_MAX;
    }
    p->least = -((31 << 26) >> p->scale.shift);
    return TE_OK;
}

static int softmax_prepare(te_op_t *op, void *params) {
    softmax_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, TE_SOFTMAX_OPTIONS));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    TE_TRY(te_op_quantised(op, &x));
    TE_TRY(te_op_quantised(op, &y));
    p->beta = te_bits_f32(te_fb_field_i32(&op->graph->file, &op->options, SOFTMAX_BETA, 0));
    if (!(p->beta > 0 && p->beta < 1e30f) || x.rank < 1) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a beta that is not positive is not supported", 0);
    }
    p->type = x.type;
    p->depth = x.shape[x.rank - 1];
    p->rows = (int32_t)(x.count / (uint32_t)p->depth);
    if (p->type == TE_INT8) {
        if (p->depth > 4095) {
            return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 4095 classes are not supported", 0);
        }
        TE_TRY(softmax_int8(op, &x, &y, p));
    }
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->lag[0].forward = 0;
    return TE_OK;
}

static int32_t softmax_exp_scaled(const softmax_t *p, int32_t difference) {
    return te_fixed_exp(te_high_mul((int32_t)((uint32_t)difference << p->scale.shift), p->scale.mult), 5);
}

static void softmax_row_s8(const softmax_t *p, const int8_t *x, int8_t *y) {
    int32_t max = -128, sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        max = x[i] > max ? x[i] : max;
    }
    for (int32_t i = 0; i < p->depth; i++) {
        if (x[i] - max >= p->least) {
            sum += te_round_shift(softmax_exp_scaled(p, x[i] - max), 12);
        }
    }
    int headroom = __builtin_clz((uint32_t)sum);
    int32_t reciprocal = te_reciprocal((int32_t)(((uint32_t)sum << headroom) - (UINT32_C(1) << 31)));
    int32_t down = 12 - headroom + 31 - 8;  /* past 31 bits, with hundreds of equal scores, nothing is left */
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t share = 0;
        if (x[i] - max >= p->least && down <= 31) {
            share = te_round_shift(te_high_mul(reciprocal, softmax_exp_scaled(p, x[i] - max)), down);
        }
        y[i] = (int8_t)te_clamp(share - 128, -128, 127);
    }
}

static void softmax_row_f32(const softmax_t *p, const float *x, float *y) {
    float max = x[0], sum = 0;
    for (int32_t i = 1; i < p->depth; i++) {
        max = max < x[i] ? x[i] : max;
    }
    for (int32_t i = 0; i < p->depth; i++) {
        y[i] = te_exp((x[i] - max) * p->beta);
        sum += y[i];
    }
    for (int32_t i = 0; i < p->depth; i++) {
        y[i] /= sum;
    }
}

static void softmax_run(const te_model_t *m, const void *params) {
    const softmax_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    for (int32_t row = 0; row < p->rows; row++) {
        if (p->type == TE_INT8) {
            softmax_row_s8(p, (const int8_t *)x + row * p->depth, (int8_t *)y + row * p->depth);
        } else {
            softmax_row_f32(p, (const float *)x + row * p->depth, (float *)y + row * p->depth);
        }
    }
}

const te_row_t te_row_softmax = {"SOFTMAX", "[bf]:=", 25, sizeof(softmax_t), softmax_prepare, softmax_run};
