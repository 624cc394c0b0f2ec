/* SPDX-License-Identifier: MIT
 * SignalWindow: y = (x * w) >> shift, int16, saturated; w again and again along x. */
#include "signal.h"

typedef struct {
    te_ref_t x, w, y;
    int32_t count, size, shift;
} signal_window_t;

static int signal_window_prepare(te_op_t *op, void *params) {
    signal_window_t *p = params;
    te_desc_t x, w, y;
    te_map_t map;
    TE_TRY(te_op_slots_exactly(op, 2, 1));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    TE_TRY(te_signal_weights(op, 1, &w));
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_signal_option(op, &map, 0, "shift", (te_range_t){0, 31}, &p->shift));
    if (x.count % w.count != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "its input is no multiple of %d weights", (int32_t)w.count);
    }
    p->count = (int32_t)x.count;
    p->size = (int32_t)w.count;
    p->x = te_op_in_at(op, 0);
    p->w = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    op->lag[0].forward = 0;
    return TE_OK;
}

static void signal_window_run(const te_model_t *m, const void *params) {
    const signal_window_t *p = params;
    const int16_t *x = te_in(m, p->x);
    const uint8_t *w = te_in(m, p->w);
    int16_t *y = te_out(m, p->y);
    for (int32_t i = 0; i < p->count; i += p->size) {
        for (int32_t k = 0; k < p->size; k++) {
            y[i + k] = (int16_t)te_clamp((x[i + k] * te_load_s16(w, k)) >> p->shift, INT16_MIN, INT16_MAX);
        }
    }
}

const te_row_t te_row_signal_window = {"SignalWindow", "h:h", TE_CUSTOM,
    sizeof(signal_window_t), signal_window_prepare, signal_window_run};
