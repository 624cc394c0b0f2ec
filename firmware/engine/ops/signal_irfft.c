/* SPDX-License-Identifier: MIT
 * SignalIrfft: real samples from their spectrum. Rows of fft_length / 2 + 1 complex numbers, and perhaps more that do not
 * count, become fft_length samples. float32 ends with a division by fft_length; integers are divided stage by stage. */
#include "fft.h"

static int irfft_prepare(te_op_t *op, void *params) {
    return te_fft_prepare(op, params, true);
}

static void irfft_run(const te_model_t *m, const void *params) {
    te_fft_run(m, params);
}

const te_row_t te_row_signal_irfft = {"SignalIrfft", "*[hif]:=", TE_CUSTOM, sizeof(te_fft_t), irfft_prepare, irfft_run};
