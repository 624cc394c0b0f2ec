/* SPDX-License-Identifier: MIT
 * The int8 depthwise kernel for Cortex-M4 and M7, of windows of 3 x 3 with stride 1 or 2; others go to
 * depthwise_lanes.c.
 *
 * Of four neighbouring channels, four input rows r0 .. r3 become words r0 | r1 and r2 | r3, [columns][4 channels][2] in
 * scratch, and the weights' rows words k0 | k1 and k1 | k2. An output is then r0 | r1 by k0 | k1 and r2 by k2; with
 * stride 1 the output below it is r1 by k0 and r2 | r3 by k1 | k2, and is computed along with it. */
#include "dsp.h"

#if TE_KERNELS == TE_DSP

#define PAIRED_COLUMN 8  /* words of a column in scratch */

/* One channel, as the assembly below reads it. */
typedef struct {
    int32_t k[6];              /* woven weights, by column */
    int32_t bias[4];           /* the same one, for four sums */
    int32_t mult, add, shift;  /* see te_quick_t */
} paired_channel_t;

#define PAIRED_CHANNEL (int32_t)(sizeof(paired_channel_t) / sizeof(int32_t))

/* A stretch of output columns, taken in pairs. */
typedef struct {
    const int32_t *x;    /* the window's first column, of channel 0 */
    int8_t *y;           /* its output */
    const int32_t *end;  /* where x is behind the last pair */
    int32_t y_step;      /* from a pair's output to the next one's */
    int32_t y_right, y_lower, y_lower_right;  /* to the other outputs; on one that is computed later if there is none */
} paired_stretch_t;

/* Rows of one channel group that are being computed. */
typedef struct {
    const te_depthwise_run_t *r;
    const int8_t *image;   /* input, of this batch and these channels */
    int32_t *x;            /* woven columns, from that to the left of the first output on */
    paired_channel_t *k;
    int8_t *y;             /* output, of these rows and channels */
    int32_t channel, row, rows;
    bool first;            /* group of these rows: what pads the image is still to be written */
} paired_t;

static bool paired_fits(const te_depthwise_t *p) {
    const te_window_t *w = &p->w;
    return p->multiplier == 1 && p->depth >= 4 && w->k_h == 3 && w->k_w == 3 && w->stride_h == w->stride_w
        && w->stride_h <= 2 && w->dilation_h == 1 && w->dilation_w == 1;
}

int32_t te_depthwise_rows(const te_depthwise_t *p) {
    return paired_fits(p) && p->w.stride_h == 1 ? 2 : 1;
}

/* Columns in scratch, for an even number of outputs. */
static int32_t paired_columns(const te_depthwise_t *p) {
    return (p->w.out_w | 1) * p->w.stride_w + 3;
}

uint32_t te_depthwise_size(const te_depthwise_t *p) {
    uint32_t columns = (uint32_t)(paired_columns(p) * PAIRED_COLUMN) * sizeof(int32_t);
    return paired_fits(p) ? columns + 4 * sizeof(paired_channel_t) : 0;
}

/* Words a | b of four channels, of which a and b hold a byte each. */
static inline TE_INLINE void paired_weave(int32_t *to, int32_t a, int32_t b, int32_t zeros, int32_t step) {
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
    for (int32_t c = 0; c < 4; c++) {
        paired_channel_t *to = d->k + c;
        te_quick_t q = te_quick(&d->r->finish, d->channel + c);
        to->bias[0] = to->bias[1] = to->bias[2] = to->bias[3] = q.bias;
        to->mult = q.mult;
        to->add = q.add;
        to->shift = q.shift;
    }
}

/* n columns of the image from its first on, of four rows; those outside of it become 0 afterwards. */
static void paired_image(const paired_t *d, int32_t *to, int32_t n, int32_t top) {
    const te_depthwise_t *p = d->r->p;
    int32_t bottom = p->w.in_h - 1, step = p->w.in_w * p->depth, zeros = dsp_lanes(-p->c.x_zero);
    const int8_t *x0 = d->image + te_clamp(top, 0, bottom) * step, *x1 = d->image + te_clamp(top + 1, 0, bottom) * step;
    const int8_t *x2 = d->image + te_clamp(top + 2, 0, bottom) * step, *x3 = d->image + te_clamp(top + 3, 0, bottom) * step;
    for (int32_t i = 0, at = 0; i < n; i++, at += p->depth, to += PAIRED_COLUMN) {
        paired_weave(to, dsp_load(x0 + at), dsp_load(x1 + at), zeros, 2);
        paired_weave(to + 1, dsp_load(x2 + at), dsp_load(x3 + at), zeros, 2);
    }
}

