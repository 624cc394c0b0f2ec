/* SPDX-License-Identifier: MIT
 * SignalRfft: the spectrum of real samples. Rows of up to fft_length samples, filled up with zeros, become
 * fft_length / 2 + 1 complex numbers: int16, int32 (both fft_length times smaller than the sums that they stand for) or
 * float32. */
#include "fft.h"

static int rfft_prepare(te_op_t *op, void *params) {
    return te_fft_prepare(op, params, false);
}

static void rfft_run(const te_model_t *m, const void *params) {
    te_fft_run(m, params);
}

const te_row_t te_row_signal_rfft = {"SignalRfft", "*[hif]:=", TE_CUSTOM, sizeof(te_fft_t), rfft_prepare, rfft_run};
