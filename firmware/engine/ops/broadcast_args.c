/* SPDX-License-Identifier: MIT
 * BROADCAST_ARGS: the shape to which tensors of two shapes can be broadcast; the shapes are elements of the inputs. */
#include "move.h"

typedef struct {
    te_ref_t a, b, y;
    int32_t a_rank, b_rank, rank;
    uint8_t element;
} broadcast_args_t;

static int broadcast_args_prepare(te_op_t *op, void *params) {
    broadcast_args_t *p = params;
    te_desc_t a, b, y;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_move_ends(op, 0, &a, &y));
    TE_TRY(te_op_input(op, 1, &b));
    if (a.rank != 1 || b.rank != 1) {
        return te_op_fail(op, TE_ERR_MODEL, "its inputs must have 1 dimension", 0);
    }
    p->rank = a.shape[0] > b.shape[0] ? a.shape[0] : b.shape[0];
    TE_TRY(te_move_rank(op, &y, 1));
    TE_TRY(te_op_out_dim(op, &y, 0, p->rank));
    p->a_rank = a.shape[0];
    p->b_rank = b.shape[0];
    p->element = (uint8_t)te_type_size(a.type);
    p->a = te_op_in_at(op, 0);
    p->b = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    return TE_OK;
}

/* Element i of the output as a shape of `own` elements has it: 1 before its first. */
static int64_t broadcast_args_size(const broadcast_args_t *p, const uint8_t *shape, int32_t own, int32_t i) {
    int64_t size;
    int32_t at = i - (p->rank - own);
    if (at < 0) {
        return 1;
    }
    if (p->element == 4) {
        return te_load_i32(shape + at * 4);
    }
    memcpy(&size, shape + at * 8, sizeof(size));
    return size;
}

static void broadcast_args_run(const te_model_t *m, const void *params) {
    const broadcast_args_t *p = params;
    uint8_t *y = te_out(m, p->y);
    for (int32_t i = 0; i < p->rank; i++) {
        int64_t a = broadcast_args_size(p, te_in(m, p->a), p->a_rank, i);
        int64_t b = broadcast_args_size(p, te_in(m, p->b), p->b_rank, i);
        int64_t size = a == 1 ? b : a;
        if (size != b && b != 1) {
            te_fault(m, "the shapes do not go together in dimension %d", i);
            return;
        }
        memcpy(y + i * p->element, &size, p->element);  /* little-endian */
    }
}

const te_row_t te_row_broadcast_args = {"BROADCAST_ARGS", "[iq]=:=",
    145, sizeof(broadcast_args_t), broadcast_args_prepare, broadcast_args_run};
