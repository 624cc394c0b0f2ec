/* SPDX-License-Identifier: MIT
 * SHAPE: the dimensions of the input, as int32. */
#include "move.h"

typedef struct {
    te_ref_t y;
    int32_t shape[TE_MAX_RANK], rank;
} shape_t;

static int shape_prepare(te_op_t *op, void *params) {
    shape_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_input(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_move_rank(op, &y, 1));
    TE_TRY(te_op_out_dim(op, &y, 0, x.rank));
    memcpy(p->shape, x.shape, x.rank * sizeof(x.shape[0]));
    p->rank = x.rank;
    p->y = te_op_out_at(op);
    return TE_OK;
}

static void shape_run(const te_model_t *m, const void *params) {
    const shape_t *p = params;
    memcpy(te_out(m, p->y), p->shape, (size_t)p->rank * sizeof(p->shape[0]));
}

const te_row_t te_row_shape = {"SHAPE", ".:i", 77, sizeof(shape_t), shape_prepare, shape_run};
