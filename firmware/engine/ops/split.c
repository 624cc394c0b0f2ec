/* SPDX-License-Identifier: MIT
 * SPLIT: the second input, cut into parts of one size along the dimension that a constant first one names. */
#include "parts.h"

static int split_prepare(te_op_t *op, void *params) {
    te_desc_t x;
    int axis = 0;
    TE_TRY(te_op_slots_many(op, 2, 2, 0));
    TE_TRY(te_parts_axis(op, 1, 0, &x, &axis));
    int32_t n = (int32_t)op->outputs.n;
    if (x.shape[axis] % n != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "the input cannot be cut into %d parts of one size", n);
    }
    for (uint32_t i = 0; i < op->outputs.n; i++) {
        TE_TRY(te_parts_output(op, i, &x, axis, x.shape[axis] / n));
    }
    te_parts(op, op->outputs, te_op_in_at(op, 1), &x, axis, params);
    return TE_OK;
}

const te_row_t te_row_split = {"SPLIT", "i[bhif]:=", 49, sizeof(te_parts_t), split_prepare, te_parts_cut_equal};
