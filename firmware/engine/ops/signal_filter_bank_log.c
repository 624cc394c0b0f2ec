/* SPDX-License-Identifier: MIT
 * SignalFilterBankLog: y = min(log(x << input_correction_bits) * output_scale, 32767), 0 for what is shifted to 0 or 1;
 * uint32 -> int16.
 *
 * log2(2^n (1 + f)) = n + f + error(f), in 16 fraction bits, error() from a table; between two of its entries TFLM adds a
 * 128th of their difference at most. Numbers wrap. */
#include "signal.h"

#define LOG_E2 45426u  /* log(2), 16 fraction bits */

/* error(i / 128) = log2(1 + i / 128) - i / 128 */
static const uint16_t bank_log_errors[] = {
    0, 224, 442, 654, 861, 1063, 1259, 1450, 1636, 1817, 1992, 2163, 2329, 2490, 2646, 2797,
    2944, 3087, 3224, 3358, 3487, 3611, 3732, 3848, 3960, 4068, 4172, 4272, 4368, 4460, 4549, 4633,
    4714, 4791, 4864, 4934, 5001, 5063, 5123, 5178, 5231, 5280, 5326, 5368, 5408, 5444, 5477, 5507,
    5533, 5557, 5578, 5595, 5610, 5622, 5631, 5637, 5640, 5641, 5638, 5633, 5626, 5615, 5602, 5586,
    5568, 5547, 5524, 5498, 5470, 5439, 5406, 5370, 5332, 5291, 5249, 5203, 5156, 5106, 5054, 5000,
    4944, 4885, 4825, 4762, 4697, 4630, 4561, 4490, 4416, 4341, 4264, 4184, 4103, 4020, 3935, 3848,
    3759, 3668, 3575, 3481, 3384, 3286, 3186, 3084, 2981, 2875, 2768, 2659, 2549, 2437, 2323, 2207,
    2090, 1971, 1851, 1729, 1605, 1480, 1353, 1224, 1094, 963, 830, 695, 559, 421, 282, 142,
    0};

typedef struct {
    te_ref_t x, y;
    int32_t count, up, scale;
} bank_log_t;

static int bank_log_prepare(te_op_t *op, void *params) {
    bank_log_t *p = params;
    te_desc_t x;
    te_map_t map;
    TE_TRY(te_op_slots_exactly(op, 1, 1));
    TE_TRY(te_signal_input(op, 0, &x));
    TE_TRY(te_signal_output(op, 0, x.count));
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_signal_option(op, &map, 0, "input_correction_bits", (te_range_t){0, 31}, &p->up));
    TE_TRY(te_op_option(op, &map, 1, "output_scale", &p->scale));
    p->count = (int32_t)x.count;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->lag[0].forward = 0;
    return TE_OK;
}

/* log2(x) in 16 fraction bits; 0 < x */
static uint32_t bank_log2(uint32_t x) {
    int32_t n = te_signal_bits(x) - 1;
    uint32_t rest = x - (UINT32_C(1) << n), f = n < 16 ? rest << (16 - n) : rest >> (n - 16);
    int32_t error = bank_log_errors[f >> 9], step = bank_log_errors[(f >> 9) + 1] - error;
    return ((uint32_t)n << 16) + f + (uint32_t)(error + ((step * (int32_t)(f & 511)) >> 16));
}

static void bank_log_run(const te_model_t *m, const void *params) {
    const bank_log_t *p = params;
    const uint32_t *x = te_in(m, p->x);
    int16_t *y = te_out(m, p->y);
    for (int32_t i = 0; i < p->count; i++) {
        uint32_t v = x[i] << p->up;
        uint32_t log = v > 1 ? (uint32_t)(((uint64_t)LOG_E2 * bank_log2(v) + (1u << 15)) >> 16) : 0;
        uint32_t scaled = ((uint32_t)p->scale * log + (1u << 15)) >> 16;
        y[i] = (int16_t)(scaled < INT16_MAX ? scaled : INT16_MAX);
    }
}

const te_row_t te_row_signal_filter_bank_log = {"SignalFilterBankLog", "I:h", TE_CUSTOM,
    sizeof(bank_log_t), bank_log_prepare, bank_log_run};
