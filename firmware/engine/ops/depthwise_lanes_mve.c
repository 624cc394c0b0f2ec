/* SPDX-License-Identifier: MIT
 * The int8 depthwise kernel of any window for Helium: four neighbouring output channels of two neighbouring output columns
 * at once. */
#include "mve.h"

#if TE_KERNELS == TE_MVE

#define LANES_SUMS 32  /* channels that are finished together */

/* The window at two columns of the output; steps in elements. */
typedef struct {
    const te_depthwise_t *p;
    const int8_t *x, *k;    /* of the first tap and channel 0 */
    int32_t rows, taps;
    int32_t x_tap, x_row, k_row;
    int32_t next;           /* from the first column's input to the second's */
} lanes_t;

/* Sums of the first column, and of the second in sum[LANES_SUMS ..], of channels whose weights and inputs are k_at and x_at
 * elements from the first. The input's zero point is taken off by the sums of the weights. */
static TE_APART void lanes_sums(const lanes_t *t, uint32x4_t k_at, uint32x4_t x_at, int32_t *sum) {
    int32_t x_tap = t->x_tap, k_tap = t->p->c.channels, zero = -t->p->c.x_zero;
    const int8_t *x_row = t->x, *k_row = t->k;
    int32x4_t a = vdupq_n_s32(0), b = a, weights = a;
    for (int32_t i = t->rows; i > 0; i--, x_row += t->x_row, k_row += t->k_row) {
        const int8_t *x = x_row, *u = x_row + t->next, *k = k_row;
        for (int32_t j = t->taps; j > 0; j--, x += x_tap, u += x_tap, k += k_tap) {
            int32x4_t w = vldrbq_gather_offset_s32(k, k_at);
            weights = vaddq_s32(weights, w);
            a = vaddq_s32(a, vmulq_s32(w, vldrbq_gather_offset_s32(x, x_at)));
            b = vaddq_s32(b, vmulq_s32(w, vldrbq_gather_offset_s32(u, x_at)));
        }
    }
    vstrwq_s32(sum, vmlaq_n_s32(a, weights, zero));
    vstrwq_s32(sum + LANES_SUMS, vmlaq_n_s32(b, weights, zero));
}

/* Four times channel / m. */
static inline uint32x4_t lanes_over(const int32_t *channel, int32_t m) {
    return (uint32x4_t)mve_lanes(channel[0] / m, channel[1] / m, channel[2] / m, channel[3] / m);
}

/* The same of n channels from c on, by fours; lanes behind the last channel repeat it. */
static void lanes_channels(const lanes_t *t, int32_t c, int32_t n, int32_t *sum) {
    int32_t multiplier = t->p->multiplier, channel[4];
    for (int32_t i = 0; i < n; i += 4) {
        uint32x4_t at = vminq_u32(vidupq_n_u32((uint32_t)(c + i), 1), vdupq_n_u32((uint32_t)(c + n - 1)));
        vstrwq_s32(channel, (int32x4_t)at);
        lanes_sums(t, at, multiplier > 1 ? lanes_over(channel, multiplier) : at, sum + i);
    }
}

/* One column of the output, or two. */
static void lanes_columns(const lanes_t *t, const te_finish_t *f, int32_t columns, int8_t *y) {
    int32_t channels = t->p->c.channels, sum[2 * LANES_SUMS];
    for (int32_t c = 0; c < channels; c += LANES_SUMS) {
        int32_t n = channels - c < LANES_SUMS ? channels - c : LANES_SUMS;
        lanes_channels(t, c, n, sum);
        for (int32_t i = 0; i < columns; i++) {
            mve_finish_row(f, c, n, sum + i * LANES_SUMS, y + i * channels + c);
        }
    }
}

void te_depthwise_lanes(const te_depthwise_run_t *r, int32_t batch, int32_t row) {
    const te_depthwise_t *p = r->p;
    const te_window_t *w = &p->w;
    te_taps_t h = te_taps_h(w, row), at = te_taps_w(w, 0);
    const int8_t *rows = (const int8_t *)r->x + (batch * w->in_h + h.start) * w->in_w * p->depth;
    int8_t *y = (int8_t *)r->y + (batch * w->out_h + row) * w->out_w * p->c.channels;
    lanes_t t = {.p = p, .rows = h.last - h.first, .x_tap = w->dilation_w * p->depth,
        .x_row = w->dilation_h * w->in_w * p->depth, .k_row = w->k_w * p->c.channels};
    for (int32_t column = 0, columns; column < w->out_w; column += columns, y += columns * p->c.channels) {
        te_taps_t next = te_taps_w(w, column + 1);
        columns = column + 1 < w->out_w && next.first == at.first && next.last == at.last ? 2 : 1;
        t.x = rows + at.start * p->depth;
        t.k = (const int8_t *)r->k + (h.first * w->k_w + at.first) * p->c.channels;
        t.taps = at.last - at.first;
        t.next = columns == 2 ? w->stride_w * p->depth : 0;
        lanes_columns(&t, &r->finish, columns, y);
        at = columns == 2 ? te_taps_w(w, column + 2) : next;
    }
}

#endif
