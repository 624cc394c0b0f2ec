/* SPDX-License-Identifier: MIT
 * Fourier transforms of real samples, as SignalRfft and SignalIrfft have them (ops/fft.c). */
#ifndef TORPOR_FFT_H
#define TORPOR_FFT_H

#include "options.h"

#define TE_FFT_STAGES 9  /* at most: of 2 * 3^8 points */

/* Rows of 2 n real samples and their spectra of n + 1 complex numbers; the transform itself is one of n complex points. */
typedef struct {
    te_ref_t x, y;
    te_ref_t keep;      /* twiddles */
    int32_t n, rows;
    int32_t x_length;   /* numbers in a row of x */
    uint8_t radix[TE_FFT_STAGES];  /* 2 .. 5 */
    uint8_t stages;
    uint8_t type;       /* int16, int32 or float32 */
    bool inverse;
} te_fft_t;

/* Checks the operator; keeps the twiddles. */
int te_fft_prepare(te_op_t *op, te_fft_t *p, bool inverse);

/* Transforms every row. Integers: by a factor 1 / n smaller, because each stage divides by its radix before it adds. */
void te_fft_run(const te_model_t *m, const te_fft_t *p);

#endif
