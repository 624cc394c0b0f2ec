/* SPDX-License-Identifier: MIT
 * SignalFftAutoScale: y = x * 2^bits, int16, with as many bits as leave room for the loudest sample; and bits. */
#include "signal.h"

typedef struct {
    te_ref_t x, y, bits;
    int32_t count;
} auto_scale_t;

static int auto_scale_prepare(te_op_t *op, void *params) {
    auto_scale_t *p = params;
    te_desc_t x;
    TE_TRY(te_op_slots_exactly(op, 1, 2));
    TE_TRY(te_signal_input(op, 0, &x));
    TE_TRY(te_signal_output(op, 0, x.count));
    TE_TRY(te_signal_scalar(op, 1));
    p->count = (int32_t)x.count;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->bits = te_op_out_slot_at(op, 1);
    op->lag[0].forward = 0;
    return TE_OK;
}

/* As TFLM finds it: after a sample of -32768, whose opposite wraps, every later one above it counts anew. */
static int16_t auto_scale_loudest(const int16_t *x, int32_t count) {
    int16_t loudest = 0;
    for (int32_t i = 0; i < count; i++) {
        loudest = x[i] > loudest ? x[i] : -x[i] > loudest ? (int16_t)-x[i] : loudest;
    }
    return loudest;
}

static void auto_scale_run(const te_model_t *m, const void *params) {
    const auto_scale_t *p = params;
    const int16_t *x = te_in(m, p->x);
    int16_t *y = te_out(m, p->y);
    int32_t bits = 15 - te_signal_bits((uint32_t)auto_scale_loudest(x, p->count));
    bits = bits < 0 ? 0 : bits;
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = (int16_t)(x[i] * (1 << bits));
    }
    *(int32_t *)te_out(m, p->bits) = bits;
}

const te_row_t te_row_signal_fft_auto_scale = {
    "SignalFftAutoScale", "h:hi", TE_CUSTOM, sizeof(auto_scale_t), auto_scale_prepare, auto_scale_run};
