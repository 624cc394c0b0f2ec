/* SPDX-License-Identifier: MIT
 * GATHER_ND: y[i.., s..] = x[indices[i.., 0], indices[i.., 1].., s..]: slices of the input, wherever each row of the
 * second input says. */
#include "move.h"

#define GATHER_ND_DEPTH 5  /* indices of a slice, as in TFLM */

typedef struct {
    te_ref_t x, indices, y;
    int32_t slices, run;  /* how many, bytes of one */
    int32_t size[GATHER_ND_DEPTH], depth;
} gather_nd_t;

static int gather_nd_output(te_op_t *op, const te_desc_t *x, const te_desc_t *indices, const te_desc_t *y, int depth) {
    int slices = indices->rank - 1;
    TE_TRY(te_move_rank(op, y, slices + x->rank - depth));
    for (int i = 0; i < y->rank; i++) {
        TE_TRY(te_op_out_dim(op, y, i, i < slices ? indices->shape[i] : x->shape[i - slices + depth]));
    }
    return TE_OK;
}

/* The number of the slice that a row of indices means; -1 - i if index i is outside the input. */
static int32_t gather_nd_at(const gather_nd_t *p, const uint8_t *row) {
    int32_t at = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t index = te_load_i32(row + 4 * i);
        if (index < 0 || index >= p->size[i]) {
            return -1 - i;
        }
        at = at * p->size[i] + index;
    }
    return at;
}

/* The first row with an index outside the input, or NULL. */
static const uint8_t *gather_nd_outside(const gather_nd_t *p, const uint8_t *indices) {
    for (int32_t i = 0; i < p->slices; i++, indices += 4 * p->depth) {
        if (gather_nd_at(p, indices) < 0) {
            return indices;
        }
    }
    return NULL;
}

static int32_t gather_nd_culprit(const gather_nd_t *p, const uint8_t *row) {
    return te_load_i32(row + 4 * (-1 - gather_nd_at(p, row)));
}

static int gather_nd_constant(te_op_t *op, const te_desc_t *indices, const gather_nd_t *p) {
    const uint8_t *row = indices->constant ? gather_nd_outside(p, op->graph->file.data + indices->constant) : NULL;
    return row == NULL ? TE_OK
        : te_op_fail(op, TE_ERR_MODEL, "index %d is outside the input", gather_nd_culprit(p, row));
}

static int gather_nd_prepare(te_op_t *op, void *params) {
    gather_nd_t *p = params;
    te_desc_t x, y, indices;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_op_input(op, 1, &indices));
    p->depth = indices.rank ? indices.shape[indices.rank - 1] : 0;
    if (p->depth < 1 || p->depth > x.rank || p->depth > GATHER_ND_DEPTH) {
        return te_op_fail(op, TE_ERR_MODEL, "%d indices of a slice are not possible", p->depth);
    }
    TE_TRY(gather_nd_output(op, &x, &indices, &y, p->depth));
    memcpy(p->size, x.shape, (size_t)p->depth * sizeof(p->size[0]));
    p->slices = te_product(&indices, 0, indices.rank - 1);
    p->run = te_product(&x, p->depth, x.rank) * (int32_t)te_type_size(x.type);
    p->x = te_op_in_at(op, 0);
    p->indices = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    return gather_nd_constant(op, &indices, p);
}

static void gather_nd_run(const te_model_t *m, const void *params) {
    const gather_nd_t *p = params;
    const uint8_t *x = te_in(m, p->x), *indices = te_in(m, p->indices), *row = gather_nd_outside(p, indices);
    uint8_t *y = te_out(m, p->y);
    if (row != NULL) {
        te_fault(m, "index %d is outside the input", gather_nd_culprit(p, row));
        return;
    }
    for (int32_t i = 0; i < p->slices; i++, indices += 4 * p->depth, y += p->run) {
        memcpy(y, x + gather_nd_at(p, indices) * p->run, (size_t)p->run);
    }
}

const te_row_t te_row_gather_nd = {"GATHER_ND", "[bf]i:=", 107, sizeof(gather_nd_t), gather_nd_prepare, gather_nd_run};
