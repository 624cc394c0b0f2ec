/* SPDX-License-Identifier: MIT
 * The exponentials that SOFTMAX and LOG_SOFTMAX share.
 *
 * int8 is TFLM's fixed-point arithmetic to the bit: differences to the greatest in Q5.26, gemmlowp's exponential
 * (a polynomial of degree 4 within a quarter, times exp of the power-of-two parts) in Q0.31, their sum in Q12.19. */
#include "../fixed.h"
#include "../math.h"
#include "softmax.h"

#include <float.h>

int te_softmax(te_op_t *op, te_desc_t *x, te_desc_t *y, te_softmax_t *p) {
    TE_TRY(te_op_activation(op, 0, x));
    TE_TRY(te_op_output(op, y));
    TE_TRY(te_op_same_shape(op, x, y));
    TE_TRY(te_op_quantised(op, x));
    if (x->rank < 1) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a single number is not supported", 0);
    }
    p->type = x->type;
    p->y_type = y->type;
    p->depth = x->shape[x->rank - 1];
    p->rows = (int32_t)(x->count / (uint32_t)p->depth);
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    if (x->type == y->type) {
        op->lag[0].forward = 0;
    }
    return TE_OK;
}

int te_softmax_scale_s8(te_op_t *op, const te_desc_t *x, te_softmax_t *p) {
    if (p->depth > 4095) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 4095 classes are not supported", 0);
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

int32_t te_softmax_q5(const te_softmax_t *p, int32_t difference) {
    return te_high_mul((int32_t)((uint32_t)difference << p->scale.shift), p->scale.mult);
}

int32_t te_softmax_sum_s8(const te_softmax_t *p, const int8_t *x, int32_t *greatest) {
    int32_t max = INT8_MIN, sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        max = x[i] > max ? x[i] : max;
    }
    for (int32_t i = 0; i < p->depth; i++) {
        if (x[i] - max >= p->least) {
            sum += te_round_shift(te_fixed_exp(te_softmax_q5(p, x[i] - max), 5), 12);
        }
    }
    *greatest = max;
    return sum;
}

float te_softmax_sum_f32(const te_softmax_t *p, const float *x, float *each, float *greatest) {
    float max = -FLT_MAX, sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        max = max < x[i] ? x[i] : max;
    }
    for (int32_t i = 0; i < p->depth; i++) {
        float share = te_exp((x[i] - max) * p->beta);
        sum += share;
        if (each) {
            each[i] = share;
        }
    }
    *greatest = max;
    return sum;
}
