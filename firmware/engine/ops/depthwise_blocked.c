/* SPDX-License-Identifier: MIT
 * The int8 depthwise kernel for cores without vectors, of windows of 3 x 3 with stride 1: two rows by two columns of
 * one channel at once; others go to depthwise_lanes.c.
 *
 * Of four neighbouring channels, four input rows are taken apart into scratch, [4 channels][columns][4 rows]. Padding
 * is the input's zero point there, so the zero point of every output is the same multiple of the weights' sum. */
#include "quick.h"

#if TE_KERNELS == TE_BLOCKED || TE_KERNELS == TE_THUMB2

/* Rows of one channel group that are being computed. */
typedef struct {
    const te_depthwise_run_t *r;
    const int8_t *image;   /* input, of this batch and these channels */
    int32_t *x;            /* scratch, from the column to the left of the first output on */
    int8_t *y;             /* output, of these rows and channels */
    int32_t channel, row, rows;
    bool first;            /* group of these rows: what pads the image is still to be written */
} tiles_t;

static bool tiles_fit(const te_depthwise_t *p) {
    const te_window_t *w = &p->w;
    return p->multiplier == 1 && p->depth >= 4 && w->k_h == 3 && w->k_w == 3 && w->stride_h == 1 && w->stride_w == 1
        && w->dilation_h == 1 && w->dilation_w == 1;
}

int32_t te_depthwise_rows(const te_depthwise_t *p) {
    return tiles_fit(p) ? 2 : 1;
}

/* Columns in scratch, for an even number of outputs. */
static int32_t tiles_columns(const te_depthwise_t *p) {
    return ((p->w.out_w + 1) & ~1) + 2;
}

uint32_t te_depthwise_size(const te_depthwise_t *p) {
    return tiles_fit(p) ? (uint32_t)tiles_columns(p) * 16 * sizeof(int32_t) : 0;
}

/* Columns of the image from its first on. A row outside of it is one column of zero points again and again. */
static void tiles_image(const tiles_t *d, int32_t *to, int32_t n) {
    const te_depthwise_t *p = d->r->p;
    int32_t plane = tiles_columns(p) * 4, top = d->row - p->w.pad_h, zero = p->c.x_zero;
    const int8_t outside[4] = {(int8_t)zero, (int8_t)zero, (int8_t)zero, (int8_t)zero};
    for (int32_t i = 0; i < 4; i++) {
        bool inside = top + i >= 0 && top + i < p->w.in_h;
        const int8_t *x = inside ? d->image + (top + i) * p->w.in_w * p->depth : outside;
        int32_t step = inside ? p->depth : 0, *at = to + i;
        for (int32_t j = n; j > 0; j--, x += step, at += 4) {
            at[0] = x[0];
            at[plane] = x[1];
            at[2 * plane] = x[2];
            at[3 * plane] = x[3];
        }
    }
}

/* n columns of zero points. */
static void tiles_pad(const tiles_t *d, int32_t *to, int32_t n) {
    int32_t plane = tiles_columns(d->r->p) * 4, zero = d->r->p->c.x_zero;
    for (int32_t c = 0; c < 4; c++, to += plane) {
        for (int32_t i = 0; i < 4 * n; i++) {
            to[i] = zero;
        }
    }
}

static void tiles_gather(const tiles_t *d) {
    const te_window_t *w = &d->r->p->w;
    int32_t columns = tiles_columns(d->r->p), left = w->pad_w;
    int32_t n = columns - left < w->in_w ? columns - left : w->in_w;
    if (d->first) {
        tiles_pad(d, d->x, left);
        tiles_pad(d, d->x + (left + n) * 4, columns - left - n);
    }
    tiles_image(d, d->x + left * 4, n);
}

/* Weights as tiles_sums() meets them: columns 0, 1, 0, 2, 1, 2 of the window, of each its rows. */
#define TILES_WEIGHTS 18
static const uint8_t tiles_order[6] = {0, 1, 0, 2, 1, 2};

/* Sums of the left column's upper and lower output and of the right one's, from the window's first column on. */
#if TE_KERNELS == TE_THUMB2

#define TILES_TAP(upper, lower) \
    "ldmia   %[k]!, {r4-r6}\n\t" \
    "mla     %[" upper "], r0, r4, %[" upper "]\n\t" \
    "mla     %[" lower "], r1, r4, %[" lower "]\n\t" \
    "mla     %[" upper "], r1, r5, %[" upper "]\n\t" \
    "mla     %[" lower "], r2, r5, %[" lower "]\n\t" \
    "mla     %[" upper "], r2, r6, %[" upper "]\n\t" \
    "mla     %[" lower "], r3, r6, %[" lower "]\n\t"
#define TILES_COLUMN "ldmia   %[x]!, {r0-r3}\n\t"

