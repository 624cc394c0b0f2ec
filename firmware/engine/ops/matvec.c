/* SPDX-License-Identifier: MIT
 * One row by the weights of many channels, for kernels that multiply widened elements: the row is widened piece by
 * piece on the stack, again for every few channels if it is longer than a piece. */
#include "quick.h"

#if TE_KERNELS != TE_REFERENCE && TE_KERNELS != TE_MVE

#define MATVEC_PIECE (TE_KERNELS == TE_AVX2 ? 2048 : 128)  /* elements */
#define MATVEC_SUMS 30    /* channels whose sums go on together */

#if TE_KERNELS != TE_AVX2

void te_row_finish(const te_matmul_t *m, int32_t c, int32_t n, const int32_t *sum, int8_t *y) {
    const te_finish_t *f = m->finish;
    c += m->first;
    if (!te_quick_fits(f, m->depth)) {
        te_finish_s8(f, c, n, sum, y);
    } else if (f->step) {
        for (int32_t i = 0; i < n; i++) {
            y[i] = te_quick_output(f, c + i, sum[i]);
        }
    } else {
        te_quick_t q = te_quick(f, c);
        for (int32_t i = 0; i < n; i++) {
            y[i] = te_quick_s8(&q, sum[i] + te_bias_s32(f->bias, c + i));
        }
        if (te_quick_clamps(f)) {
            te_quick_clamp(f, y, n);
        }
    }
}

#endif

void te_matvec_s8(const te_matmul_t *m, const int8_t *x, int8_t *y) {
    int32_t wide[MATVEC_PIECE * TE_WIDE / sizeof(int32_t)], sum[MATVEC_SUMS];
    te_block_t b = {wide, 0, m->x_zero, 1, 1};
    for (int32_t c = 0, n; c < m->channels; c += n) {
        n = m->channels - c < MATVEC_SUMS ? m->channels - c : MATVEC_SUMS;
        memset(sum, 0, sizeof(sum));
        for (int32_t at = 0; at < m->depth; at += MATVEC_PIECE) {
            int32_t length = m->depth - at < MATVEC_PIECE ? m->depth - at : MATVEC_PIECE;
            if (c == 0 || m->depth > MATVEC_PIECE) {
                te_runs_t piece = {x + at, 1, length, 0, 0, 0};
                te_block_put(&b, 0, &piece);
            }
            te_row_sums(m, wide, at, length, c, n, sum);
        }
        te_row_finish(m, c, n, sum, y + c);
    }
}

#endif
