/* SPDX-License-Identifier: MIT
 * SignalOverlapAdd: frames that begin frame_step samples after each other, added where they overlap: x[.., n, size] ->
 * y[.., n * frame_step], int16 (saturated at each sum) or float32. What later frames may add to is kept from run to run. */
#include "signal.h"

typedef struct {
    te_ref_t x, y, keep;
    int32_t rows, frames;  /* in a row */
    int32_t size, step;
    uint8_t type;
} overlap_add_t;

static int overlap_add_output(te_op_t *op, const te_desc_t *x, const overlap_add_t *p) {
    te_desc_t y;
    TE_TRY(te_op_output(op, &y));
    if (y.rank != x->rank - 1) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d dimensions", x->rank - 1);
    }
    for (int i = 0; i < x->rank - 2; i++) {
        TE_TRY(te_op_out_dim(op, &y, i, x->shape[i]));
    }
    return te_op_out_dim(op, &y, y.rank - 1, (int64_t)p->frames * p->step);
}

static int overlap_add_step(te_op_t *op, const te_desc_t *x, overlap_add_t *p) {
    te_map_t map;
    int32_t type;
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_op_option(op, &map, 0, "T", &type));
    if (type != x->type) {
        return te_op_fail(op, TE_ERR_MODEL, "its options are for tensor type %d", type);
    }
    p->size = x->shape[x->rank - 1];
    p->frames = x->shape[x->rank - 2];
    return te_signal_option(op, &map, 1, "frame_step", (te_range_t){1, p->size}, &p->step);
}

static int overlap_add_prepare(te_op_t *op, void *params) {
    overlap_add_t *p = params;
    te_desc_t x;
    TE_TRY(te_op_slots_exactly(op, 1, 1));
    TE_TRY(te_op_activation(op, 0, &x));
    if (x.rank < 2) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a tensor of %d dimensions is not supported", x.rank);
    }
    TE_TRY(overlap_add_step(op, &x, p));
    TE_TRY(overlap_add_output(op, &x, p));
    p->rows = (int32_t)x.count / (p->frames * p->size);
    p->type = x.type;
    op->keep = (uint32_t)p->rows * (uint32_t)p->size * te_type_size(x.type);
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->keep = op->keep_at;
    return TE_OK;
}

static void overlap_add_sum(int type, void *sum, const void *x, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        if (te_is(type, TE_FLOAT32)) {
            ((float *)sum)[i] += ((const float *)x)[i];
        } else if (te_is(type, TE_INT16)) {
            int32_t v = ((int16_t *)sum)[i] + ((const int16_t *)x)[i];
            ((int16_t *)sum)[i] = (int16_t)te_clamp(v, INT16_MIN, INT16_MAX);
        }
    }
}

static void overlap_add_run(const te_model_t *m, const void *params) {
    const overlap_add_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y), *kept = te_out(m, p->keep);
    uint32_t frame = (uint32_t)p->size * te_type_size(p->type), step = (uint32_t)p->step * te_type_size(p->type);
    for (int32_t row = 0; row < p->rows; row++, kept += frame) {
        for (int32_t i = 0; i < p->frames; i++, x += frame, y += step) {
            overlap_add_sum(p->type, kept, x, p->size);
            memcpy(y, kept, step);
            memmove(kept, kept + step, frame - step);
            memset(kept + frame - step, 0, step);
        }
    }
}

const te_row_t te_row_signal_overlap_add = {"SignalOverlapAdd", "*[hf]:=", TE_CUSTOM,
    sizeof(overlap_add_t), overlap_add_prepare, overlap_add_run};
