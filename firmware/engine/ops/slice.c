/* SPDX-License-Identifier: MIT
 * SLICE: the part of the input that begins where the second input says and is as large as the third; a size of -1 goes
 * to the end. Both may be computed: then they are checked at run time against the output's shape. */
#include "move.h"

#define SLICE_RANK 5  /* as in TFLM */

typedef struct {
    te_ref_t x, y, begin, size;
    int32_t x_size[SLICE_RANK], y_size[SLICE_RANK];
    uint8_t rank, element;
    bool wide;  /* begin and size are int64 */
} slice_t;

/* What is wrong with begin and size, NULL if nothing is; the dimension in *axis. */
static const char *slice_wrong(const slice_t *p, const void *begin, const void *size, int32_t *axis) {
    for (*axis = 0; *axis < p->rank; ++*axis) {
        int32_t from = te_whole(begin, p->wide, (uint32_t)*axis), n = te_whole(size, p->wide, (uint32_t)*axis);
        int32_t x = p->x_size[*axis], y = p->y_size[*axis];
        if (from < 0 || from > x - y) {
            return "it does not begin in dimension %d of the input";
        }
        if (n == -1 ? from != x - y : n != y) {
            return "its size in dimension %d is not the output's";
        }
    }
    return NULL;
}

static int slice_bounds(te_op_t *op, const te_desc_t *x, const te_desc_t *y, slice_t *p) {
    te_desc_t begin, size;
    TE_TRY(te_op_input(op, 1, &begin));
    TE_TRY(te_op_input(op, 2, &size));
    if (begin.rank != 1 || size.rank != 1 || begin.count != x->rank || size.count != x->rank) {
        return te_op_fail(op, TE_ERR_MODEL, "begin and size should have %d elements", x->rank);
    }
    p->wide = begin.type == TE_INT64;
    memcpy(p->x_size, x->shape, x->rank * sizeof(x->shape[0]));
    memcpy(p->y_size, y->shape, y->rank * sizeof(y->shape[0]));
    if (begin.constant && size.constant) {
        const uint8_t *file = op->graph->file.data;
        int32_t axis;
        const char *wrong = slice_wrong(p, file + begin.constant, file + size.constant, &axis);
        return wrong == NULL ? TE_OK : te_op_fail(op, TE_ERR_MODEL, wrong, axis);
    }
    return TE_OK;
}

static int slice_prepare(te_op_t *op, void *params) {
    slice_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 3, 3, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_move_rank(op, &y, x.rank));
    if (x.rank > SLICE_RANK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than %d dimensions are not supported", SLICE_RANK);
    }
    p->rank = x.rank;
    p->element = (uint8_t)te_type_size(x.type);
    p->x = te_op_in_at(op, 0);
    p->begin = te_op_in_at(op, 1);
    p->size = te_op_in_at(op, 2);
    p->y = te_op_out_at(op);
    return slice_bounds(op, &x, &y, p);
}

static void slice_run(const te_model_t *m, const void *params) {
    const slice_t *p = params;
    const uint8_t *x = te_in(m, p->x), *begin = te_in(m, p->begin);
    int32_t axis, x_step = p->element, y_step = p->element;
    const char *wrong = slice_wrong(p, begin, te_in(m, p->size), &axis);
    te_move_t move;
    if (wrong != NULL) {
        te_fault(m, wrong, axis);
        return;
    }
    te_move_begin(&move, p->element);
    for (int i = p->rank; i-- > 0;) {
        te_move_dimension(&move, p->y_size[i], x_step, y_step);
        x += te_whole(begin, p->wide, (uint32_t)i) * x_step;
        x_step *= p->x_size[i];
        y_step *= p->y_size[i];
    }
    te_move(&move, x, te_out(m, p->y));
}

const te_row_t te_row_slice = {"SLICE", "[bhif?]ii:= [bhif?]qq:=", 65, sizeof(slice_t), slice_prepare, slice_run};
