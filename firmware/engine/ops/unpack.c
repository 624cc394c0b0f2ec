/* SPDX-License-Identifier: MIT
 * UNPACK: the input cut along a dimension, which its parts no longer have. */
#include "parts.h"

enum { UNPACK_COUNT, UNPACK_AXIS };

static int unpack_output(te_op_t *op, uint32_t i, const te_desc_t *x, int axis) {
    te_desc_t y;
    TE_TRY(te_op_output_slot(op, i, &y));
    TE_TRY(te_move_rank(op, &y, x->rank - 1));
    for (int d = 0; d < y.rank; d++) {
        TE_TRY(te_op_out_dim(op, &y, d, x->shape[d + (d >= axis)]));
    }
    return TE_OK;
}

static int unpack_prepare(te_op_t *op, void *params) {
    te_file_t *f = &op->graph->file;
    te_desc_t x, y;
    int axis = 0;
    int32_t n = (int32_t)op->outputs.n;
    TE_TRY(te_op_slots_many(op, 1, 1, TE_UNPACK_OPTIONS));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_move_axis(op, te_fb_field_i32(f, &op->options, UNPACK_AXIS, 0), x.rank, &axis));
    if (te_fb_field_i32(f, &op->options, UNPACK_COUNT, 0) != n || x.shape[axis] != n) {
        return te_op_fail(op, TE_ERR_MODEL, "its options or input do not agree with its %d outputs", n);
    }
    for (uint32_t i = 0; i < op->outputs.n; i++) {
        TE_TRY(unpack_output(op, i, &x, axis));
    }
    te_parts(op, op->outputs, te_op_in_at(op, 0), &x, axis, params);
    return TE_OK;
}

const te_row_t te_row_unpack = {"UNPACK", "[bhif]:=", 88, sizeof(te_parts_t), unpack_prepare, te_parts_cut_equal};
