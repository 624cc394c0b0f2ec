/* SPDX-License-Identifier: MIT
 * SignalDelay: rows of int16 samples, each row delay_length samples late; 0 before the first. */
#include "signal.h"

typedef struct {
    te_ref_t x, y, keep;
    int32_t rows, size, delay;  /* samples in a row; late */
} delay_t;

static int delay_prepare(te_op_t *op, void *params) {
    delay_t *p = params;
    te_desc_t x, y;
    te_map_t map;
    TE_TRY(te_op_slots_exactly(op, 1, 1));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_signal_option(op, &map, 0, "delay_length", (te_range_t){0, 1 << 18}, &p->delay));
    if (x.rank == 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a tensor without dimensions is not supported", 0);
    }
    p->size = x.shape[x.rank - 1];
    p->rows = (int32_t)x.count / p->size;
    uint64_t keep = (uint64_t)(uint32_t)p->rows * (uint32_t)p->delay * sizeof(int16_t);
    op->keep = keep > UINT32_MAX ? UINT32_MAX : (uint32_t)keep;  /* refused */
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->keep = op->keep_at;
    return TE_OK;
}

/* One row: what was kept, then x, is cut into y and what is kept now. */
static void delay_row(const delay_t *p, const int16_t *x, int16_t *y, int16_t *kept) {
    int32_t old = p->delay < p->size ? p->delay : p->size, rest = p->delay - old;
    memcpy(y, kept, (uint32_t)old * sizeof(*y));
    memcpy(y + old, x, (uint32_t)(p->size - old) * sizeof(*y));
    memmove(kept, kept + old, (uint32_t)rest * sizeof(*y));
    memcpy(kept + rest, x + p->size - old, (uint32_t)old * sizeof(*y));
}

static void delay_run(const te_model_t *m, const void *params) {
    const delay_t *p = params;
    const int16_t *x = te_in(m, p->x);
    int16_t *y = te_out(m, p->y), *kept = te_out(m, p->keep);
    for (int32_t row = 0; row < p->rows; row++) {
        delay_row(p, x + row * p->size, y + row * p->size, kept + row * p->delay);
    }
}

const te_row_t te_row_signal_delay = {"SignalDelay", "h:h", TE_CUSTOM, sizeof(delay_t), delay_prepare, delay_run};
