/* SPDX-License-Identifier: MIT
 * The int8 depthwise kernel for Cortex-M4 and M7, of any window: four neighbouring channels of two neighbouring output
 * columns at once, so that a word of weights is taken apart once for both. */
#include "dsp.h"

#if TE_KERNELS == TE_DSP

/* The window at two output columns: of the first, and bytes from there to the second. */
typedef struct {
    const int8_t *x, *k;
    int32_t rows, taps;
    int32_t x_tap, x_row, k_tap, k_row;  /* from a tap to the next in its row, from a row to the next */
    int32_t next, zeros;
} lanes_t;

/* Sums of channels 0 .. 3 of the first column and then of the second one. */
static TE_APART void lanes_sums(const lanes_t *t, int32_t channel, int32_t *sum) {
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
    const int8_t *x_row = t->x + channel, *k_row = t->k + channel;
    for (int32_t i = t->rows; i > 0; i--, x_row += t->x_row, k_row += t->k_row) {
        const int8_t *x = x_row, *k = k_row;
        for (int32_t j = t->taps; j > 0; j--, x += t->x_tap, k += t->k_tap) {
            int32_t w = dsp_load(k), v = dsp_load(x), u = dsp_load(x + t->next), even = dsp_even(0, w), odd = dsp_odd(0, w);
            int32_t lanes = dsp_even(t->zeros, v);
            a0 = dsp_mla_low(lanes, even, a0);
            a2 = dsp_mla_high(lanes, even, a2);
            lanes = dsp_odd(t->zeros, v);
            a1 = dsp_mla_low(lanes, odd, a1);
            a3 = dsp_mla_high(lanes, odd, a3);
            lanes = dsp_even(t->zeros, u);
            b0 = dsp_mla_low(lanes, even, b0);
            b2 = dsp_mla_high(lanes, even, b2);
            lanes = dsp_odd(t->zeros, u);
            b1 = dsp_mla_low(lanes, odd, b1);
            b3 = dsp_mla_high(lanes, odd, b3);
        }
    }
    sum[0] = a0, sum[1] = a1, sum[2] = a2, sum[3] = a3, sum[4] = b0, sum[5] = b1, sum[6] = b2, sum[7] = b3;
}

/* All channels of one output column, or of two. */
static void lanes_columns(const te_depthwise_run_t *r, const lanes_t *t, int32_t columns, int8_t *y) {
    const te_depthwise_t *p = r->p;
    bool quick = r->finish.quick && p->w.k_h * p->w.k_w <= DSP_QUICK_DEPTH;
    int32_t channels = p->c.channels, sum[8];
    for (int32_t i = 0; i < channels; i += 4) {
        int32_t c = i + 4 <= channels ? i : channels - 4;
        lanes_sums(t, c, sum);
        for (int32_t j = 0; j < columns; j++) {
            if (!quick) {
                te_finish_s8(&r->finish, c, 4, sum + 4 * j, y + j * channels + c);
            }
            for (int32_t lane = 0; lane < 4 && quick; lane++) {
                y[j * channels + c + lane] = dsp_output(&r->finish, c + lane, sum[4 * j + lane]);
            }
        }
    }
}

void te_depthwise_row_dsp(const te_depthwise_run_t *r, int32_t batch, int32_t row) {
    const te_depthwise_t *p = r->p;
    if (p->multiplier > 1 || p->depth < 4) {
        te_depthwise_any_s8(r, batch, row, 1);
        return;
    }
    te_taps_t h = te_taps_h(&p->w, row);
    int32_t image = (batch * p->w.in_h + h.start) * p->w.in_w;
    int8_t *y = (int8_t *)r->y + (batch * p->w.out_h + row) * p->w.out_w * p->c.channels;
    lanes_t t = {.rows = h.last - h.first, .x_tap = p->w.dilation_w * p->depth, .k_tap = p->c.channels,
        .x_row = p->w.dilation_h * p->w.in_w * p->depth, .k_row = p->w.k_w * p->c.channels,
        .zeros = dsp_lanes(-p->c.x_zero)};
    for (int32_t column = 0, n; column < p->w.out_w; column += n, y += n * p->c.channels) {
        te_taps_t w = te_taps_w(&p->w, column), next = te_taps_w(&p->w, column + 1);
        t.taps = w.last - w.first;
        t.x = (const int8_t *)r->x + (image + w.start) * p->depth;
        t.k = (const int8_t *)r->k + (h.first * p->w.k_w + w.first) * p->c.channels;
        n = column + 1 < p->w.out_w && next.first == w.first && next.last == w.last ? 2 : 1;
        t.next = n == 2 ? p->w.stride_w * p->depth : 0;
        lanes_columns(r, &t, n, y);
    }
}

#endif
