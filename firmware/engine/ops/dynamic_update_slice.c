/* SPDX-License-Identifier: MIT
 * DYNAMIC_UPDATE_SLICE: the first input with the second laid over it where the third says, moved inside as far as it
 * must be, so no index is wrong. */
#include "move.h"

typedef struct {
    te_ref_t x, update, start, y;
    uint32_t nbytes;
    int32_t x_size[TE_MAX_RANK], update_size[TE_MAX_RANK];
    uint8_t rank, element;
    bool wide;  /* start is int64 */
} update_t;

static int update_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *update, const te_desc_t *start) {
    if (update->rank != x->rank || start->rank != 1 || start->count != x->rank) {
        return te_op_fail(op, TE_ERR_MODEL, "update and indices should have %d dimensions", x->rank);
    }
    for (int i = 0; i < x->rank; i++) {
        if (update->shape[i] > x->shape[i]) {
            return te_op_fail(op, TE_ERR_MODEL, "the update is larger than the input in dimension %d", i);
        }
    }
    return TE_OK;
}

static int update_prepare(te_op_t *op, void *params) {
    update_t *p = params;
    te_desc_t x, y, update, start;
    TE_TRY(te_op_slots(op, 3, 3, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    TE_TRY(te_op_input(op, 1, &update));
    TE_TRY(te_op_input(op, 2, &start));
    TE_TRY(update_shapes(op, &x, &update, &start));
    memcpy(p->x_size, x.shape, x.rank * sizeof(x.shape[0]));
    memcpy(p->update_size, update.shape, x.rank * sizeof(x.shape[0]));
    p->rank = x.rank;
    p->element = (uint8_t)te_type_size(x.type);
    p->wide = start.type == TE_INT64;
    p->nbytes = x.nbytes;
    p->x = te_op_in_at(op, 0);
    p->update = te_op_in_at(op, 1);
    p->start = te_op_in_at(op, 2);
    p->y = te_op_out_at(op);
    op->lag[0].forward = op->lag[0].backward = 0;  /* memmove */
    return TE_OK;
}

static void update_run(const te_model_t *m, const void *params) {
    const update_t *p = params;
    uint8_t *y = te_out(m, p->y);
    const void *start = te_in(m, p->start);
    int32_t x_step = p->element, y_step = p->element;
    te_move_t move;
    memmove(y, te_in(m, p->x), p->nbytes);
    te_move_begin(&move, p->element);
    for (int i = p->rank; i-- > 0;) {
        te_move_dimension(&move, p->update_size[i], x_step, y_step);
        y += te_clamp(te_whole(start, p->wide, (uint32_t)i), 0, p->x_size[i] - p->update_size[i]) * y_step;
        x_step *= p->update_size[i];
        y_step *= p->x_size[i];
    }
    te_move(&move, te_in(m, p->update), y);
}

const te_row_t te_row_dynamic_update_slice = {"DYNAMIC_UPDATE_SLICE", "[bhif]=[iq]:=",
    151, sizeof(update_t), update_prepare, update_run};
