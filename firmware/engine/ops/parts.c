/* SPDX-License-Identifier: MIT
 * Joins tensors along a dimension, and cuts them. */
#include "parts.h"

void te_parts(te_op_t *op, te_vec_t list, te_ref_t whole, const te_desc_t *t, int axis, te_parts_t *p) {
    p->whole = whole;
    p->list = te_slots(op, list);
    p->n = (int32_t)list.n;
    p->rows = te_product(t, 0, axis);
    p->step = (int32_t)t->nbytes / p->rows;
}

void te_parts_join(const te_model_t *m, const te_parts_t *p, int32_t i, int32_t at, int32_t run) {
    te_move_t move;
    te_move_begin(&move, (uint32_t)run);
    te_move_dimension(&move, p->rows, run, p->step);
    te_move(&move, te_in(m, te_slot(m, &p->list, i)), (uint8_t *)te_out(m, p->whole) + at);
}

void te_parts_cut(const te_model_t *m, const te_parts_t *p, int32_t i, int32_t at, int32_t run) {
    te_move_t move;
    te_move_begin(&move, (uint32_t)run);
    te_move_dimension(&move, p->rows, p->step, run);
    te_move(&move, (const uint8_t *)te_in(m, p->whole) + at, te_out(m, te_slot(m, &p->list, i)));
}

void te_parts_cut_equal(const te_model_t *m, const void *params) {
    const te_parts_t *p = params;
    int32_t run = p->step / p->n;
    for (int32_t i = 0; i < p->n; i++) {
        te_parts_cut(m, p, i, i * run, run);
    }
}

int te_parts_axis(te_op_t *op, uint32_t slot, uint32_t axis_slot, te_desc_t *x, int *axis) {
    te_desc_t at, y;
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_input(op, slot, x));
    TE_TRY(te_constant_wholes(op, axis_slot, 1, &at));
    return te_move_axis(op, te_constant_whole(op, &at, 0), x->rank, axis);
}

int te_parts_output(te_op_t *op, uint32_t i, const te_desc_t *x, int axis, int32_t size) {
    te_desc_t y;
    TE_TRY(te_op_output_slot(op, i, &y));
    TE_TRY(te_move_rank(op, &y, x->rank));
    for (int d = 0; d < y.rank; d++) {
        TE_TRY(te_op_out_dim(op, &y, d, d == axis ? size : x->shape[d]));
    }
    return TE_OK;
}
