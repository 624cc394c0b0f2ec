/* SPDX-License-Identifier: MIT
 * SignalFilterBankSpectralSubtraction: what is left of each channel after its noise, uint32, and the noise.
 *
 *     noise = ((x << up) * smoothing + noise * (1 - smoothing)) >> bits
 *     y = max(((x << up) - min(noise, x << up)) >> up, (x * min_signal_remaining) >> bits)
 *
 * The noise is kept from run to run; channels of odd number have a smoothing of their own. Numbers wrap. */
#include "signal.h"

enum { SUBTRACTION_ODD_REST, SUBTRACTION_ODD, SUBTRACTION_CLAMPING, SUBTRACTION_REMAINING, SUBTRACTION_CHANNELS,
       SUBTRACTION_REST, SUBTRACTION_SMOOTHING, SUBTRACTION_UP, SUBTRACTION_BITS, SUBTRACTION_OPTIONS };

typedef struct {
    te_ref_t x, y, noise, keep;
    int32_t count;
    int32_t option[SUBTRACTION_OPTIONS];
} subtraction_t;

static int subtraction_options(te_op_t *op, uint32_t count, subtraction_t *p) {
    static const char *const names[] = {"alternate_one_minus_smoothing", "alternate_smoothing", "clamping",
        "min_signal_remaining", "num_channels", "one_minus_smoothing", "smoothing", "smoothing_bits",
        "spectral_subtraction_bits"};
    te_map_t map;
    TE_TRY(te_op_options(op, &map));
    for (int i = 0; i < SUBTRACTION_OPTIONS; i++) {
        te_range_t range = {INT32_MIN, INT32_MAX};
        if (i == SUBTRACTION_CHANNELS) {
            range.low = range.high = (int32_t)count;
        } else if (i == SUBTRACTION_UP || i == SUBTRACTION_BITS) {
            range.low = 0;
            range.high = i == SUBTRACTION_UP ? 31 : 63;
        }
        TE_TRY(te_signal_option(op, &map, i, names[i], range, &p->option[i]));
    }
    return TE_OK;
}

static int subtraction_prepare(te_op_t *op, void *params) {
    subtraction_t *p = params;
    te_desc_t x;
    TE_TRY(te_op_slots_exactly(op, 1, 2));
    TE_TRY(te_signal_input(op, 0, &x));
    TE_TRY(te_signal_output(op, 0, x.count));
    TE_TRY(te_signal_output(op, 1, x.count));
    TE_TRY(subtraction_options(op, x.count, p));
    p->count = (int32_t)x.count;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->noise = te_op_out_slot_at(op, 1);
    p->keep = op->keep_at;
    op->keep = x.nbytes;
    op->lag[0].forward = 0;
    return TE_OK;
}

static uint32_t subtraction_mix(const int32_t *option, uint32_t loud, uint32_t noise, bool odd) {
    uint32_t in = (uint32_t)option[odd ? SUBTRACTION_ODD : SUBTRACTION_SMOOTHING];
    uint32_t stay = (uint32_t)option[odd ? SUBTRACTION_ODD_REST : SUBTRACTION_REST];
    return (uint32_t)(((uint64_t)loud * in + (uint64_t)noise * stay) >> option[SUBTRACTION_BITS]);
}

static void subtraction_run(const te_model_t *m, const void *params) {
    const subtraction_t *p = params;
    const uint32_t *x = te_in(m, p->x);
    uint32_t *y = te_out(m, p->y), *noise = te_out(m, p->keep);
    for (int32_t i = 0; i < p->count; i++) {
        uint32_t loud = x[i] << p->option[SUBTRACTION_UP], part = (uint32_t)p->option[SUBTRACTION_REMAINING];
        uint32_t least = (uint32_t)(((uint64_t)x[i] * part) >> p->option[SUBTRACTION_BITS]);
        uint32_t estimate = subtraction_mix(p->option, loud, noise[i], i & 1);
        uint32_t taken = estimate < loud ? estimate : loud, rest = (loud - taken) >> p->option[SUBTRACTION_UP];
        noise[i] = p->option[SUBTRACTION_CLAMPING] ? taken : estimate;
        y[i] = rest > least ? rest : least;
    }
    memcpy(te_out(m, p->noise), noise, (uint32_t)p->count * sizeof(*noise));
}

const te_row_t te_row_signal_filter_bank_spectral_subtraction = {
    "SignalFilterBankSpectralSubtraction", "I:I", TE_CUSTOM, sizeof(subtraction_t), subtraction_prepare, subtraction_run};
