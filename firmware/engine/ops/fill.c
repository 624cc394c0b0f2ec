/* SPDX-License-Identifier: MIT
 * FILL: the one value of the second input in every element of the output, whose shape is a constant first input. */
#include "move.h"

typedef struct {
    te_ref_t value, y;
    uint32_t count;
    uint8_t element;
} fill_t;

static int fill_prepare(te_op_t *op, void *params) {
    fill_t *p = params;
    te_desc_t value, y, dims;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_move_ends(op, 1, &value, &y));
    TE_TRY(te_constant_wholes(op, 0, y.rank, &dims));
    for (int i = 0; i < y.rank; i++) {
        TE_TRY(te_op_out_dim(op, &y, i, te_constant_whole(op, &dims, (uint32_t)i)));
    }
    if (value.rank != 0 || dims.rank != 1) {
        return te_op_fail(op, TE_ERR_MODEL, "the shape must have 1 dimension, and the value none", 0);
    }
    p->count = y.count;
    p->element = (uint8_t)te_type_size(y.type);
    p->value = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    return TE_OK;
}

static void fill_run(const te_model_t *m, const void *params) {
    const fill_t *p = params;
    te_repeat(te_out(m, p->y), te_in(m, p->value), p->element, p->count);
}

const te_row_t te_row_fill = {"FILL", "i[bif]:= q[bif]:=", 94, sizeof(fill_t), fill_prepare, fill_run};
