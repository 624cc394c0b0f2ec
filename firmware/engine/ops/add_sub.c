/* SPDX-License-Identifier: MIT
 * What ADD and SUB check alike. */
#include "add_sub.h"

enum { ADD_SUB_ACTIVATION };  /* field of both options */

static int add_sub_scales(te_op_t *op, const te_desc_t *in, const te_desc_t *y, te_add_sub_scales_t *s) {
    float greater = in[0].scale > in[1].scale ? in[0].scale : in[1].scale;
    int32_t bits = te_is(y->type, TE_INT8) ? TE_ADD_SUB_SHIFT_S8 : TE_ADD_SUB_SHIFT_S16;
    s->a = te_scale(in[0].scale, 0.5f, greater);
    s->b = te_scale(in[1].scale, 0.5f, greater);
    s->y = te_scale(greater, 2.0f / (float)(1 << bits), y->scale);
    s->a_zero = (int16_t)in[0].zero_point;
    s->b_zero = (int16_t)in[1].zero_point;
    s->y_zero = (int16_t)y->zero_point;
    if (s->y.shift > 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output scale this small is not supported", 0);
    }
    return TE_OK;
}

int te_add_sub(te_op_t *op, int options_type, te_add_sub_t *p) {
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, options_type));
    TE_TRY(te_arithmetic(op, in, &y, &p->tensors));
    TE_TRY(te_activation(op, ADD_SUB_ACTIVATION, &y, &p->range));
    if (te_is(y.type, TE_INT32) && (in[0].scales.n || in[1].scales.n)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "int32 with a scale is not supported", 0);
    }
    return te_is(y.type, TE_INT8) || te_is(y.type, TE_INT16) ? add_sub_scales(op, in, &y, &p->scales) : TE_OK;
}
