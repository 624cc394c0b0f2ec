/* SPDX-License-Identifier: MIT
 * SignalStacker: the last frames of num_channels numbers each, int16, one behind the other; and whether they are valid.
 *
 * It waits for stacker_right_context more frames after the first, which stands for those before it; then gives
 * stacker_left_context + 1 + stacker_right_context frames, and again every stacker_step runs. What is not valid is 0. */
#include "signal.h"

enum { STACKER_CHANNELS, STACKER_LEFT, STACKER_RIGHT, STACKER_STEP };

typedef struct {
    te_ref_t x, y, valid, keep;
    int32_t channels, left, frames, step;
} stacker_t;

/* Behind it, `frames` frames. */
typedef struct {
    int32_t filled;  /* frames */
    int32_t begun;
} stacked_t;

static int stacker_options(te_op_t *op, const te_desc_t *x, stacker_t *p) {
    te_range_t context = {0, INT16_MAX}, same = {(int32_t)x->count, (int32_t)x->count};
    te_map_t map;
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_signal_option(op, &map, STACKER_CHANNELS, "num_channels", same, &p->channels));
    TE_TRY(te_signal_option(op, &map, STACKER_LEFT, "stacker_left_context", context, &p->left));
    TE_TRY(te_signal_option(op, &map, STACKER_RIGHT, "stacker_right_context", context, &p->frames));
    p->frames += p->left + 1;
    return te_signal_option(op, &map, STACKER_STEP, "stacker_step", (te_range_t){1, p->frames}, &p->step);
}

static int stacker_prepare(te_op_t *op, void *params) {
    stacker_t *p = params;
    te_desc_t x;
    TE_TRY(te_op_slots_exactly(op, 1, 2));
    TE_TRY(te_signal_input(op, 0, &x));
    TE_TRY(stacker_options(op, &x, p));
    TE_TRY(te_signal_output(op, 0, (int64_t)p->channels * p->frames));
    TE_TRY(te_signal_scalar(op, 1));
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->valid = te_op_out_slot_at(op, 1);
    p->keep = op->keep_at;
    op->keep = (uint32_t)sizeof(stacked_t) + op->out_nbytes;
    return TE_OK;
}

static void stacker_add(const stacker_t *p, stacked_t *kept, const int16_t *x) {
    int16_t *frames = (int16_t *)(kept + 1);
    memcpy(frames + kept->filled++ * p->channels, x, (uint32_t)p->channels * sizeof(*x));
}

static void stacker_run(const te_model_t *m, const void *params) {
    const stacker_t *p = params;
    const int16_t *x = te_in(m, p->x);
    int16_t *y = te_out(m, p->y);
    stacked_t *kept = te_out(m, p->keep);
    uint32_t frame = (uint32_t)p->channels * sizeof(*x);
    for (int32_t i = kept->begun ? p->left : 0; i <= p->left; i++) {
        stacker_add(p, kept, x);
    }
    kept->begun = 1;
    bool valid = kept->filled == p->frames;
    *(bool *)te_out(m, p->valid) = valid;
    if (!valid) {
        memset(y, 0, (uint32_t)p->frames * frame);
        return;
    }
    int16_t *frames = (int16_t *)(kept + 1);
    memcpy(y, frames, (uint32_t)p->frames * frame);
    kept->filled -= p->step;
    memmove(frames, frames + p->step * p->channels, (uint32_t)kept->filled * frame);
}

const te_row_t te_row_signal_stacker = {"SignalStacker", "h:h?", TE_CUSTOM, sizeof(stacker_t), stacker_prepare, stacker_run};
