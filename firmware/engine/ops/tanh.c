/* SPDX-License-Identifier: MIT
 * TANH: of float32, of int8 in fixed point (an output of zero point 0 and scale 1/128 is supposed), and of int16 by
 * LOGISTIC's table, because tanh(x) = 2 logistic(2 x) - 1 (zero points 0, output scale 1/32768). */
#include "../fixed.h"
#include "../math.h"
#include "sigmoid.h"

static int tanh_prepare(te_op_t *op, void *params) {
    te_desc_t y;
    return te_sigmoid(op, 1, &y, params);
}

static int32_t tanh_s8(const void *params, int32_t x) {
    int32_t q;
    int end = te_sigmoid_s8(params, x, &q);
    return end ? end * 128 : te_round_shift(te_fixed_tanh(q), 24);
}

static int32_t tanh_s16(const void *params, int32_t x) {
    const te_sigmoid_t *p = params;
    return te_gate_tanh(x, p->steps);
}

static void tanh_run(const te_model_t *m, const void *params) {
    const te_sigmoid_t *p = params;
    if (te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_f32(m, &p->u, te_tanh);
    } else {
        te_unary_run_quantised(m, &p->u, te_is(p->u.type, TE_INT8) ? tanh_s8 : tanh_s16);
    }
}

const te_row_t te_row_tanh = {"TANH", "*[bhf]:=", 28, sizeof(te_sigmoid_t), tanh_prepare, tanh_run};
