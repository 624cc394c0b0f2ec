/* SPDX-License-Identifier: MIT
 * CUMSUM: y[i] = x[0] + ... + x[i] along an axis; exclusive leaves x[i] out, reverse begins at the end.
 *
 * int8: as in TFLM, every sum begins with one more number: a stored 0. */
#include "move.h"

enum { CUMSUM_EXCLUSIVE, CUMSUM_REVERSE };

typedef struct {
    te_ref_t x, y;
    int32_t outer, size, inner;  /* the input as [outer, size, inner], size along the axis */
    te_scale_t scale;            /* int8: of a sum that is 19 bits to the left; below 1 */
    int16_t x_zero, y_zero;
    uint8_t type;
    bool exclusive, reverse;
} cumsum_t;

static int cumsum_scale(te_op_t *op, const te_desc_t *x, const te_desc_t *y, cumsum_t *p) {
    TE_TRY(te_op_quantised(op, x));
    TE_TRY(te_op_quantised(op, y));
    p->scale = te_scale(x->scale, 2.0f / (1 << 20), y->scale);
    p->x_zero = (int16_t)x->zero_point;
    p->y_zero = (int16_t)y->zero_point;
    if (p->scale.shift > 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output scale this small is not supported", 0);
    }
    return TE_OK;
}

static int cumsum_prepare(te_op_t *op, void *params) {
    cumsum_t *p = params;
    te_desc_t x, y, axes;
    int axis;
    TE_TRY(te_op_slots(op, 2, 2, TE_CUMSUM_OPTIONS));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    TE_TRY(te_constant_wholes(op, 1, 1, &axes));
    TE_TRY(te_move_axis(op, te_constant_whole(op, &axes, 0), x.rank, &axis));
    p->outer = te_product(&x, 0, axis);
    p->size = x.shape[axis];
    p->inner = te_product(&x, axis + 1, x.rank);
    p->exclusive = te_fb_field_u8(&op->graph->file, &op->options, CUMSUM_EXCLUSIVE, 0) != 0;
    p->reverse = te_fb_field_u8(&op->graph->file, &op->options, CUMSUM_REVERSE, 0) != 0;
    p->type = x.type;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return te_is(x.type, TE_INT8) ? cumsum_scale(op, &x, &y, p) : TE_OK;
}

/* One line of `size` numbers, `step` elements apart. The sum wraps, as TFLM's does. */
static void cumsum_s8(const cumsum_t *p, const int8_t *x, int8_t *y, int32_t step) {
    uint32_t sum = (uint32_t)-p->x_zero << 19;
    for (int32_t i = 0; i < p->size; i++, x += step, y += step) {
        uint32_t next = sum + ((uint32_t)(*x - p->x_zero) << 19);
        int32_t out = te_rescale_down((int32_t)(p->exclusive ? sum : next), p->scale);
        *y = (int8_t)te_clamp(out + p->y_zero, -128, 127);
        sum = next;
    }
}

static void cumsum_f32(const cumsum_t *p, const float *x, float *y, int32_t step) {
    float sum = 0;
    for (int32_t i = 0; i < p->size; i++, x += step, y += step) {
        float next = sum + *x;
        *y = p->exclusive ? sum : next;
        sum = next;
    }
}

static void cumsum_run(const te_model_t *m, const void *params) {
    const cumsum_t *p = params;
    const void *x = te_in(m, p->x);
    void *y = te_out(m, p->y);
    int32_t start = p->reverse ? (p->size - 1) * p->inner : 0, step = p->reverse ? -p->inner : p->inner;
    for (int32_t i = 0; i < p->outer; i++, start += p->size * p->inner) {
        for (int32_t at = start; at < start + p->inner; at++) {
            if (te_is(p->type, TE_INT8)) {
                cumsum_s8(p, (const int8_t *)x + at, (int8_t *)y + at, step);
            } else {
                cumsum_f32(p, (const float *)x + at, (float *)y + at, step);
            }
        }
    }
}

const te_row_t te_row_cumsum = {"CUMSUM", "*[bf]i:=", 128, sizeof(cumsum_t), cumsum_prepare, cumsum_run};
