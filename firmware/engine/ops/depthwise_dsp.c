/* SPDX-License-Identifier: MIT
 * The int8 depthwise kernel for Cortex-M4 and M7, of windows of 3 x 3 with stride 1: two output rows at once.
 *
 * Of four neighbouring channels the four input rows r0 .. r3 under two output rows become words r0 | r1 and r2 | r3,
 * [columns][4 channels][2] in scratch, and the weights' rows words k0 | k1 and k1 | k2, [4 channels][3 columns][2].
 * The upper output is then r0 | r1 by k0 | k1 and r2 by k2, the lower one r1 by k0 and r2 | r3 by k1 | k2: four
 * instructions a column for 6 products, and a column of words serves three outputs of each row. */
#include "dsp.h"

#if TE_KERNELS == TE_DSP

#define PAIRED_COLUMN 8  /* words of a column in scratch */

/* One channel of two output rows, as paired_channel() reads it. */
typedef struct {
    int32_t k[6];     /* woven weights */
    int32_t bias[4];  /* the same one, for four sums */
    int32_t mult, add, shift;  /* see dsp_channel_t */
    int8_t *y;        /* of the upper row: two columns, then the next two */
    int32_t y_right, y_lower, y_lower_right;  /* from there to the other outputs; 0, or y_lower, if there is none */
    const int32_t *end;        /* where x is behind the last full pair of columns */
    int32_t y_step, odd;       /* odd: one column more */
} paired_channel_t;

#define PAIRED_CHANNEL (int32_t)(sizeof(paired_channel_t) / sizeof(int32_t))

/* Rows of one channel group that are being computed. */
typedef struct {
    const te_depthwise_run_t *r;
    const int8_t *image;   /* input, of this batch and these channels */
    int32_t *x;            /* woven columns, from that to the left of the first output on */
    paired_channel_t *k;   /* four channels */
    int8_t *y;             /* output, of these rows and channels */
    int32_t channel, row, rows;
} paired_t;

static bool paired_fits(const te_depthwise_t *p) {
    const te_window_t *w = &p->w;
    return p->multiplier == 1 && p->depth >= 4 && w->k_h == 3 && w->k_w == 3 && w->stride_h == 1 && w->stride_w == 1
        && w->dilation_h == 1 && w->dilation_w == 1;
}

int32_t te_depthwise_rows(const te_depthwise_t *p) {
    return paired_fits(p) ? 2 : 1;
}

/* Columns in scratch: an even number of outputs and one on each side. */
static int32_t paired_columns(const te_depthwise_t *p) {
    return ((p->w.out_w + 1) & ~1) + 2;
}

uint32_t te_depthwise_size(const te_depthwise_t *p) {
    uint32_t columns = (uint32_t)(paired_columns(p) * PAIRED_COLUMN) * sizeof(int32_t);
    return paired_fits(p) ? columns + 4 * sizeof(paired_channel_t) : 0;
}

/* Words a | b of four channels, of which a and b hold a byte each. */
static inline void paired_weave(int32_t *to, int32_t a, int32_t b, int32_t zeros, int32_t step) {
    int32_t low = dsp_lows(a, b), high = dsp_highs(a, b);
    to[0] = dsp_even(zeros, low);
    to[step] = dsp_odd(zeros, low);
    to[2 * step] = dsp_even(zeros, high);
    to[3 * step] = dsp_odd(zeros, high);
}

static void paired_weights(const paired_t *d) {
    int32_t channels = d->r->p->c.channels;
    const int8_t *k = (const int8_t *)d->r->k + d->channel;
    for (int32_t i = 0; i < 3; i++, k += channels) {
        int32_t k0 = dsp_load(k), k1 = dsp_load(k + 3 * channels), k2 = dsp_load(k + 6 * channels);
        paired_weave(d->k->k + 2 * i, k0, k1, 0, PAIRED_CHANNEL);
        paired_weave(d->k->k + 2 * i + 1, k1, k2, 0, PAIRED_CHANNEL);
    }
}