/* Keeps of n columns the rows top .. top + 3 that the image has. */
static void paired_mask(int32_t *x, int32_t n, int32_t top, int32_t in_h) {
    int32_t first = top < 0 ? (int32_t)0xFFFF0000 : -1;
    int32_t second = top + 2 >= in_h ? 0 : top + 3 >= in_h ? 0xFFFF : -1;
    for (int32_t i = 0; i < 4 * n; i++, x += 2) {
        x[0] &= first;
        x[1] &= second;
    }
}

static void paired_clear(int32_t *x, int32_t columns) {
    for (int32_t i = 0; i < columns * PAIRED_COLUMN; i += 4) {
        x[i] = x[i + 1] = x[i + 2] = x[i + 3] = 0;
    }
}

static void paired_gather(const paired_t *d) {
    const te_window_t *w = &d->r->p->w;
    int32_t columns = paired_columns(d->r->p), left = w->pad_w, top = d->row * w->stride_h - w->pad_h;
    int32_t n = columns - left < w->in_w ? columns - left : w->in_w;
    int32_t *x = d->x + left * PAIRED_COLUMN;
    if (d->first) {
        paired_clear(d->x, left);
        paired_clear(x + n * PAIRED_COLUMN, columns - left - n);
    }
    paired_image(d, x, n, top);
    if (top < 0 || top + 3 >= w->in_h) {
        paired_mask(x, n, top, w->in_h);
    }
}

/* Sums of an upper and a lower output go on by a column's words, r10 and r11, and one column of weights. */
#define PAIRED_UPPER(k01, k12, sum) \
    "smlad   " sum ", r10, " k01 ", " sum "\n\t" \
    "smlabt  " sum ", r11, " k12 ", " sum "\n\t"
#define PAIRED_LOWER(k01, k12, sum) \
    "smlatb  " sum ", r10, " k01 ", " sum "\n\t" \
    "smlad   " sum ", r11, " k12 ", " sum "\n\t"

/* The left column's sums are r6 and, below it, r8; the right one's r7 and r9. */
#define PAIRED_LEFT(k01, k12) PAIRED_UPPER(k01, k12, "r6") PAIRED_LOWER(k01, k12, "r8")
#define PAIRED_RIGHT(k01, k12) PAIRED_UPPER(k01, k12, "r7") PAIRED_LOWER(k01, k12, "r9")

#define PAIRED_SUMS_1 \
    "ldrd    r10, r11, [r12], #64\n\t" \
    PAIRED_LEFT("r0", "r1") \
    "ldrd    r10, r11, [r12, #-32]\n\t" \
    PAIRED_LEFT("r2", "r3") PAIRED_RIGHT("r0", "r1") \
    "ldrd    r10, r11, [r12]\n\t" \
    PAIRED_LEFT("r4", "r5") PAIRED_RIGHT("r2", "r3") \
    "ldrd    r10, r11, [r12, #32]\n\t" \
    PAIRED_RIGHT("r4", "r5")

#define PAIRED_SUMS_2 \
    "ldrd    r10, r11, [r12], #128\n\t" \
    PAIRED_UPPER("r0", "r1", "r6") \
    "ldrd    r10, r11, [r12, #-96]\n\t" \
    PAIRED_UPPER("r2", "r3", "r6") \
    "ldrd    r10, r11, [r12, #-64]\n\t" \
    PAIRED_UPPER("r4", "r5", "r6") PAIRED_UPPER("r0", "r1", "r7") \
    "ldrd    r10, r11, [r12, #-32]\n\t" \
    PAIRED_UPPER("r2", "r3", "r7") \
    "ldrd    r10, r11, [r12]\n\t" \
    PAIRED_UPPER("r4", "r5", "r7")

/* te_quick_s8() of a sum: r0 multiplier, r1 addend, r2 shift. */
#define PAIRED_FINISH(sum) \
    "add     r4, r1, " sum ", asr #31\n\t" \
    "lsl     " sum ", " sum ", #1\n\t" \
    "smmlar  " sum ", " sum ", r0, r4\n\t" \
    "asr     " sum ", " sum ", r2\n\t" \
    "ssat    " sum ", #8, " sum ", asr #1\n\t"

#define PAIRED_OUT_1 \
    PAIRED_FINISH("r6") PAIRED_FINISH("r7") PAIRED_FINISH("r8") PAIRED_FINISH("r9") \
    "ldrd    r0, r1, [sp, #16]\n\t"            /* y_right, y_lower */ \
    "ldr     r2, [sp, #24]\n\t"                /* y_lower_right */ \
    "strb    r9, [r3, r2]\n\t" \
    "strb    r8, [r3, r1]\n\t" \
    "strb    r7, [r3, r0]\n\t"

#define PAIRED_OUT_2 \
    PAIRED_FINISH("r6") PAIRED_FINISH("r7") \
    "ldr     r0, [sp, #16]\n\t"                /* y_right */ \
    "strb    r7, [r3, r0]\n\t"

/* Four channels of a stretch, which lies on the stack meanwhile, moving on; its end follows x from a channel to the
 * next. [sp, #28]: the channel's y, [sp, #32]: channels left. */
