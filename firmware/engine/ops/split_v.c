/* SPDX-License-Identifier: MIT
 * SPLIT_V: the first input, cut into parts of the sizes that a constant second one lists, along the dimension that a
 * constant third one names. One size may be -1: what is left. */
#include "parts.h"

typedef struct {
    te_parts_t parts;
    uint32_t sizes;     /* position of the list in the file */
    int32_t unit;       /* bytes of a row for each element of the dimension */
    int32_t left;       /* the size that -1 stands for */
    bool wide;          /* the list is of int64 */
} split_v_t;

/* Every size listed is an output's, and all of them together are the input's. */
static int split_v_sizes(te_op_t *op, const te_desc_t *x, int axis, split_v_t *p) {
    te_desc_t sizes;
    int64_t left = x->shape[axis];
    int unknown = 0;
    TE_TRY(te_constant_wholes(op, 1, op->outputs.n, &sizes));
    for (uint32_t i = 0; i < op->outputs.n; i++) {
        int32_t size = te_constant_whole(op, &sizes, i);
        unknown += size == -1;
        left -= size == -1 ? 0 : size;
    }
    if (unknown > 1 || left < unknown || (unknown == 0 && left != 0)) {
        return te_op_fail(op, TE_ERR_MODEL, "the sizes of its parts are not dimension %d of the input", axis);
    }
    for (uint32_t i = 0; i < op->outputs.n; i++) {
        int32_t size = te_constant_whole(op, &sizes, i);
        TE_TRY(te_parts_output(op, i, x, axis, size == -1 ? (int32_t)left : size));
    }
    p->sizes = sizes.constant;
    p->wide = sizes.type == TE_INT64;
    p->left = (int32_t)left;
    return TE_OK;
}

static int split_v_prepare(te_op_t *op, void *params) {
    split_v_t *p = params;
    te_desc_t x;
    int axis = 0;
    TE_TRY(te_op_slots_many(op, 3, 3, 0));
    TE_TRY(te_parts_axis(op, 0, 2, &x, &axis));
    TE_TRY(split_v_sizes(op, &x, axis, p));
    te_parts(op, op->outputs, te_op_in_at(op, 0), &x, axis, &p->parts);
    p->unit = p->parts.step / x.shape[axis];
    return TE_OK;
}

static void split_v_run(const te_model_t *m, const void *params) {
    const split_v_t *p = params;
    int32_t at = 0;
    for (int32_t i = 0; i < p->parts.n; i++) {
        int32_t size = te_whole(m->file + p->sizes, p->wide, (uint32_t)i);
        int32_t run = (size == -1 ? p->left : size) * p->unit;
        te_parts_cut(m, &p->parts, i, at, run);
        at += run;
    }
}

const te_row_t te_row_split_v = {"SPLIT_V", "[bhif][iq]i:=", 102, sizeof(split_v_t), split_v_prepare, split_v_run};
