/* SPDX-License-Identifier: MIT
 * PACK: the inputs, all of one shape, along a new dimension. */
#include "parts.h"

enum { PACK_COUNT, PACK_AXIS };

/* An input has the output's type, and its dimensions without the new one. */
static int pack_part(te_op_t *op, const te_desc_t *x, const te_desc_t *y, int axis) {
    TE_TRY(te_move_rank(op, y, x->rank + 1));
    for (int i = 0; i < x->rank; i++) {
        TE_TRY(te_op_out_dim(op, y, i + (i >= axis), x->shape[i]));
    }
    return TE_OK;
}

static int pack_prepare(te_op_t *op, void *params) {
    te_file_t *f = &op->graph->file;
    te_desc_t x, y;
    int axis = 0;
    TE_TRY(te_op_slots(op, 1, INT16_MAX, TE_PACK_OPTIONS));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_move_axis(op, te_fb_field_i32(f, &op->options, PACK_AXIS, 0), y.rank, &axis));
    if (te_fb_field_i32(f, &op->options, PACK_COUNT, 0) != (int32_t)op->inputs.n) {
        return te_op_fail(op, TE_ERR_MODEL, "its options do not agree with its %d inputs", (int32_t)op->inputs.n);
    }
    TE_TRY(te_op_out_dim(op, &y, axis, op->inputs.n));
    for (uint32_t i = 0; i < op->inputs.n; i++) {
        TE_TRY(te_op_input(op, i, &x));
        TE_TRY(pack_part(op, &x, &y, axis));
    }
    te_parts(op, op->inputs, te_op_out_at(op), &y, axis, params);
    return TE_OK;
}

static void pack_run(const te_model_t *m, const void *params) {
    const te_parts_t *p = params;
    int32_t run = p->step / p->n;
    for (int32_t i = 0; i < p->n; i++) {
        te_parts_join(m, p, i, i * run, run);
    }
}

const te_row_t te_row_pack = {"PACK", "[bhiqf]=:=", 83, sizeof(te_parts_t), pack_prepare, pack_run};
