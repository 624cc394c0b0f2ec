/* SPDX-License-Identifier: MIT
 * ADD_N: y = the sum of two or more tensors of one shape.
 *
 * int8: all inputs have one scale and zero point. As in TFLM, the sum begins with one more number: a stored 0. */
#include "op.h"

#define ADD_N_BLOCK 32  /* elements that are summed at a time */

typedef struct {
    te_slots_t slots;  /* the inputs */
    uint32_t inputs;   /* how many */
    te_ref_t y;
    int32_t count;
    te_scale_t scale;        /* int8: of a sum that is 19 bits to the left; below 1 */
    int16_t x_zero, y_zero;
    uint8_t type;
} add_n_t;

static int add_n_scale(te_op_t *op, const te_desc_t *x, const te_desc_t *y, add_n_t *p) {
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

static int add_n_input(te_op_t *op, uint32_t slot, const te_desc_t *first, te_desc_t *x) {
    TE_TRY(te_op_input(op, slot, x));
    TE_TRY(te_op_same_shape(op, x, first));
    if (x->scale != first->scale || x->zero_point != first->zero_point) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "the scale of its input %d is not that of the first", (int32_t)slot);
    }
    return TE_OK;
}

static int add_n_prepare(te_op_t *op, void *params) {
    add_n_t *p = params;
    te_desc_t first, x, y;
    TE_TRY(te_op_slots(op, 2, UINT32_MAX, 0));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_input(op, 0, &first));
    TE_TRY(te_op_same_shape(op, &first, &y));
    for (uint32_t i = 1; i < op->inputs.n; i++) {
        TE_TRY(add_n_input(op, i, &first, &x));
    }
    op->lag[0].forward = op->lag[1].forward = 0;
    p->slots = te_slots(op, op->inputs);
    p->inputs = op->inputs.n;
    p->count = (int32_t)y.count;
    p->type = y.type;
    p->y = te_op_out_at(op);
    return te_is(y.type, TE_INT8) ? add_n_scale(op, &first, &y, p) : TE_OK;
}

/* Where input i lies. */
static const uint8_t *add_n_in(const te_model_t *m, const add_n_t *p, uint32_t i) {
    return te_in(m, te_slot(m, &p->slots, (int32_t)i));
}

/* The sum wraps, as TFLM's does. */
static void add_n_s8(const te_model_t *m, const add_n_t *p, int32_t from, int32_t n) {
    uint32_t sum[ADD_N_BLOCK];
    int8_t *y = te_out(m, p->y);
    for (int32_t k = 0; k < n; k++) {
        sum[k] = (uint32_t)-p->x_zero << 19;
    }
    for (uint32_t i = 0; i < p->inputs; i++) {
        const int8_t *x = (const int8_t *)add_n_in(m, p, i) + from;
        for (int32_t k = 0; k < n; k++) {
            sum[k] += (uint32_t)(x[k] - p->x_zero) << 19;
        }
    }
    for (int32_t k = 0; k < n; k++) {
        y[from + k] = (int8_t)te_clamp(te_rescale_down((int32_t)sum[k], p->scale) + p->y_zero, -128, 127);
    }
}

static void add_n_f32(const te_model_t *m, const add_n_t *p, int32_t from, int32_t n) {
    float sum[ADD_N_BLOCK], *y = te_out(m, p->y);
    for (int32_t k = 0; k < n; k++) {
        sum[k] = 0;
    }
    for (uint32_t i = 0; i < p->inputs; i++) {
        const uint8_t *x = add_n_in(m, p, i) + 4 * from;
        for (int32_t k = 0; k < n; k++) {
            sum[k] += te_load_f32(x + 4 * k);
        }
    }
    memcpy(y + from, sum, (size_t)n * sizeof(float));
}

static void add_n_run(const te_model_t *m, const void *params) {
    const add_n_t *p = params;
    for (int32_t i = 0; i < p->count; i += ADD_N_BLOCK) {
        int32_t n = p->count - i < ADD_N_BLOCK ? p->count - i : ADD_N_BLOCK;
        if (te_is(p->type, TE_INT8)) {
            add_n_s8(m, p, i, n);
        } else {
            add_n_f32(m, p, i, n);
        }
    }
}

const te_row_t te_row_add_n = {"ADD_N", "*[bf]=:=", 106, sizeof(add_n_t), add_n_prepare, add_n_run};