/* Columns of the image from its first on; rows outside of it become 0 afterwards. */
static void paired_image(const paired_t *d, int32_t *to, int32_t n) {
    const te_depthwise_t *p = d->r->p;
    int32_t top = d->row - p->w.pad_h, bottom = p->w.in_h - 1, step = p->w.in_w * p->depth;
    int32_t zeros = dsp_lanes(-p->c.x_zero);
    const int8_t *x0 = d->image + (top < 0 ? 0 : top) * step, *x1 = d->image + (top + 1) * step;
    const int8_t *x2 = d->image + (top + 2 < bottom ? top + 2 : bottom) * step;
    const int8_t *x3 = d->image + (top + 3 < bottom ? top + 3 : bottom) * step;
    for (int32_t i = 0, at = 0; i < n; i++, at += p->depth, to += PAIRED_COLUMN) {
        paired_weave(to, dsp_load(x0 + at), dsp_load(x1 + at), zeros, 2);
        paired_weave(to + 1, dsp_load(x2 + at), dsp_load(x3 + at), zeros, 2);
    }
}

/* Keeps of n columns the rows that the image has. */
static void paired_mask(int32_t *x, int32_t n, int32_t first, int32_t second) {
    for (int32_t i = 0; i < 4 * n; i++, x += 2) {
        x[0] &= first;
        x[1] &= second;
    }
}

static void paired_gather(const paired_t *d) {
    const te_window_t *w = &d->r->p->w;
    int32_t columns = paired_columns(d->r->p), left = w->pad_w, top = d->row - w->pad_h;
    int32_t n = columns - left < w->in_w ? columns - left : w->in_w;
    int32_t *x = d->x + left * PAIRED_COLUMN;
    memset(d->x, 0, (uint32_t)left * PAIRED_COLUMN * sizeof(int32_t));
    memset(x + n * PAIRED_COLUMN, 0, (uint32_t)(columns - left - n) * PAIRED_COLUMN * sizeof(int32_t));
    paired_image(d, x, n);
    if (top < 0 || top + 3 >= w->in_h) {
        paired_mask(x, n, top < 0 ? (int32_t)0xFFFF0000 : -1, top + 2 >= w->in_h ? 0 : top + 3 >= w->in_h ? 0xFFFF : -1);
    }
}

/* Words r10, r11 of a column times words k0 | k1 and k1 | k2 of the weights: of an upper and a lower output, from
 * their sums so far on. */
#define PAIRED_TAP(k01, k12, upper, lower) \
    "smlad   " upper ", r10, " k01 ", " upper "\n\t" \
    "smlatb  " lower ", r10, " k01 ", " lower "\n\t" \
    "smlabt  " upper ", r11, " k12 ", " upper "\n\t" \
    "smlad   " lower ", r11, " k12 ", " lower "\n\t"

/* dsp_finish() of a sum: r0 multiplier, r1 addend, r2 shift. */
#define PAIRED_FINISH(sum) \
    "add     r4, r1, " sum ", asr #31\n\t" \
    "lsl     " sum ", " sum ", #1\n\t" \
    "smmlar  " sum ", " sum ", r0, r4\n\t" \
    "asr     " sum ", " sum ", r2\n\t" \
    "ssat    " sum ", #8, " sum ", asr #1\n\t"

