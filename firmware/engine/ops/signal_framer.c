/* SPDX-License-Identifier: MIT
 * SignalFramer: rows of int16 samples cut into frames of frame_size samples that begin frame_step samples after each other,
 * x[.., n] -> y[.., n / frame_step, frame_size]; and whether all of them are valid.
 *
 * Samples are kept from run to run. Until they fill the first frame, frames are not valid, and 0; unless `prefill` puts so
 * many zeros before them that the first step fills one. */
#include "signal.h"

enum { FRAMER_SIZE, FRAMER_STEP, FRAMER_PREFILL };

typedef struct {
    te_ref_t x, y, valid, keep;
    int32_t rows, frames;  /* in a row */
    int32_t size, step;
    int32_t room;          /* samples kept of a row: whole steps that hold a frame */
} framer_t;

/* Behind it, `rows` times `room` samples. */
typedef struct {
    int32_t filled;   /* of each row */
    int32_t unused;
} framed_t;

static int framer_output(te_op_t *op, const te_desc_t *x, const framer_t *p) {
    te_desc_t y;
    TE_TRY(te_op_output(op, &y));
    if (y.rank != x->rank + 1) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d dimensions", x->rank + 1);
    }
    for (int i = 0; i < x->rank - 1; i++) {
        TE_TRY(te_op_out_dim(op, &y, i, x->shape[i]));
    }
    TE_TRY(te_op_out_dim(op, &y, x->rank - 1, p->frames));
    return te_op_out_dim(op, &y, x->rank, p->size);
}

static int framer_options(te_op_t *op, const te_desc_t *x, framer_t *p, int32_t *prefill) {
    int32_t samples = x->shape[x->rank - 1];
    te_map_t map;
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_signal_option(op, &map, FRAMER_SIZE, "frame_size", (te_range_t){1, 1 << 18}, &p->size));
    TE_TRY(te_signal_option(op, &map, FRAMER_STEP, "frame_step", (te_range_t){1, samples}, &p->step));
    TE_TRY(te_op_option(op, &map, FRAMER_PREFILL, "prefill", prefill));
    if (samples % p->step != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "its input's rows are no multiple of steps of %d", p->step);
    }
    if (*prefill && p->size < p->step) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "prefill with frames shorter than their step is not supported", 0);
    }
    p->frames = samples / p->step;
    p->rows = (int32_t)x->count / samples;
    p->room = (p->size + p->step - 1) / p->step * p->step;
    return TE_OK;
}

static int framer_prepare(te_op_t *op, void *params) {
    framer_t *p = params;
    te_desc_t x;
    int32_t prefill;
    TE_TRY(te_op_slots_exactly(op, 1, 2));
    TE_TRY(te_op_activation(op, 0, &x));
    if (x.rank == 0 || x.rank == TE_MAX_RANK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a tensor of %d dimensions is not supported", x.rank);
    }
    TE_TRY(framer_options(op, &x, p, &prefill));
    TE_TRY(framer_output(op, &x, p));
    TE_TRY(te_signal_scalar(op, 1));
    uint64_t keep = sizeof(framed_t) + (uint64_t)(uint32_t)p->rows * (uint32_t)p->room * sizeof(int16_t);
    op->keep = keep > UINT32_MAX ? UINT32_MAX : (uint32_t)keep;  /* refused */
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->valid = te_op_out_slot_at(op, 1);
    p->keep = op->keep_at;
    if (op->kept && prefill) {
        ((framed_t *)op->kept)->filled = p->size - p->step;
    }
    return TE_OK;
}

/* The frames of one row, of which `filled` samples are kept; how many are kept then. */
static int32_t framer_row(const framer_t *p, const int16_t *x, int16_t *y, int16_t *kept, int32_t filled) {
    for (int32_t i = 0; i < p->frames; i++, y += p->size) {
        memcpy(kept + filled, x + i * p->step, (uint32_t)p->step * sizeof(*x));
        filled += p->step;
        if (filled < p->size) {
            memset(y, 0, (uint32_t)p->size * sizeof(*y));
            continue;
        }
        memcpy(y, kept, (uint32_t)p->size * sizeof(*y));
        filled -= p->step;
        memmove(kept, kept + p->step, (uint32_t)filled * sizeof(*kept));
    }
    return filled;
}

static void framer_run(const te_model_t *m, const void *params) {
    const framer_t *p = params;
    const int16_t *x = te_in(m, p->x);
    int16_t *y = te_out(m, p->y);
    framed_t *kept = te_out(m, p->keep);
    int16_t *samples = (int16_t *)(kept + 1);
    int32_t filled = kept->filled;
    *(bool *)te_out(m, p->valid) = filled + p->step >= p->size;
    for (int32_t row = 0; row < p->rows; row++, samples += p->room) {
        kept->filled = framer_row(p, x, y, samples, filled);
        x += p->frames * p->step;
        y += p->frames * p->size;
    }
}

const te_row_t te_row_signal_framer = {"SignalFramer", "h:h?", TE_CUSTOM, sizeof(framer_t), framer_prepare, framer_run};
