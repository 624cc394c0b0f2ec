/* SPDX-License-Identifier: MIT
 * TRANSPOSE: dimension i of the output is dimension perm[i] of the input; perm is a constant second input. */
#include "move.h"

#define TRANSPOSE_RANK 5  /* as in TFLM */

typedef struct {
    te_ref_t x, y;
    te_move_t move;
} transpose_t;

/* Bytes from one index to the next along an axis. */
static int32_t transpose_step(const te_desc_t *t, int axis) {
    return te_product(t, axis + 1, t->rank) * (int32_t)te_type_size(t->type);
}

static int transpose_prepare(te_op_t *op, void *params) {
    transpose_t *p = params;
    te_desc_t x, y, perm;
    uint32_t seen = 0;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_constant_wholes(op, 1, x.rank, &perm));
    TE_TRY(te_move_rank(op, &y, x.rank));
    if (x.rank > TRANSPOSE_RANK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than %d dimensions are not supported", TRANSPOSE_RANK);
    }
    te_move_begin(&p->move, te_type_size(x.type));
    for (int i = x.rank; i-- > 0;) {
        int32_t axis = te_constant_whole(op, &perm, (uint32_t)i);
        if (axis < 0 || axis >= x.rank || (seen >> axis & 1)) {
            return te_op_fail(op, TE_ERR_MODEL, "dimension %d is out of place in the permutation", axis);
        }
        seen |= 1u << axis;
        TE_TRY(te_op_out_dim(op, &y, i, x.shape[axis]));
        te_move_dimension(&p->move, y.shape[i], transpose_step(&x, axis), transpose_step(&y, i));
    }
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return TE_OK;
}

static void transpose_run(const te_model_t *m, const void *params) {
    const transpose_t *p = params;
    te_move(&p->move, te_in(m, p->x), te_out(m, p->y));
}

const te_row_t te_row_transpose = {"TRANSPOSE", "[bhf]i:=", 39, sizeof(transpose_t), transpose_prepare, transpose_run};
