/* SPDX-License-Identifier: MIT
 * CONCATENATION: the inputs one after the other along a dimension. */
#include "parts.h"

#define CONCATENATION_PARTS 10  /* as in TFLM */

enum { CONCATENATION_AXIS, CONCATENATION_ACTIVATION };

typedef struct {
    te_parts_t parts;
    int32_t run[CONCATENATION_PARTS];  /* bytes of a row in each input */
} concatenation_t;

/* An input has the output's type, dimensions and, if int8, scale. */
static int concatenation_part(te_op_t *op, const te_desc_t *x, const te_desc_t *y, int axis) {
    TE_TRY(te_move_rank(op, y, x->rank));
    for (int i = 0; i < y->rank; i++) {
        if (i != axis) {
            TE_TRY(te_op_out_dim(op, y, i, x->shape[i]));
        }
    }
    if (x->type == TE_INT16 && (x->zero_point != 0 || y->zero_point != 0)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "int16 with a zero point is not supported", 0);
    }
    if (x->type == TE_INT8 && (x->scale != y->scale || x->zero_point != y->zero_point)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "inputs and output of different scale are not supported", 0);
    }
    return TE_OK;
}

static int concatenation_options(te_op_t *op, const te_desc_t *y, int *axis) {
    te_file_t *f = &op->graph->file;
    if (te_fb_field_u8(f, &op->options, CONCATENATION_ACTIVATION, 0) != 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a fused activation is not supported", 0);
    }
    return te_move_axis(op, te_fb_field_i32(f, &op->options, CONCATENATION_AXIS, 0), y->rank, axis);
}

static int concatenation_prepare(te_op_t *op, void *params) {
    concatenation_t *p = params;
    te_desc_t x, y;
    int64_t total = 0;
    int axis = 0;
    TE_TRY(te_op_slots(op, 1, CONCATENATION_PARTS, TE_CONCATENATION_OPTIONS));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(concatenation_options(op, &y, &axis));
    te_parts(op, op->inputs, te_op_out_at(op), &y, axis, &p->parts);
    for (int32_t i = 0; i < p->parts.n; i++) {
        TE_TRY(te_op_input(op, (uint32_t)i, &x));
        TE_TRY(concatenation_part(op, &x, &y, axis));
        p->run[i] = (int32_t)x.nbytes / p->parts.rows;
        total += x.shape[axis];
    }
    return te_op_out_dim(op, &y, axis, total);
}

static void concatenation_run(const te_model_t *m, const void *params) {
    const concatenation_t *p = params;
    int32_t at = 0;
    for (int32_t i = 0; i < p->parts.n; i++) {
        te_parts_join(m, &p->parts, i, at, p->run[i]);
        at += p->run[i];
    }
}

const te_row_t te_row_concatenation = {"CONCATENATION", "[bhiqf?]=:=",
    2, sizeof(concatenation_t), concatenation_prepare, concatenation_run};
