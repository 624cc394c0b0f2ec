/* SPDX-License-Identifier: MIT
 * REVERSE_V2: the input backwards along the dimensions that a constant second input lists; they are neighbours. */
#include "move.h"

typedef struct {
    te_ref_t x, y;
    int32_t from;  /* byte of x that goes first */
    te_move_t move;
} reverse_t;

/* Bit i: dimension i is reversed. As in TFLM, they may stand in any order, once each, without a gap. */
static int reverse_axes(te_op_t *op, const te_desc_t *x, uint32_t *reversed) {
    te_desc_t axes;
    TE_TRY(te_op_input(op, 1, &axes));
    TE_TRY(te_constant_wholes(op, 1, axes.count, &axes));
    for (uint32_t i = 0; i < axes.count; i++) {
        int axis = 0;
        TE_TRY(te_move_axis(op, te_constant_whole(op, &axes, i), x->rank, &axis));
        if (*reversed >> axis & 1) {
            return te_op_fail(op, TE_ERR_MODEL, "dimension %d is reversed twice", axis);
        }
        *reversed |= 1u << axis;
    }
    uint32_t lowest = *reversed & (0 - *reversed);
    return *reversed & (*reversed + lowest) ? te_op_fail(op, TE_ERR_UNSUPPORTED,
        "reversed dimensions that are not neighbours are not supported", 0) : TE_OK;
}

static int reverse_prepare(te_op_t *op, void *params) {
    reverse_t *p = params;
    te_desc_t x, y;
    uint32_t reversed = 0;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    TE_TRY(reverse_axes(op, &x, &reversed));
    int32_t step = (int32_t)te_type_size(x.type), from = 0;
    te_move_begin(&p->move, (uint32_t)step);
    for (int i = x.rank; i-- > 0;) {
        bool back = reversed >> i & 1;
        te_move_dimension(&p->move, x.shape[i], back ? -step : step, step);
        from += back ? (x.shape[i] - 1) * step : 0;
        step *= x.shape[i];
    }
    p->x = te_op_in_at(op, 0);
    p->from = from;
    p->y = te_op_out_at(op);
    return TE_OK;
}

static void reverse_run(const te_model_t *m, const void *params) {
    const reverse_t *p = params;
    te_move(&p->move, (const uint8_t *)te_in(m, p->x) + p->from, te_out(m, p->y));
}

const te_row_t te_row_reverse_v2 = {"REVERSE_V2", "[bhiqfB?]i:=", 105, sizeof(reverse_t), reverse_prepare, reverse_run};
