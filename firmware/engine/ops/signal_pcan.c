/* SPDX-License-Identifier: MIT
 * SignalPCAN: channels with a gain that falls with their noise, uint32: snr = (x * gain(noise)) >> snr_shift in 12
 * fraction bits, y = snr^2 / 4 below 2, snr - 1 above, in 6 fraction bits.
 *
 * gain() is a table: its values at 0, 1 and 2, then for each number of bits n of the noise a parabola,
 * table[4 n - 6 ..] = {c, b, a} of c + b f + a f^2, where f are the 10 bits after the noise's first. Sums wrap. */
#include "signal.h"

#define PCAN_TABLE 125

typedef struct {
    te_ref_t x, noise, gain, y;
    int32_t count, shift;
} pcan_t;

static int pcan_prepare(te_op_t *op, void *params) {
    pcan_t *p = params;
    te_desc_t x, noise, gain;
    te_map_t map;
    TE_TRY(te_op_slots_exactly(op, 3, 1));
    TE_TRY(te_signal_input(op, 0, &x));
    TE_TRY(te_signal_input(op, 1, &noise));
    TE_TRY(te_signal_weights(op, 2, &gain));
    TE_TRY(te_signal_output(op, 0, x.count));
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_signal_option(op, &map, 0, "snr_shift", (te_range_t){0, 63}, &p->shift));
    if (noise.count != x.count || gain.count < PCAN_TABLE) {
        return te_op_fail(op, TE_ERR_MODEL, "noise and gains should have %d and 125 elements", (int32_t)x.count);
    }
    p->count = (int32_t)x.count;
    p->x = te_op_in_at(op, 0);
    p->noise = te_op_in_at(op, 1);
    p->gain = te_op_in_at(op, 2);
    p->y = te_op_out_at(op);
    op->lag[0].forward = op->lag[1].forward = 0;
    return TE_OK;
}

static int16_t pcan_gain(uint32_t noise, const uint8_t *gain) {
    if (noise <= 2) {
        return (int16_t)te_load_s16(gain, (int32_t)noise);
    }
    int32_t bits = te_signal_bits(noise), at = 4 * bits - 6;
    int32_t f = (int32_t)((bits < 11 ? noise << (11 - bits) : noise >> (bits - 11)) & 0x3FF);
    int32_t slope = ((te_load_s16(gain, at + 2) * f) >> 5) + te_load_s16(gain, at + 1) * 32;
    int32_t rise = (int32_t)((uint32_t)slope * (uint32_t)f + (1u << 14)) >> 15;
    return (int16_t)(rise + te_load_s16(gain, at));
}

static void pcan_run(const te_model_t *m, const void *params) {
    const pcan_t *p = params;
    const uint32_t *x = te_in(m, p->x), *noise = te_in(m, p->noise);
    const uint8_t *gain = te_in(m, p->gain);
    uint32_t *y = te_out(m, p->y);
    for (int32_t i = 0; i < p->count; i++) {
        uint32_t factor = (uint32_t)pcan_gain(noise[i], gain);
        uint32_t snr = (uint32_t)(((uint64_t)x[i] * factor) >> p->shift);
        y[i] = snr < 2 << 12 ? (snr * snr) >> 20 : (snr >> 6) - (1 << 6);
    }
}

const te_row_t te_row_signal_pcan = {"SignalPCAN", "IIh:I", TE_CUSTOM, sizeof(pcan_t), pcan_prepare, pcan_run};
