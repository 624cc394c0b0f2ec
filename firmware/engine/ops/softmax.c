/* SPDX-License-Identifier: MIT
 * SOFTMAX along the last dimension: exp(beta * (x - max)) / sum of them.
 *
 * int8 to int8 (scale 1/256, zero point -128) or int16 (1/65536, -32768): TFLM's arithmetic to the bit, with the sum's
 * reciprocal by three Newton steps. int16 to int16: ops/softmax_s16.c. */
#include "../fixed.h"
#include "softmax.h"

enum { SOFTMAX_BETA };

/* Scale and zero point of the output; TFLM lets int16 scales be 0.1 % off. */
static int softmax_output(te_op_t *op, const te_desc_t *x, const te_desc_t *y) {
    if (te_is(y->type, TE_INT8)) {
        return y->scale == 1.0f / 256 && y->zero_point == -128 ? TE_OK
            : te_op_fail(op, TE_ERR_UNSUPPORTED, "an int8 output must have scale 1/256 and zero point -128", 0);
    }
    bool narrow = te_is(x->type, TE_INT8);
    float off = y->scale * (narrow ? 65536 : 32768) - 1;
    return off > -1e-3f && off < 1e-3f && y->zero_point == (narrow ? INT16_MIN : 0) ? TE_OK
        : te_op_fail(op, TE_ERR_UNSUPPORTED, narrow ? "an int16 output must have scale 1/65536 and zero point -32768"
            : "an int16 output must have scale 1/32768 and zero point 0", 0);
}

static int softmax_prepare(te_op_t *op, void *params) {
    te_softmax_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, TE_SOFTMAX_OPTIONS));
    TE_TRY(te_softmax(op, &x, &y, p));
    p->beta = te_bits_f32(te_fb_field_i32(&op->graph->file, &op->options, SOFTMAX_BETA, 0));
    if (!(p->beta > 0 && p->beta < 1e30f)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a beta that is not positive is not supported", 0);
    }
    if (te_is(x.type, TE_FLOAT32)) {
        return TE_OK;
    }
    TE_TRY(te_op_one_scale(op, &y));
    TE_TRY(softmax_output(op, &x, &y));
    return te_is(x.type, TE_INT8) ? te_softmax_scale_s8(op, &x, p) : te_softmax_scale_s16(op, &x, p);
}

/* The int8 or int16 output's bits, of one row. */
static void softmax_row_s8(const te_softmax_t *p, const int8_t *x, void *y) {
    bool wide = te_is(p->y_type, TE_INT16);
    int32_t max, sum = te_softmax_sum_s8(p, x, &max), low = wide ? INT16_MIN : INT8_MIN;
    int headroom = __builtin_clz((uint32_t)sum);
    int32_t reciprocal = te_reciprocal((int32_t)(((uint32_t)sum << headroom) - (UINT32_C(1) << 31)));
    int32_t down = 12 - headroom + 31 - (wide ? 16 : 8);  /* past 31 bits, of hundreds of equal scores, nothing is left */
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t share = 0;
        if (x[i] - max >= p->least && down <= 31) {
            share = te_round_shift(te_high_mul(reciprocal, te_fixed_exp(te_softmax_q5(p, x[i] - max), 5)), down);
        }
        share = te_clamp(share + low, low, -1 - low);
        if (wide) {
            ((int16_t *)y)[i] = (int16_t)share;
        } else {
            ((int8_t *)y)[i] = (int8_t)share;
        }
    }
}

static void softmax_row_f32(const te_softmax_t *p, const float *x, float *y) {
    float max, sum = te_softmax_sum_f32(p, x, y, &max);
    for (int32_t i = 0; i < p->depth; i++) {
        y[i] /= sum;
    }
}

static void softmax_run(const te_model_t *m, const void *params) {
    const te_softmax_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    uint32_t x_row = (uint32_t)p->depth * te_type_size(p->type), y_row = (uint32_t)p->depth * te_type_size(p->y_type);
    for (int32_t row = 0; row < p->rows; row++, x += x_row, y += y_row) {
        if (te_is(p->type, TE_INT8)) {
            softmax_row_s8(p, (const int8_t *)x, y);
        } else if (te_is(p->type, TE_INT16)) {
            te_softmax_row_s16(p, (const int16_t *)(const void *)x, (int16_t *)(void *)y);
        } else if (te_is(p->type, TE_FLOAT32)) {
            softmax_row_f32(p, (const float *)(const void *)x, (float *)(void *)y);
        }
    }
}

const te_row_t te_row_softmax = {"SOFTMAX", "*b:[bh] h:h f:f", 25, sizeof(te_softmax_t), softmax_prepare, softmax_run};