#define PAIRED_FUNCTION(name, SUMS, OUT) \
    static TE_APART void name(const paired_stretch_t *stretch, const paired_channel_t *channels) { \
        register const paired_stretch_t *s __asm__("r0") = stretch; \
        register const paired_channel_t *c __asm__("lr") = channels; \
        __asm__ volatile( \
            "ldm     r0, {r1-r7}\n\t" \
            "mov     r8, r2\n\t" \
            "movs    r9, #4\n\t" \
            "sub     sp, #40\n\t" \
            "stm     sp, {r1-r9}\n" \
            "1:\n\t" \
            "ldr     r12, [sp]\n"              /* x */ \
            "2:\n\t" \
            "ldm     lr, {r0-r9}\n\t"          /* k, bias */ \
            SUMS \
            "ldrd    r0, r1, [lr, #40]\n\t"    /* mult, add */ \
            "ldr     r2, [lr, #48]\n\t"        /* shift */ \
            "ldrd    r3, r10, [sp, #4]\n\t"    /* y, end */ \
            OUT \
            "ldr     r11, [sp, #12]\n\t"       /* y_step */ \
            "strb    r6, [r3]\n\t" \
            "add     r3, r11\n\t" \
            "str     r3, [sp, #4]\n\t" \
            "cmp     r12, r10\n\t" \
            "bne     2b\n\t" \
            "ldr     r12, [sp]\n\t" \
            "ldrd    r2, r3, [sp, #28]\n\t"    /* y of the channel, channels left */ \
            "add     r10, #8\n\t" \
            "add     r12, #8\n\t" \
            "add     r2, #1\n\t" \
            "subs    r3, #1\n\t" \
            "str     r12, [sp]\n\t" \
            "strd    r2, r10, [sp, #4]\n\t" \
            "strd    r2, r3, [sp, #28]\n\t" \
            "add     lr, #52\n\t" \
            "bne     2b\n\t" \
            "add     sp, #40" \
            : "+r"(s), "+r"(c) \
            : \
            : "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cc", "memory"); \
    }

PAIRED_FUNCTION(paired_stride_1, PAIRED_SUMS_1, PAIRED_OUT_1)
PAIRED_FUNCTION(paired_stride_2, PAIRED_SUMS_2, PAIRED_OUT_2)

/* Output columns from `column` on: pairs of them, or with no pairs that one alone. */
static void paired_stretch(const paired_t *d, int32_t column, int32_t pairs) {
    const te_depthwise_t *p = d->r->p;
    int32_t channels = p->c.channels, step = p->w.stride_w * PAIRED_COLUMN;
    paired_stretch_t s = {d->x + column * step, d->y + column * channels, NULL, 2 * channels, pairs ? channels : 0, 0, 0};
    s.end = s.x + 2 * step * (pairs ? pairs : 1);
    s.y_lower = d->rows == 2 ? p->w.out_w * channels : 0;
    s.y_lower_right = s.y_lower + s.y_right;
    if (p->w.stride_w == 1) {
        paired_stride_1(&s, d->k);
    } else {
        paired_stride_2(&s, d->k);
    }
}

/* Four neighbouring channels. */
static void paired_group(const paired_t *d) {
    const te_depthwise_t *p = d->r->p;
    int32_t pairs = p->w.out_w >> 1;
    paired_weights(d);
    paired_gather(d);
    if (pairs) {
        paired_stretch(d, 0, pairs);
    }
    if (p->w.out_w & 1) {
        paired_stretch(d, 2 * pairs, 0);
    }
    for (int32_t i = 0; i < d->rows * p->w.out_w && te_quick_clamps(&d->r->finish); i++) {
        te_quick_clamp(&d->r->finish, d->y + i * p->c.channels, 4);
    }
}

void te_depthwise_begin(const te_depthwise_run_t *r) {
    (void)r;
}

void te_depthwise_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows) {
    const te_depthwise_t *p = r->p;
    if (!paired_fits(p) || !r->finish.quick) {
        for (int32_t i = 0; i < rows; i++) {
            te_depthwise_lanes(r, batch, row + i);
        }
        return;
    }
    paired_t d = {.r = r, .row = row, .rows = rows, .x = r->scratch};
    d.k = (paired_channel_t *)(void *)(d.x + paired_columns(p) * PAIRED_COLUMN);
    for (int32_t c = 0; c < p->c.channels; c += 4) {
        d.channel = c + 4 <= p->c.channels ? c : p->c.channels - 4;
        d.first = c == 0;
        d.image = (const int8_t *)r->x + batch * p->w.in_h * p->w.in_w * p->depth + d.channel;
        d.y = (int8_t *)r->y + (batch * p->w.out_h + row) * p->w.out_w * p->c.channels + d.channel;
        paired_group(&d);
    }
}

#endif
