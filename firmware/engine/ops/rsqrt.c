/* SPDX-License-Identifier: MIT
 * RSQRT: 1 / sqrt(x) of float32, and of int8 and int16, where 0 becomes the greatest value and less than 0 is an
 * error when it runs.
 *
 * Integers: 1 / sqrt(x - zero_point) in fixed point with 20 bits behind the point, times
 * 1 / (sqrt(input_scale) * output_scale). */
#include "../fixed.h"
#include "../math.h"
#include "unary.h"

#define RSQRT_BITS 20

typedef struct {
    te_unary_t u;
    int16_t x_zero, y_zero;
    te_scale_t scale;
} rsqrt_t;

static int rsqrt_prepare(te_op_t *op, void *params) {
    rsqrt_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_unary_quantised(op, &x, &y, &p->u));
    if (te_is(x.type, TE_FLOAT32)) {
        return TE_OK;
    }
    float divisor = te_sqrt(x.scale) * y.scale;
    p->scale = te_scale(1, 1, divisor > 1e-30f && divisor < 1e30f ? divisor : 1e30f);
    p->scale.shift -= RSQRT_BITS;
    if (p->scale.mult == 0 || p->scale.shift < -31 || p->scale.shift > 9) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "scales this far apart are not supported", 0);
    }
    p->x_zero = (int16_t)x.zero_point;
    p->y_zero = (int16_t)y.zero_point;
    return TE_OK;
}

static float rsqrt_f32(float x) {
    return 1 / te_sqrt(x);
}

static int32_t rsqrt_quantised(const void *params, int32_t x) {
    const rsqrt_t *p = params;
    if (x <= p->x_zero) {
        return INT32_MAX;
    }
    te_scale_t root = te_fixed_rsqrt(x - p->x_zero);
    root.shift += RSQRT_BITS;
    return te_rescale(te_rescale(1, root), p->scale) + p->y_zero;
}

static int32_t rsqrt_least(const te_model_t *m, const rsqrt_t *p) {
    const void *x = te_in(m, p->u.x);
    int32_t least = INT16_MAX;
    for (int32_t i = 0; i < p->u.count; i++) {
        int32_t v = te_is(p->u.type, TE_INT8) ? ((const int8_t *)x)[i] : ((const int16_t *)x)[i];
        least = v < least ? v : least;
    }
    return least;
}

static void rsqrt_run(const te_model_t *m, const void *params) {
    const rsqrt_t *p = params;
    if (te_is(p->u.type, TE_FLOAT32)) {
        te_unary_run_f32(m, &p->u, rsqrt_f32);
        return;
    }
    int32_t least = rsqrt_least(m, p);
    if (least < p->x_zero) {
        te_fault(m, "%d stands for a negative number, which has no root", least);
        return;
    }
    te_unary_run_quantised(m, &p->u, rsqrt_quantised);
}

const te_row_t te_row_rsqrt = {"RSQRT", "*[bhf]:=", 76, sizeof(rsqrt_t), rsqrt_prepare, rsqrt_run};
