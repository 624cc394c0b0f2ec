/* SPDX-License-Identifier: MIT
 * EXPAND_DIMS: the input with a dimension of size 1 more, where a constant second input says. Its bytes stay. */
#include "move.h"

static int expand_prepare(te_op_t *op, void *params) {
    te_desc_t x, y, at;
    int axis = 0;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_constant_wholes(op, 1, 1, &at));
    TE_TRY(te_move_rank(op, &y, x.rank + 1));
    TE_TRY(te_move_axis(op, te_constant_whole(op, &at, 0), y.rank, &axis));
    for (int i = 0; i < y.rank; i++) {
        TE_TRY(te_op_out_dim(op, &y, i, i < axis ? x.shape[i] : i == axis ? 1 : x.shape[i - 1]));
    }
    te_alias(op, &x, params);
    return TE_OK;
}

const te_row_t te_row_expand_dims = {"EXPAND_DIMS", "[bhf]i:=", 70, sizeof(te_alias_t), expand_prepare, te_alias_run};
