/* SPDX-License-Identifier: MIT
 * PAD and PADV2: the input inside a border as wide as a constant second input says: of zeros (the zero point, if int8),
 * or of the one value of a third input. */
#include "move.h"

#define PAD_RANK 5  /* as in TFLM */

typedef struct {
    te_ref_t x, y, value;  /* value: of every element of the border; TE_NO_REF: zero */
    uint32_t y_nbytes;
    te_move_t move;
    uint32_t start;        /* where the input begins in the output */
    uint8_t element;
    int8_t zero;           /* every byte of the border without a value */
} pad_t;

static int pad_sizes(te_op_t *op, const te_desc_t *x, const te_desc_t *y, pad_t *p) {
    te_desc_t pads;
    int32_t x_step = p->element, y_step = p->element;
    TE_TRY(te_constant_wholes(op, 1, 2u * x->rank, &pads));
    TE_TRY(te_move_rank(op, y, x->rank));
    p->start = 0;
    te_move_begin(&p->move, p->element);
    for (int i = x->rank; i-- > 0;) {
        int32_t before = te_constant_whole(op, &pads, 2 * (uint32_t)i), after = te_constant_whole(op, &pads, 2 * (uint32_t)i + 1);
        if (before < 0 || after < 0) {
            return te_op_fail(op, TE_ERR_MODEL, "a padding of %d is not possible", before < 0 ? before : after);
        }
        TE_TRY(te_op_out_dim(op, y, i, (int64_t)x->shape[i] + before + after));
        te_move_dimension(&p->move, x->shape[i], x_step, y_step);
        p->start += (uint32_t)(before * y_step);
        x_step *= x->shape[i];
        y_step *= y->shape[i];
    }
    return TE_OK;
}

static int pad_value(te_op_t *op, const te_desc_t *y, pad_t *p) {
    te_desc_t value;
    p->value = TE_NO_REF;
    p->zero = y->type == TE_INT8 ? (int8_t)y->zero_point : 0;
    if (op->inputs.n < 3) {
        return TE_OK;
    }
    TE_TRY(te_op_input(op, 2, &value));
    if (value.count != 1) {
        return te_op_fail(op, TE_ERR_MODEL, "the border's value cannot have %d elements", (int32_t)value.count);
    }
    if (value.type == TE_INT8 && (value.scale != y->scale || value.zero_point != y->zero_point)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a border of another scale is not supported", 0);
    }
    p->value = te_op_in_at(op, 2);
    return TE_OK;
}

static int pad_prepare(te_op_t *op, void *params) {
    pad_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 2, 3, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    if (x.rank > PAD_RANK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than %d dimensions are not supported", PAD_RANK);
    }
    p->element = (uint8_t)te_type_size(x.type);
    p->y_nbytes = y.nbytes;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    TE_TRY(pad_sizes(op, &x, &y, p));
    return pad_value(op, &y, p);
}

static void pad_run(const te_model_t *m, const void *params) {
    const pad_t *p = params;
    uint8_t *y = te_out(m, p->y);
    if (p->value == TE_NO_REF) {
        memset(y, (uint8_t)p->zero, p->y_nbytes);
    } else {
        te_repeat(y, te_in(m, p->value), p->element, p->y_nbytes / p->element);
    }
    te_move(&p->move, te_in(m, p->x), y + p->start);
}

const te_row_t te_row_pad = {"PAD", "[bhif]i=:=", 34, sizeof(pad_t), pad_prepare, pad_run};
const te_row_t te_row_padv2 = {"PADV2", "[bhif]i=:=", 60, sizeof(pad_t), pad_prepare, pad_run};
