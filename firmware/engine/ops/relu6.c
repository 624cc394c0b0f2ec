/* SPDX-License-Identifier: MIT
 * RELU6: x within 0..6, of float32, int8 and int16. Integers stay as they are in between: the output has, or should
 * have, its input's scale. */
#include "unary.h"

typedef struct {
    te_unary_t u;
    int16_t zero, six;
} relu6_t;

static int relu6_prepare(te_op_t *op, void *params) {
    relu6_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_unary(op, &x, &y, &p->u));
    TE_TRY(te_op_quantised(op, &x));
    if (!te_is(x.type, TE_FLOAT32)) {
        int32_t most = te_is(x.type, TE_INT8) ? INT8_MAX : INT16_MAX;
        p->zero = (int16_t)x.zero_point;
        p->six = (int16_t)te_clamp(te_clamp(te_round(6 / x.scale), 0, 1 << 17) + x.zero_point, 0 - most - 1, most);
    }
    return TE_OK;
}

static float relu6_f32(float x) {
    return x > 6 ? 6 : x < 0 ? 0 : x;
}

static int32_t relu6_quantised(const void *params, int32_t x) {
    const relu6_t *p = params;
    return te_clamp(x, p->zero, p->six);
}

static void relu6_run(const te_model_t *m, const void *params) {
    const relu6_t *p = params;
    if (te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_f32(m, &p->u, relu6_f32);
    } else {
        te_unary_run_quantised(m, &p->u, relu6_quantised);
    }
}

const te_row_t te_row_relu6 = {"RELU6", "*[bhf]:=", 21, sizeof(relu6_t), relu6_prepare, relu6_run};
