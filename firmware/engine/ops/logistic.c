/* SPDX-License-Identifier: MIT
 * LOGISTIC: 1 / (1 + e^-x), of float32, of int8 in fixed point (the output's zero point is -128, its scale 1/256),
 * and of int16 by a table between whose values it interpolates (zero points 0, output scale 1/32768). */
#include "../fixed.h"
#include "../math.h"
#include "sigmoid.h"

static int logistic_prepare(te_op_t *op, void *params) {
    te_desc_t y;
    TE_TRY(te_sigmoid(op, 0, &y, params));
    if (te_is(y.type, TE_INT8) && y.zero_point != -128) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an int8 output must have zero point -128", 0);
    }
    return TE_OK;
}

/* Two forms, as TFLM has them. */
static float logistic_f32(float x) {
    return x > 16.619047164916992188f ? 1 : x < -9 ? te_exp(x) : 1 / (1 + te_exp(-x));
}

static int32_t logistic_s8(const void *params, int32_t x) {
    int32_t q;
    int end = te_sigmoid_s8(params, x, &q);
    return end ? end * 128 : te_round_shift(te_fixed_logistic(q), 23) - 128;
}

static int32_t logistic_s16(const void *params, int32_t x) {
    const te_sigmoid_t *p = params;
    return te_gate_sigmoid(x, p->steps);
}

static void logistic_run(const te_model_t *m, const void *params) {
    const te_sigmoid_t *p = params;
    if (te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_f32(m, &p->u, logistic_f32);
    } else {
        te_unary_run_quantised(m, &p->u, te_is(p->u.type, TE_INT8) ? logistic_s8 : logistic_s16);
    }
}

const te_row_t te_row_logistic = {"LOGISTIC", "*[bhf]:=", 14, sizeof(te_sigmoid_t), logistic_prepare, logistic_run};
