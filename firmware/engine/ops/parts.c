/* SPDX-License-Identifier: MIT
 * Joins tensors along a dimension, and cuts them. */
#include "parts.h"

void te_parts(te_vec_t list, te_ref_t whole, const te_desc_t *t, int axis, te_parts_t *p) {
    p->whole = whole;
    p->list = list.at;
    p->n = (int32_t)list.n;
    p->rows = te_product(t, 0, axis);
    p->step = (int32_t)t->nbytes / p->rows;
}

static te_ref_t parts_at(const te_model_t *m, const te_parts_t *p, int32_t i) {
    return te_model_where(m)[te_load_i32(m->file + p->list + 4 * i)];
}

void te_parts_join(const te_model_t *m, const te_parts_t *p, int32_t i, int32_t at, int32_t run) {
    te_move_t move;
    te_move_begin(&move, (uint32_t)run);
    te_move_dimension(&move, p->rows, run, p->step);
    te_move(&move, te_in(m, parts_at(m, p, i)), (uint8_t *)te_out(m, p->whole) + at);
}

void te_parts_cut(const te_model_t *m, const te_parts_t *p, int32_t i, int32_t at, int32_t run) {
    te_move_t move;
    te_move_begin(&move, (uint32_t)run);
    te_move_dimension(&move, p->rows, p->step, run);
    te_move(&move, (const uint8_t *)te_in(m, p->whole) + at, te_out(m, parts_at(m, p, i)));
}