static inline void tiles_sums(const int32_t *x, const int32_t *k, int32_t *sum) {
    int32_t a0 = sum[0], b0 = sum[1], a1 = sum[2], b1 = sum[3];
    __asm__ volatile(
        TILES_COLUMN TILES_TAP("a0", "b0")
        TILES_COLUMN TILES_TAP("a0", "b0") TILES_TAP("a1", "b1")
        TILES_COLUMN TILES_TAP("a0", "b0") TILES_TAP("a1", "b1")
        TILES_COLUMN TILES_TAP("a1", "b1")
        : [x] "+r"(x), [k] "+r"(k), [a0] "+r"(a0), [b0] "+r"(b0), [a1] "+r"(a1), [b1] "+r"(b1)
        :
        : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "memory");
    sum[0] = a0, sum[1] = b0, sum[2] = a1, sum[3] = b1;
}

#else

static inline void tiles_tap(const int32_t *x, const int32_t *k, int32_t *sum) {
    sum[0] += x[0] * k[0] + x[1] * k[1] + x[2] * k[2];
    sum[1] += x[1] * k[0] + x[2] * k[1] + x[3] * k[2];
}

static inline void tiles_sums(const int32_t *x, const int32_t *k, int32_t *sum) {
    tiles_tap(x, k, sum);
    tiles_tap(x + 4, k + 3, sum);
    tiles_tap(x + 4, k, sum + 2);
    tiles_tap(x + 8, k + 9, sum);
    tiles_tap(x + 8, k + 3, sum + 2);
    tiles_tap(x + 12, k + 9, sum + 2);
}

#endif

/* A channel's columns, in pairs. What is right of the last column is written over by it. */
static TE_APART void tiles_channel(const tiles_t *d, const te_quick_t *quick, const int32_t *x, const int32_t *k, int8_t *y) {
    const te_quick_t q = *quick;
    int32_t channels = d->r->p->c.channels, left = d->r->p->w.out_w;
    int32_t lower = d->rows == 2 ? left * channels : 0;
    for (; left > 0; left -= 2, x += 8, y += 2 * channels) {
        int32_t right = left > 1 ? channels : 0, sum[4] = {q.bias, q.bias, q.bias, q.bias};
        tiles_sums(x, k, sum);
        y[lower + right] = te_quick_s8(&q, sum[3]);
        y[lower] = te_quick_s8(&q, sum[1]);
        y[right] = te_quick_s8(&q, sum[2]);
        y[0] = te_quick_s8(&q, sum[0]);
    }
}

/* Takes a channel's weights; gives their sum. */
static int32_t tiles_weights(const tiles_t *d, int32_t c, int32_t *k) {
    const int8_t *from = (const int8_t *)d->r->k + d->channel + c;
    int32_t sum = 0, channels = d->r->p->c.channels;
    for (int32_t i = 0; i < 6; i++, k += 3) {
        const int8_t *column = from + tiles_order[i] * channels;
        k[0] = column[0];
        k[1] = column[3 * channels];
        k[2] = column[6 * channels];
        sum += k[0] + k[1] + k[2];
    }
    return sum / 2;  /* every column was there twice */
}

/* Four neighbouring channels. */
static void tiles_group(const tiles_t *d) {
    const te_depthwise_t *p = d->r->p;
    const te_finish_t *f = &d->r->finish;
    tiles_gather(d);
    for (int32_t c = 0; c < 4; c++) {
        te_quick_t q = te_quick(f, d->channel + c);
        int32_t k[TILES_WEIGHTS];
        q.bias -= p->c.x_zero * tiles_weights(d, c, k);
        tiles_channel(d, &q, d->x + c * tiles_columns(p) * 4, k, d->y + c);
    }
    for (int32_t i = 0; i < d->rows * p->w.out_w && te_quick_clamps(f); i++) {
        te_quick_clamp(f, d->y + i * p->c.channels, 4);
    }
}

void te_depthwise_begin(const te_depthwise_run_t *r) {
    (void)r;
}

void te_depthwise_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows) {
    const te_depthwise_t *p = r->p;
    if (!tiles_fit(p) || !r->finish.quick) {
        for (int32_t i = 0; i < rows; i++) {
            te_depthwise_lanes(r, batch, row + i);
        }
        return;
    }
    tiles_t d = {.r = r, .row = row, .rows = rows, .x = r->scratch};
    for (int32_t c = 0; c < p->c.channels; c += 4) {
        d.channel = c + 4 <= p->c.channels ? c : p->c.channels - 4;
        d.first = c == 0;
        d.image = (const int8_t *)r->x + batch * p->w.in_h * p->w.in_w * p->depth + d.channel;
        d.y = (int8_t *)r->y + (batch * p->w.out_h + row) * p->w.out_w * p->c.channels + d.channel;
        tiles_group(&d);
    }
}

#endif
