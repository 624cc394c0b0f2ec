/* SPDX-License-Identifier: MIT
 * LOG_SOFTMAX along the last dimension: x - max - log(sum of exp(x - max)). int8: the output's scale is 1/16, its zero
 * point 127. */
#include "../fixed.h"
#include "../math.h"
#include "softmax.h"

typedef struct {
    te_softmax_t s;
    te_scale_t back;  /* int8: from Q5.26 to a difference */
} log_softmax_t;

static int log_softmax_int8(te_op_t *op, const te_desc_t *x, const te_desc_t *y, log_softmax_t *p) {
    if (y->scale != 1.0f / 16 || y->zero_point != 127) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an int8 output must have scale 1/16 and zero point 127", 0);
    }
    TE_TRY(te_softmax_scale_s8(op, x, &p->s));
    p->back = te_scale_wide(1, 1, (uint64_t)p->s.scale.mult, p->s.scale.shift - 31);
    return p->back.shift <= 0 ? TE_OK
        : te_op_fail(op, TE_ERR_UNSUPPORTED, "an input scale this small is not supported", 0);
}

static int log_softmax_prepare(te_op_t *op, void *params) {
    log_softmax_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_softmax(op, &x, &y, &p->s));
    TE_TRY(te_op_quantised(op, &y));
    p->s.beta = 1;
    return te_is(x.type, TE_INT8) ? log_softmax_int8(op, &x, &y, p) : TE_OK;
}

/* Differences at or below `least` would leave Q5.26 once the logarithm is taken off. */
static void log_softmax_row_s8(const log_softmax_t *p, const int8_t *x, int8_t *y) {
    int32_t max, sum = te_fixed_log(te_softmax_sum_s8(&p->s, x, &max));
    int32_t least = te_rescale(sum + INT32_MIN, p->back);
    least = least > p->s.least - 1 ? least : p->s.least - 1;
    for (int32_t i = 0; i < p->s.depth; i++) {
        int32_t v = INT8_MIN;
        if (x[i] - max > least) {
            uint32_t below = (uint32_t)te_softmax_q5(&p->s, x[i] - max) - (uint32_t)sum;
            v = te_clamp(te_round_shift((int32_t)below, 22) + 127, INT8_MIN, INT8_MAX);
        }
        y[i] = (int8_t)v;
    }
}

static void log_softmax_row_f32(const log_softmax_t *p, const float *x, float *y) {
    float max, sum = te_log(te_softmax_sum_f32(&p->s, x, NULL, &max));
    for (int32_t i = 0; i < p->s.depth; i++) {
        y[i] = x[i] - max - sum;
    }
}

static void log_softmax_run(const te_model_t *m, const void *params) {
    const log_softmax_t *p = params;
    const void *x = te_in(m, p->s.x);
    void *y = te_out(m, p->s.y);
    for (int32_t i = 0, n = p->s.depth; i < p->s.rows; i++) {
        if (te_is(p->s.type, TE_INT8)) {
            log_softmax_row_s8(p, (const int8_t *)x + i * n, (int8_t *)y + i * n);
        } else if (te_is(p->s.type, TE_FLOAT32)) {
            log_softmax_row_f32(p, (const float *)x + i * n, (float *)y + i * n);
        }
    }
}

const te_row_t te_row_log_softmax = {"LOG_SOFTMAX", "*[bf]:=",
    50, sizeof(log_softmax_t), log_softmax_prepare, log_softmax_run};
