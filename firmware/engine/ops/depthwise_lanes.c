/* SPDX-License-Identifier: MIT
 * The int8 depthwise kernel of any window: four neighbouring output channels of two neighbouring output columns at
 * once, so that a weight is read once for both. The input's zero point is taken off by the sums of the weights. */
#include "dsp.h"

#if TE_KERNELS != TE_REFERENCE && TE_KERNELS != TE_MVE

/* Four channels of a row, and the window at two of its columns: taps and steps in elements. */
typedef struct {
    const te_depthwise_run_t *r;
    const int8_t *x, *k;    /* the first tap's of the first column and channel; for shared inputs, of input channel 0 */
    int32_t rows, taps;
    int32_t x_tap, x_row, k_tap, k_row;  /* from a tap to the next in its row, from a row to the next */
    int32_t next;           /* from the first column to the second */
    int32_t channel;
    te_quick_t quick[4];
    int32_t offset[4];      /* what the zero point makes of the sums */
} lanes_t;

#if TE_KERNELS == TE_DSP

/* Sums of the first column, channel by channel, and of the second one: an input channel for each. */
static TE_APART void lanes_own(const lanes_t *t, int32_t *sum) {
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0, next = t->next;
    const int8_t *x_row = t->x, *k_row = t->k;
    for (int32_t i = t->rows; i > 0; i--, x_row += t->x_row, k_row += t->k_row) {
        const int8_t *x = x_row, *k = k_row;
        for (int32_t j = t->taps; j > 0; j--, x += t->x_tap, k += t->k_tap) {
            int32_t w = dsp_load(k), v = dsp_load(x), u = dsp_load(x + next), even = dsp_even(0, w), odd = dsp_odd(0, w);
            int32_t lanes = dsp_even(0, v);
            a0 = dsp_mla_low(lanes, even, a0);
            a2 = dsp_mla_high(lanes, even, a2);
            lanes = dsp_odd(0, v);
            a1 = dsp_mla_low(lanes, odd, a1);
            a3 = dsp_mla_high(lanes, odd, a3);
            lanes = dsp_even(0, u);
            b0 = dsp_mla_low(lanes, even, b0);
            b2 = dsp_mla_high(lanes, even, b2);
            lanes = dsp_odd(0, u);
            b1 = dsp_mla_low(lanes, odd, b1);
            b3 = dsp_mla_high(lanes, odd, b3);
        }
    }
    sum[0] = a0, sum[1] = a1, sum[2] = a2, sum[3] = a3, sum[4] = b0, sum[5] = b1, sum[6] = b2, sum[7] = b3;
}

#elif defined(__arm__)

/* Two channels at a time, because there are not registers enough for four. */
static TE_APART void lanes_two(const lanes_t *t, int32_t c, int32_t *sum) {
    int32_t a0 = 0, a1 = 0, b0 = 0, b1 = 0, x_tap = t->x_tap, k_tap = t->k_tap;
    const int8_t *x_row = t->x + c, *k_row = t->k + c;
    for (int32_t i = t->rows; i > 0; i--, x_row += t->x_row, k_row += t->k_row) {
        const int8_t *x = x_row, *u = x_row + t->next, *k = k_row;
        for (int32_t j = t->taps; j > 0; j--, x += x_tap, u += x_tap, k += k_tap) {
            a0 += k[0] * x[0];
            b0 += k[0] * u[0];
            a1 += k[1] * x[1];
            b1 += k[1] * u[1];
        }
    }
    sum[c] = a0, sum[c + 1] = a1, sum[4 + c] = b0, sum[5 + c] = b1;
}

static void lanes_own(const lanes_t *t, int32_t *sum) {
    lanes_two(t, 0, sum);
    lanes_two(t, 2, sum);
}

#else

static TE_APART void lanes_own(const lanes_t *t, int32_t *sum) {
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0, next = t->next;
    const int8_t *x_row = t->x, *k_row = t->k;
    for (int32_t i = t->rows; i > 0; i--, x_row += t->x_row, k_row += t->k_row) {
        const int8_t *x = x_row, *k = k_row;
        for (int32_t j = t->taps; j > 0; j--, x += t->x_tap, k += t->k_tap) {
            const int8_t *u = x + next;
            a0 += k[0] * x[0];
            b0 += k[0] * u[0];
            a1 += k[1] * x[1];
            b1 += k[1] * u[1];
            a2 += k[2] * x[2];
            b2 += k[2] * u[2];
            a3 += k[3] * x[3];
            b3 += k[3] * u[3];
        }
    }
    sum[0] = a0, sum[1] = a1, sum[2] = a2, sum[3] = a3, sum[4] = b0, sum[5] = b1, sum[6] = b2, sum[7] = b3;
}

