/* SPDX-License-Identifier: MIT
 * GATHER: y[b.., o.., p.., i..] = x[b.., o.., positions[b.., p..], i..]: rows of the input along an axis, in the order
 * of a second input, which may have batch dimensions b in common with the first. */
#include "move.h"

enum { GATHER_AXIS, GATHER_BATCH_DIMS };

typedef struct {
    te_ref_t x, positions, y;
    int32_t batches, outer, axis_size, count, run;  /* count: positions of a batch; run: bytes of a row */
} gather_t;

/* The output's shape: the input's, with the positions' in place of the axis. */
static int gather_output(te_op_t *op, const te_desc_t *x, const te_desc_t *positions, const te_desc_t *y, int axis,
    int batch_dims) {
    int rank = 0;
    TE_TRY(te_move_rank(op, y, x->rank + positions->rank - 1 - batch_dims));
    for (int i = 0; i < axis; i++) {
        TE_TRY(te_op_out_dim(op, y, rank++, x->shape[i]));
    }
    for (int i = batch_dims; i < positions->rank; i++) {
        TE_TRY(te_op_out_dim(op, y, rank++, positions->shape[i]));
    }
    for (int i = axis + 1; i < x->rank; i++) {
        TE_TRY(te_op_out_dim(op, y, rank++, x->shape[i]));
    }
    return TE_OK;
}

static int gather_batches(te_op_t *op, const te_desc_t *x, const te_desc_t *positions, int axis, int *batch_dims) {
    int32_t given = te_fb_field_i32(&op->graph->file, &op->options, GATHER_BATCH_DIMS, 0);
    int64_t dims = given < 0 ? (int64_t)given + positions->rank : given;
    if (dims < 0 || dims > axis || dims > positions->rank) {
        return te_op_fail(op, TE_ERR_MODEL, "%d batch dimensions are not possible", given);
    }
    for (int i = 0; i < dims; i++) {
        if (x->shape[i] != positions->shape[i]) {
            return te_op_fail(op, TE_ERR_MODEL, "batch dimension %d of its inputs does not agree", i);
        }
    }
    *batch_dims = (int)dims;
    return TE_OK;
}

/* The first position outside the axis, or -1. */
static int32_t gather_outside(const gather_t *p, const void *positions) {
    int32_t n = p->batches * p->count;
    for (int32_t i = 0; i < n; i++) {
        int32_t position = te_whole(positions, false, (uint32_t)i);
        if (position < 0 || position >= p->axis_size) {
            return i;
        }
    }
    return -1;
}

static int gather_constant(te_op_t *op, const te_desc_t *positions, const gather_t *p) {
    const uint8_t *data = op->graph->file.data + positions->constant;
    int32_t outside = positions->constant ? gather_outside(p, data) : -1;
    return outside < 0 ? TE_OK
        : te_op_fail(op, TE_ERR_MODEL, "position %d is outside the input", te_whole(data, false, (uint32_t)outside));
}

static int gather_prepare(te_op_t *op, void *params) {
    gather_t *p = params;
    te_desc_t x, y, positions;
    int axis = 0, batch_dims = 0;
    TE_TRY(te_op_slots(op, 2, 2, TE_GATHER_OPTIONS));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(te_op_input(op, 1, &positions));
    TE_TRY(te_move_axis(op, te_fb_field_i32(&op->graph->file, &op->options, GATHER_AXIS, 0), x.rank, &axis));
    TE_TRY(gather_batches(op, &x, &positions, axis, &batch_dims));
    TE_TRY(gather_output(op, &x, &positions, &y, axis, batch_dims));
    p->batches = te_product(&x, 0, batch_dims);
    p->outer = te_product(&x, batch_dims, axis);
    p->axis_size = x.shape[axis];
    p->count = te_product(&positions, batch_dims, positions.rank);
    p->run = te_product(&x, axis + 1, x.rank) * (int32_t)te_type_size(x.type);
    p->x = te_op_in_at(op, 0);
    p->positions = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    return gather_constant(op, &positions, p);
}

static void gather_run(const te_model_t *m, const void *params) {
    const gather_t *p = params;
    const uint8_t *x = te_in(m, p->x), *positions = te_in(m, p->positions);
    uint8_t *y = te_out(m, p->y);
    int32_t outside = gather_outside(p, positions);
    if (outside >= 0) {
        te_fault(m, "position %d is outside the input", te_whole(positions, false, (uint32_t)outside));
        return;
    }
    for (int32_t i = 0; i < p->batches * p->outer; i++, x += p->axis_size * p->run) {
        const uint8_t *batch = positions + 4 * (i / p->outer * p->count);
        for (int32_t j = 0; j < p->count; j++, y += p->run) {
            memcpy(y, x + te_load_i32(batch + 4 * j) * p->run, (size_t)p->run);
        }
    }
}

const te_row_t te_row_gather = {"GATHER", "[bf]i:=", 36, sizeof(gather_t), gather_prepare, gather_run};
