/* SPDX-License-Identifier: MIT
 * SignalFilterBank: a spectrum's energies, weighted and summed to channels that overlap, uint32 -> uint64.
 *
 * Band b = 0 .. num_channels is width[b] energies from frequency[b] on, with weights w and v from place[b] on: w counts
 * for channel b - 1, v for channel b. So y[c] = sum of band c + 1 with w, and of band c with v. Sums wrap. */
#include "signal.h"

enum { BANK_X, BANK_W, BANK_V, BANK_FREQUENCY, BANK_PLACE, BANK_WIDTH, BANK_INPUTS };

typedef struct {
    te_ref_t x, w, v, y;
    te_ref_t frequency, place, width;
    int32_t channels;
} filter_bank_t;

/* Band limits: constants, because all of them are proved here. */
static int bank_limits(te_op_t *op, uint32_t slot, int32_t channels, const uint8_t **limits) {
    te_desc_t t;
    TE_TRY(te_signal_weights(op, slot, &t));
    if (!t.constant) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an input %d that is not constant is not supported", (int32_t)slot);
    }
    if ((int64_t)t.count < (int64_t)channels + 1) {
        return te_op_fail(op, TE_ERR_MODEL, "its input %d has too few elements", (int32_t)slot);
    }
    *limits = op->graph->file.data + t.constant;
    return TE_OK;
}

/* Every band must lie in the spectrum and in the weights. */
static int bank_bands(te_op_t *op, int32_t energies, int32_t weights, int32_t channels) {
    const uint8_t *limits[BANK_INPUTS] = {NULL};
    for (uint32_t slot = BANK_FREQUENCY; slot < BANK_INPUTS; slot++) {
        TE_TRY(bank_limits(op, slot, channels, &limits[slot]));
    }
    for (int32_t b = 0; b <= channels; b++) {
        int32_t n = te_load_s16(limits[BANK_WIDTH], b);
        int32_t from = te_load_s16(limits[BANK_FREQUENCY], b), at = te_load_s16(limits[BANK_PLACE], b);
        if (n > 0 && (from < 0 || at < 0 || n > energies - from || n > weights - at)) {
            return te_op_fail(op, TE_ERR_MODEL, "its band %d leads outside the spectrum or the weights", b);
        }
        op->macs += n > 0 ? 2u * (uint32_t)n : 0;
    }
    return TE_OK;
}

static int filter_bank_prepare(te_op_t *op, void *params) {
    filter_bank_t *p = params;
    te_desc_t x, w, v;
    te_map_t map;
    TE_TRY(te_op_slots_exactly(op, BANK_INPUTS, 1));
    TE_TRY(te_signal_input(op, BANK_X, &x));
    TE_TRY(te_signal_weights(op, BANK_W, &w));
    TE_TRY(te_signal_weights(op, BANK_V, &v));
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_signal_option(op, &map, 0, "num_channels", (te_range_t){1, INT16_MAX}, &p->channels));
    TE_TRY(te_signal_output(op, 0, p->channels));
    TE_TRY(bank_bands(op, (int32_t)x.count, (int32_t)(w.count < v.count ? w.count : v.count), p->channels));
    p->x = te_op_in_at(op, BANK_X);
    p->w = te_op_in_at(op, BANK_W);
    p->v = te_op_in_at(op, BANK_V);
    p->frequency = te_op_in_at(op, BANK_FREQUENCY);
    p->place = te_op_in_at(op, BANK_PLACE);
    p->width = te_op_in_at(op, BANK_WIDTH);
    p->y = te_op_out_at(op);
    return TE_OK;
}

/* Band b's sum with weights from place[b] on. */
static uint64_t bank_sum(const te_model_t *m, const filter_bank_t *p, int32_t b, te_ref_t weights) {
    const uint32_t *x = (const uint32_t *)te_in(m, p->x) + te_load_s16(te_in(m, p->frequency), b);
    const uint8_t *k = (const uint8_t *)te_in(m, weights) + 2 * te_load_s16(te_in(m, p->place), b);
    int32_t n = te_load_s16(te_in(m, p->width), b);
    uint64_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        sum += (uint64_t)(int64_t)te_load_s16(k, i) * x[i];
    }
    return sum;
}

static void filter_bank_run(const te_model_t *m, const void *params) {
    const filter_bank_t *p = params;
    uint64_t *y = te_out(m, p->y);
    for (int32_t c = 0; c < p->channels; c++) {
        y[c] = bank_sum(m, p, c, p->v) + bank_sum(m, p, c + 1, p->w);
    }
}

const te_row_t te_row_signal_filter_bank = {
    "SignalFilterBank", "Ih:Q", TE_CUSTOM, sizeof(filter_bank_t), filter_bank_prepare, filter_bank_run};