/* All columns of one channel. Sums: r6 and r7 of the upper row, r8 and r9 of the lower one. */
static TE_APART void paired_channel(paired_channel_t *channel, const int32_t *columns) {
    register paired_channel_t *d __asm__("lr") = channel;
    register const int32_t *x __asm__("r12") = columns;
    __asm__ volatile(
        "1:\n\t"
        "ldm     lr, {r0-r9}\n\t"              /* k, bias */
        "ldrd    r10, r11, [r12], #64\n\t"
        PAIRED_TAP("r0", "r1", "r6", "r8")
        "ldrd    r10, r11, [r12, #-32]\n\t"
        PAIRED_TAP("r2", "r3", "r6", "r8")
        PAIRED_TAP("r0", "r1", "r7", "r9")
        "ldrd    r10, r11, [r12]\n\t"
        PAIRED_TAP("r4", "r5", "r6", "r8")
        PAIRED_TAP("r2", "r3", "r7", "r9")
        "ldrd    r10, r11, [r12, #32]\n\t"
        PAIRED_TAP("r4", "r5", "r7", "r9")
        "ldrd    r0, r1, [lr, #40]\n\t"        /* mult, add */
        "ldrd    r2, r3, [lr, #48]\n\t"        /* shift, y */
        PAIRED_FINISH("r6") PAIRED_FINISH("r7") PAIRED_FINISH("r8") PAIRED_FINISH("r9")
        "ldrd    r0, r1, [lr, #56]\n\t"        /* y_right, y_lower */
        "ldrd    r2, r4, [lr, #64]\n\t"        /* y_lower_right, end */
        "ldrd    r10, r11, [lr, #72]\n\t"      /* y_step, odd */
        "strb    r9, [r3, r2]\n\t"
        "strb    r8, [r3, r1]\n\t"
        "strb    r7, [r3, r0]\n\t"
        "strb    r6, [r3]\n\t"
        "add     r3, r10\n\t"
        "str     r3, [lr, #52]\n\t"
        "cmp     r12, r4\n\t"
        "bne     1b\n\t"
        "cmp     r11, #0\n\t"
        "beq     2f\n\t"
        "movs    r0, #0\n\t"                 /* the last column, alone */
        "add     r4, #64\n\t"
        "strd    r1, r4, [lr, #64]\n\t"
        "str     r0, [lr, #56]\n\t"
        "str     r0, [lr, #76]\n\t"
        "b       1b\n"
        "2:"
        : "+r"(d), "+r"(x)
        :
        : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* What is the same for all columns. */
static void paired_prepare(const paired_t *d, int32_t c) {
    const te_depthwise_t *p = d->r->p;
    paired_channel_t *k = d->k + c;
    dsp_channel_t q = dsp_channel(&d->r->finish, d->channel + c);
    int32_t channels = p->c.channels, lower = d->rows == 2 ? p->w.out_w * channels : 0, pairs = p->w.out_w >> 1;
    k->bias[0] = k->bias[1] = k->bias[2] = k->bias[3] = q.bias;
    k->mult = q.mult;
    k->add = q.add;
    k->shift = q.shift;
    k->y = d->y + c;
    k->y_right = pairs ? channels : 0;
    k->y_lower = lower;
    k->y_lower_right = lower + k->y_right;
    k->end = d->x + 2 * c + (pairs ? pairs : 1) * 2 * PAIRED_COLUMN;
    k->y_step = 2 * channels;
    k->odd = pairs && (p->w.out_w & 1);
}

/* Four neighbouring channels. */
static void paired_group(const paired_t *d) {
    const te_depthwise_t *p = d->r->p;
    paired_weights(d);
    paired_gather(d);
    for (int32_t c = 0; c < 4; c++) {
        paired_prepare(d, c);
        paired_channel(d->k + c, d->x + 2 * c);
    }
    for (int32_t i = 0; i < d->rows * p->w.out_w && dsp_clamps(&d->r->finish); i++) {
        dsp_clamp(&d->r->finish, d->y + i * p->c.channels, 4);
    }
}

void te_depthwise_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows) {
    const te_depthwise_t *p = r->p;
    if (p->multiplier > 1 || p->depth < 4) {
        te_depthwise_any_s8(r, batch, row, rows);
        return;
    }
    if (!paired_fits(p) || !r->finish.quick) {
        for (int32_t i = 0; i < rows; i++) {
            te_depthwise_row_dsp(r, batch, row + i);
        }
        return;
    }
    paired_t d = {.r = r, .row = row, .rows = rows, .x = r->scratch};
    d.k = (paired_channel_t *)(void *)(d.x + paired_columns(p) * PAIRED_COLUMN);
    for (int32_t c = 0; c < p->c.channels; c += 4) {
        d.channel = c + 4 <= p->c.channels ? c : p->c.channels - 4;
        d.image = (const int8_t *)r->x + batch * p->w.in_h * p->w.in_w * p->depth + d.channel;
        d.y = (int8_t *)r->y + (batch * p->w.out_h + row) * p->w.out_w * p->c.channels + d.channel;
        paired_group(&d);
    }
}

#endif
