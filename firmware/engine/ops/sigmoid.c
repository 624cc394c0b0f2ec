/* SPDX-License-Identifier: MIT
 * How LOGISTIC and TANH read integers. */
#include "sigmoid.h"

/* Whether x is 1, as near as TFLM asks: its logarithm of base 2 is less than 0.001 off. */
static bool sigmoid_is_one(float x) {
    return x > 0.99930709f && x < 1.00069339f;
}

static int sigmoid_int16(te_op_t *op, int most_bits, const te_desc_t *x, const te_desc_t *y, te_sigmoid_t *p) {
    if (!sigmoid_is_one(y->scale * 32768)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an int16 output must have scale 1/32768", 0);
    }
    for (int bits = 0; bits <= most_bits; bits++) {
        if (sigmoid_is_one(x->scale * 4096 / (float)(1 << bits))) {
            p->steps.mult = 3 << bits;
            return TE_OK;
        }
    }
    te_scale_t s = te_scale(x->scale, 3 * 4096, 1);
    p->steps.shift = te_clamp(15 - s.shift - (s.mult > 0x7FFF0000), 0, 31);  /* until it is above half of 32767 */
    p->steps.mult = s.shift > 16 ? 0 : s.mult >> te_clamp(31 - s.shift - p->steps.shift, 0, 31);
    if (p->steps.mult == 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an input scale like this is not supported", 0);
    }
    return TE_OK;
}

static void sigmoid_int8(const te_desc_t *x, te_sigmoid_t *p) {
    p->scale = te_scale(x->scale, 1 << 27, 1);
    p->radius = p->scale.shift > 30 ? 0 : (15 << 27) >> p->scale.shift;
    p->x_zero = (int16_t)x->zero_point;
}

int te_sigmoid(te_op_t *op, int most_bits, te_desc_t *y, te_sigmoid_t *p) {
    te_desc_t x;
    TE_TRY(te_unary_quantised(op, &x, y, &p->u));
    p->steps.mult = p->steps.shift = 0;
    if (te_is(x.type, TE_INT16)) {
        return sigmoid_int16(op, most_bits, &x, y, p);
    }
    if (te_is(x.type, TE_INT8) && !(x.scale > 1e-8f && x.scale < 1e30f)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an input scale like this is not supported", 0);
    }
    if (te_is(x.type, TE_INT8)) {
        sigmoid_int8(&x, p);
    }
    return TE_OK;
}

int te_sigmoid_s8(const te_sigmoid_t *p, int32_t x, int32_t *q) {
    x -= p->x_zero;
    if (x <= -p->radius || x >= p->radius) {
        return x <= -p->radius ? -1 : 1;
    }
    *q = te_rescale(x, p->scale);
    return 0;
}