#endif

/* The same where an input channel has several output channels. */
static TE_APART void lanes_shared(const lanes_t *t, int32_t *sum) {
    for (int32_t c = 0; c < 4; c++) {
        const int8_t *x_row = t->x + (t->channel + c) / t->r->p->multiplier, *k_row = t->k + c;
        int32_t a = 0, b = 0;
        for (int32_t i = t->rows; i > 0; i--, x_row += t->x_row, k_row += t->k_row) {
            const int8_t *x = x_row, *k = k_row;
            for (int32_t j = t->taps; j > 0; j--, x += t->x_tap, k += t->k_tap) {
                a += *k * *x;
                b += *k * x[t->next];
            }
        }
        sum[c] = a;
        sum[4 + c] = b;
    }
}

static void lanes_offsets(lanes_t *t) {
    const int8_t *k_row = t->k;
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, zero = -t->r->p->c.x_zero;
    for (int32_t i = t->rows; i > 0; i--, k_row += t->k_row) {
        const int8_t *k = k_row;
        for (int32_t j = t->taps; j > 0; j--, k += t->k_tap) {
            s0 += k[0], s1 += k[1], s2 += k[2], s3 += k[3];
        }
    }
    t->offset[0] = zero * s0, t->offset[1] = zero * s1, t->offset[2] = zero * s2, t->offset[3] = zero * s3;
}

static void lanes_finish(const lanes_t *t, bool quick, int32_t *sum, int8_t *y) {
    const te_finish_t *f = &t->r->finish;
    for (int32_t c = 0; c < 4; c++) {
        sum[c] += t->offset[c];
        if (quick) {
            y[c] = te_quick_s8(&t->quick[c], sum[c] + t->quick[c].bias);
        }
    }
    if (!quick) {
        te_finish_s8(f, t->channel, 4, sum, y);
    } else if (te_quick_clamps(f)) {
        te_quick_clamp(f, y, 4);
    }
}

/* A row of the output, from the image's rows that the window's rows h lie on. */
static void lanes_row(lanes_t *t, const int8_t *rows, te_taps_t h, int8_t *y) {
    const te_depthwise_t *p = t->r->p;
    bool quick = te_quick_fits(&t->r->finish, p->w.k_h * p->w.k_w);
    te_taps_t before = {-1, -1, 0};
    int32_t channels = p->c.channels, sum[8];
    for (int32_t column = 0, n; column < p->w.out_w; column += n, y += n * channels) {
        te_taps_t w = te_taps_w(&p->w, column), next = te_taps_w(&p->w, column + 1);
        t->x = rows + w.start * p->depth + (p->multiplier == 1 ? t->channel : 0);
        t->k = (const int8_t *)t->r->k + (h.first * p->w.k_w + w.first) * channels + t->channel;
        t->taps = w.last - w.first;
        n = column + 1 < p->w.out_w && next.first == w.first && next.last == w.last ? 2 : 1;
        t->next = n == 2 ? p->w.stride_w * p->depth : 0;
        if (w.first != before.first || w.last != before.last) {
            lanes_offsets(t);
            before = w;
        }
        if (p->multiplier == 1) {
            lanes_own(t, sum);
        } else {
            lanes_shared(t, sum);
        }
        lanes_finish(t, quick, sum, y);
        if (n == 2) {
            lanes_finish(t, quick, sum + 4, y + channels);
        }
    }
}

void te_depthwise_lanes(const te_depthwise_run_t *r, int32_t batch, int32_t row) {
    const te_depthwise_t *p = r->p;
    te_taps_t h = te_taps_h(&p->w, row);
    const int8_t *rows = (const int8_t *)r->x + (batch * p->w.in_h + h.start) * p->w.in_w * p->depth;
    int8_t *y = (int8_t *)r->y + (batch * p->w.out_h + row) * p->w.out_w * p->c.channels;
    lanes_t t = {.r = r, .rows = h.last - h.first, .x_tap = p->w.dilation_w * p->depth, .k_tap = p->c.channels,
        .x_row = p->w.dilation_h * p->w.in_w * p->depth, .k_row = p->w.k_w * p->c.channels};
    if (p->c.channels < 4) {
        te_depthwise_any_s8(r, batch, row, 1);
        return;
    }
    for (int32_t c = 0; c < p->c.channels; c += 4) {
        t.channel = c + 4 <= p->c.channels ? c : p->c.channels - 4;
        for (int32_t i = 0; i < 4; i++) {
            t.quick[i] = te_quick(&r->finish, t.channel + i);
        }
        lanes_row(&t, rows, h, y + t.channel);
    }
}

#endif
