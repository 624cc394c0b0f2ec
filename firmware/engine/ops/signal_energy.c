/* SPDX-License-Identifier: MIT
 * SignalEnergy: y = re^2 + im^2 of the complex int16 numbers start_index <= i < end_index of x, uint32; 0 elsewhere, where
 * TFLM leaves what there was. */
#include "signal.h"

typedef struct {
    te_ref_t x, y;
    int32_t count, start, end;
} energy_t;

static int energy_prepare(te_op_t *op, void *params) {
    energy_t *p = params;
    te_desc_t x, y;
    te_map_t map;
    TE_TRY(te_op_slots_exactly(op, 1, 1));
    TE_TRY(te_signal_input(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_signal_output(op, 0, y.count));
    int32_t most = (int32_t)(x.count / 2 < y.count ? x.count / 2 : y.count);
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_signal_option(op, &map, 0, "end_index", (te_range_t){0, most}, &p->end));
    TE_TRY(te_signal_option(op, &map, 1, "start_index", (te_range_t){0, p->end}, &p->start));
    p->count = (int32_t)y.count;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->lag[0].forward = 0;
    return TE_OK;
}

static void energy_run(const te_model_t *m, const void *params) {
    const energy_t *p = params;
    const int16_t *x = te_in(m, p->x);
    uint32_t *y = te_out(m, p->y);
    for (int32_t i = 0; i < p->count; i++) {
        bool inside = i >= p->start && i < p->end;
        int32_t re = inside ? x[2 * i] : 0, im = inside ? x[2 * i + 1] : 0;
        y[i] = (uint32_t)(re * re) + (uint32_t)(im * im);
    }
}

const te_row_t te_row_signal_energy = {"SignalEnergy", "h:I", TE_CUSTOM, sizeof(energy_t), energy_prepare, energy_run};
