/* SPDX-License-Identifier: MIT
 * BROADCAST_TO: the input repeated along its dimensions of size 1, to the shape of a constant second input. */
#include "move.h"

#define BROADCAST_RANK 5  /* as in TFLM */

typedef struct {
    te_ref_t x, y;
    te_move_t move;
} broadcast_t;

/* The size of the input in dimension i of the output. */
static int broadcast_dimension(te_op_t *op, const te_desc_t *x, const te_desc_t *y, int i, int32_t *size) {
    int from = i - (y->rank - x->rank);
    *size = from < 0 ? 1 : x->shape[from];
    return *size == 1 || *size == y->shape[i] ? TE_OK
        : te_op_fail(op, TE_ERR_MODEL, "dimension %d of the input is neither 1 nor the output's", from);
}

static int broadcast_prepare(te_op_t *op, void *params) {
    broadcast_t *p = params;
    te_desc_t x, y, shape;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_constant_wholes(op, 1, y.rank, &shape));
    if (y.rank > BROADCAST_RANK || x.rank > y.rank) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output of %d dimensions is not supported", y.rank);
    }
    int32_t x_step = (int32_t)te_type_size(x.type), y_step = x_step;
    te_move_begin(&p->move, (uint32_t)x_step);
    for (int i = y.rank; i-- > 0;) {
        int32_t size = 1;
        TE_TRY(te_op_out_dim(op, &y, i, te_constant_whole(op, &shape, (uint32_t)i)));
        TE_TRY(broadcast_dimension(op, &x, &y, i, &size));
        te_move_dimension(&p->move, y.shape[i], size == 1 ? 0 : x_step, y_step);
        x_step *= size;
        y_step *= y.shape[i];
    }
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return TE_OK;
}

static void broadcast_run(const te_model_t *m, const void *params) {
    const broadcast_t *p = params;
    te_move(&p->move, te_in(m, p->x), te_out(m, p->y));
}

const te_row_t te_row_broadcast_to = {"BROADCAST_TO", ".[iq]:=",
    130, sizeof(broadcast_t), broadcast_prepare, broadcast_run};
