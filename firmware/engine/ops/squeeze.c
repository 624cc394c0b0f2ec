/* SPDX-License-Identifier: MIT
 * SQUEEZE: the input without dimensions of size 1: those that the options list, or all. Its bytes stay where they are. */
#include "move.h"

enum { SQUEEZE_DIMS };

/* Bit i: dimension i goes. */
static int squeeze_gone(te_op_t *op, const te_desc_t *x, uint32_t *gone) {
    te_vec_t dims = te_fb_field_vec(&op->graph->file, &op->options, SQUEEZE_DIMS, 4);
    for (int i = 0; i < x->rank; i++) {
        *gone |= (uint32_t)(dims.n == 0 && x->shape[i] == 1) << i;
    }
    for (uint32_t i = 0; i < dims.n; i++) {
        int axis = 0;
        TE_TRY(te_move_axis(op, te_graph_index(op->graph, dims, i), x->rank, &axis));
        if (x->shape[axis] != 1) {
            return te_op_fail(op, TE_ERR_MODEL, "dimension %d is not 1 and cannot go", axis);
        }
        *gone |= 1u << axis;
    }
    return TE_OK;
}

static int squeeze_prepare(te_op_t *op, void *params) {
    te_desc_t x, y;
    uint32_t gone = 0;
    TE_TRY(te_op_slots(op, 1, 1, TE_SQUEEZE_OPTIONS));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(squeeze_gone(op, &x, &gone));
    int left = 0;
    for (int i = 0; i < x.rank; i++) {
        left += !(gone >> i & 1);
    }
    TE_TRY(te_move_rank(op, &y, left));
    for (int i = x.rank; i-- > 0;) {
        if (!(gone >> i & 1)) {
            TE_TRY(te_op_out_dim(op, &y, --left, x.shape[i]));
        }
    }
    te_alias(op, &x, params);
    return TE_OK;
}

const te_row_t te_row_squeeze = {"SQUEEZE", ".:=", 43, sizeof(te_alias_t), squeeze_prepare, te_alias_run};
