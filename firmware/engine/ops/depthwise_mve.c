/* SPDX-License-Identifier: MIT
 * The int8 depthwise kernel for Helium, of windows of 3 x 3 with stride 1 or 2: four outputs of one channel at once.
 *
 * Of 16 neighbouring channels up to four rows of the input are woven into scratch: [columns][16 channels][4 rows], a
 * word a channel. One gathering load of words of four columns is then a patch of 4 x 4 of one channel, and one
 * instruction multiplies it with nine weights that lie among zeros as the window lies in the patch. With stride 1 a patch
 * has four windows, of two output rows; with stride 2 it has one. */
#include "mve.h"

#if TE_KERNELS == TE_MVE

#define TILED_CHANNELS 16
#define TILED_COLUMN 64   /* bytes of a woven column */

/* Rows of 16 channels, and what lies in scratch. */
typedef struct {
    const te_depthwise_run_t *r;
    mve_channel_t *table;  /* of all channels */
    int8_t *zeros;         /* 16 zero points, then 16 times 0 */
    int8_t *k;             /* woven weights */
    int8_t *x;             /* woven columns, from that under the first output's window on */
    const int8_t *image;   /* input, of this batch and these channels */
    int8_t *y;             /* output, of these rows and channels */
    int32_t channel, n;    /* the first, and how many */
    int32_t row, rows;
} tiled_t;

static bool tiled_fits(const te_depthwise_t *p) {
    const te_window_t *w = &p->w;
    return p->multiplier == 1 && w->k_h == 3 && w->k_w == 3 && w->dilation_h == 1 && w->dilation_w == 1
        && w->stride_h == w->stride_w && w->stride_h <= 2 && w->out_w >= 2;
}

int32_t te_depthwise_rows(const te_depthwise_t *p) {
    return tiled_fits(p) && p->w.stride_h == 1 ? 2 : 1;
}

/* Woven columns: what the outputs of a row see, and what the last patch has besides. */
static int32_t tiled_columns(const te_depthwise_t *p) {
    return p->w.stride_w == 1 ? p->w.out_w + 2 : 2 * (p->w.out_w < 4 ? 4 : p->w.out_w) + 2;
}

/* The weights are woven twice, for an upper and a lower output row, with a column of zeros on each side. */
#define TILED_LOWER (5 * TILED_COLUMN)
#define TILED_WEIGHTS (2 * TILED_LOWER)

uint32_t te_depthwise_size(const te_depthwise_t *p) {
    uint32_t table = (uint32_t)p->c.channels * sizeof(mve_channel_t);
    return tiled_fits(p) ? table + 2 * TILED_CHANNELS + TILED_WEIGHTS + (uint32_t)(tiled_columns(p) * TILED_COLUMN) : 0;
}

static tiled_t tiled(const te_depthwise_run_t *r) {
    tiled_t d = {.r = r, .table = r->scratch};
    d.zeros = (int8_t *)(d.table + r->p->c.channels);
    d.k = d.zeros + 2 * TILED_CHANNELS;
    d.x = d.k + TILED_WEIGHTS;
    return d;
}

/* Columns outside of the image, and those of zeros beside the weights, stay as they are. */
void te_depthwise_begin(const te_depthwise_run_t *r) {
    const te_depthwise_t *p = r->p;
    tiled_t d = tiled(r);
    if (!tiled_fits(p) || !r->finish.quick) {
        return;
    }
    for (int32_t c = 0; c < p->c.channels; c++) {
        int32_t sum = 0;
        for (int32_t i = 0; i < 9; i++) {
            sum += ((const int8_t *)r->k)[i * p->c.channels + c];
        }
        d.table[c] = mve_channel(&r->finish, c);
        d.table[c].bias = (int32_t)((uint32_t)d.table[c].bias - (uint32_t)(p->c.x_zero * sum));
    }
    memset(d.zeros, p->c.x_zero, TILED_CHANNELS);
    memset(d.zeros + TILED_CHANNELS, 0, TILED_CHANNELS + TILED_WEIGHTS);
    memset(d.x, p->c.x_zero, (uint32_t)(tiled_columns(p) * TILED_COLUMN));
}

/* Where four rows that are woven are, and how far it is from a column to the next. */
typedef struct {
    const int8_t *row[4];
    int32_t step[4];
} tiled_rows_t;

/* Weaves so many columns of n channels. */
static inline void tiled_weave(int8_t *to, const tiled_rows_t *t, int32_t columns, int32_t n) {
    __asm__ volatile(
        "vctp.8  %[n]\n\t"
        "ldm     %[t], {r4-r11}\n\t"
        "wls     lr, %[columns], 2f\n"
        "1:\n\t"
        "vpstttt\n\t"
        "vldrbt.8 q0, [r4]\n\t"
        "vldrbt.8 q1, [r5]\n\t"
        "vldrbt.8 q2, [r6]\n\t"
        "vldrbt.8 q3, [r7]\n\t"
        "add     r4, r8\n\t"
        "add     r5, r9\n\t"
        "add     r6, r10\n\t"
        "add     r7, r11\n\t"
        "vst40.8 {q0, q1, q2, q3}, [%[to]]\n\t"
        "vst41.8 {q0, q1, q2, q3}, [%[to]]\n\t"
        "vst42.8 {q0, q1, q2, q3}, [%[to]]\n\t"
        "vst43.8 {q0, q1, q2, q3}, [%[to]]!\n\t"
        "le      lr, 1b\n"
        "2:"
        : [to] "+r"(to) : [t] "r"(t), [columns] "r"(columns), [n] "r"(n)
        : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "lr", "q0", "q1", "q2", "q3", "memory");
}

/* The lower weights are the upper ones again if there is no lower row. */
static inline void tiled_weights(const tiled_t *d) {
    int32_t step = d->r->p->c.channels;
    const int8_t *zeros = d->zeros + TILED_CHANNELS, *k = (const int8_t *)d->r->k + d->channel;
    const tiled_rows_t upper = {{k, k + 3 * step, k + 6 * step, zeros}, {step, step, step, 0}};
    const tiled_rows_t lower = {{zeros, k, k + 3 * step, k + 6 * step}, {0, step, step, step}};
    tiled_weave(d->k + TILED_COLUMN, &upper, 3, d->n);
    tiled_weave(d->k + TILED_LOWER + TILED_COLUMN, d->rows == 2 ? &lower : &upper, 3, d->n);
}

static inline void tiled_gather(const tiled_t *d) {
    const te_window_t *w = &d->r->p->w;
    int32_t room = tiled_columns(d->r->p) - w->pad_w, depth = d->r->p->depth, row = d->row * w->stride_h - w->pad_h;
    tiled_rows_t t;
    for (int32_t i = 0; i < 4; i++, row++) {
        bool inside = row >= 0 && row < w->in_h;
        t.row[i] = inside ? d->image + row * w->in_w * depth : d->zeros;
        t.step[i] = inside ? depth : 0;
    }
    tiled_weave(d->x + w->pad_w * TILED_COLUMN, &t, w->in_w < room ? w->in_w : room, d->n);
}

/* Some channels' tiles, as the loops read them. */
typedef struct {
    const int8_t *k, *x;    /* woven weights and first patch of the next channel */
    int8_t *y;              /* its first output */
    int32_t step, tiles;    /* from a tile's outputs to the next one's, and how many */
    int32_t odd;            /* bytes back to a last tile that begins a column earlier; 0 if there is none */
    const mve_channel_t *table, *end;
    uint32x4_t words, y_at; /* offsets of the words of four columns; of a tile's outputs */
} tiled_loop_t;

/* Stores the outputs of sums in q7: r1 multiplier, r3 addend, r5 shift, r7 bias. */
#define TILED_STORE \
    "vadd.i32 q7, q7, r7\n\t" \
    MVE_FINISH("q6", "q7", "r1", "r3", "r5") \
    "vstrb.32 q6, [r10, q5]\n\t" \
    "add     r10, r11\n\t"

/* A patch by four times the weights, q0 .. q3. */
#define TILED_FOUR \
    "vldrw.u32 q6, [r9, q4]\n\t" \
    "add     r9, #128\n\t" \
    "vmladav.s8 r0, q6, q0\n\t" \
    "vmladav.s8 r2, q6, q1\n\t" \
    "vmladav.s8 r4, q6, q2\n\t" \
    "vmladav.s8 r6, q6, q3\n\t" \
    "vmov    d14, r0, r2\n\t" \
    "vmov    d15, r4, r6\n\t" \
    TILED_STORE

#define TILED_BEGIN \
    "add     r0, r12, #32\n\t" \
    "vldrw.u32 q4, [r0]\n\t"                  /* words */ \
    "vldrw.u32 q5, [r0, #16]\n\t"             /* y_at */ \
    "ldr     r8, [r12, #24]\n"                /* table */

#define TILED_CHANNEL \
    "1:\n\t" \
    "ldm     r12, {r0, r9, r10, r11, lr}\n\t"  /* k, x, y, step, tiles */ \
    "ldm     r8!, {r1, r3, r5, r7}\n\t"        /* table */ \
    "add     r2, r9, #4\n\t" \
    "add     r4, r10, #1\n\t" \
    "add     r6, r0, #4\n\t" \
    "strd    r6, r2, [r12]\n\t" \
    "str     r4, [r12, #8]\n\t"

#define TILED_CHANNEL_END \
    "ldr     r0, [r12, #28]\n\t"               /* end */ \
    "cmp     r8, r0\n\t" \
    "bne     1b"

#define TILED_CLOBBERS "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "lr", "q4", "q5", "q6", "q7", \
    "cc", "memory"

/* Tiles of two rows and two columns. */
static TE_APART void tiled_stride_1(tiled_loop_t *d) {
    register tiled_loop_t *self __asm__("r12") = d;
    __asm__ volatile(
        TILED_BEGIN
        TILED_CHANNEL
        "add     r2, r0, #64\n\t"
        "vldrw.u32 q0, [r2, q4]\n\t"            /* upper left */
        "vldrw.u32 q1, [r0, q4]\n\t"            /* upper right */
        "add     r2, r0, #384\n\t"
        "vldrw.u32 q2, [r2, q4]\n\t"            /* lower left */
        "add     r2, r0, #320\n\t"
        "vldrw.u32 q3, [r2, q4]\n\t"            /* lower right */
        "dls     lr, lr\n"
        "2:\n\t"
        TILED_FOUR
        "le      lr, 2b\n\t"
        "ldr     r0, [r12, #20]\n\t"            /* odd */
        "cbz     r0, 3f\n\t"
        "sub     r10, r0\n\t"
        "sub     r9, #64\n\t"
        TILED_FOUR
        "3:\n\t"
        TILED_CHANNEL_END
        : "+r"(self) : : "q0", "q1", "q2", "q3", TILED_CLOBBERS);
}

/* Tiles of one row and four columns. */
static TE_APART void tiled_stride_2(tiled_loop_t *d) {
    register tiled_loop_t *self __asm__("r12") = d;
    __asm__ volatile(
        TILED_BEGIN
        TILED_CHANNEL
        "add     r0, #64\n\t"
        "vldrw.u32 q0, [r0, q4]\n\t"            /* upper left */
        "sub     r9, #128\n\t"
        "vadd.i32 q1, q4, r9\n\t"
        "dls     lr, lr\n"
        "2:\n\t"
        "vldrw.u32 q6, [q1, #128]!\n\t"
        "vmladav.s8 r0, q6, q0\n\t"
        "vldrw.u32 q6, [q1, #128]!\n\t"
        "vmladav.s8 r2, q6, q0\n\t"
        "vldrw.u32 q6, [q1, #128]!\n\t"
        "vmladav.s8 r4, q6, q0\n\t"
        "vldrw.u32 q6, [q1, #128]!\n\t"
        "vmladav.s8 r6, q6, q0\n\t"
        "vmov    d14, r0, r2\n\t"
        "vmov    d15, r4, r6\n\t"
        TILED_STORE
        "le      lr, 2b\n\t"
        TILED_CHANNEL_END
        : "+r"(self) : : "q0", "q1", TILED_CLOBBERS);
}

static inline tiled_loop_t tiled_loop(const tiled_t *d, int32_t column) {
    const te_depthwise_t *p = d->r->p;
    tiled_loop_t l = {d->k, d->x + column * p->w.stride_w * TILED_COLUMN, d->y + column * p->c.channels, 0, 0, 0,
        d->table + d->channel, d->table + d->channel + d->n, {0}, {0}};
    l.words = (uint32x4_t)mve_lanes(0, TILED_COLUMN, 2 * TILED_COLUMN, 3 * TILED_COLUMN);
    return l;
}

/* The last columns are computed again if their number is odd. */
static void tiled_two_rows(const tiled_t *d) {
    int32_t step = d->r->p->c.channels, out_w = d->r->p->w.out_w, lower = d->rows == 2 ? out_w * step : 0;
    tiled_loop_t l = tiled_loop(d, 0);
    l.step = 2 * step;
    l.tiles = out_w >> 1;
    l.odd = out_w & 1 ? step : 0;
    l.y_at = (uint32x4_t)mve_lanes(0, step, lower, lower + step);
    tiled_stride_1(&l);
}

/* The last four columns are computed again if their number is no multiple of 4. A row that is shorter writes what is too
 * much over scratch that is woven anew for the next rows. */
static void tiled_one_row(const tiled_t *d) {
    int32_t step = d->r->p->c.channels, out_w = d->r->p->w.out_w;
    if (out_w >= 4) {
        tiled_loop_t l = tiled_loop(d, 0);
        l.step = 4 * step;
        l.tiles = out_w >> 2;
        l.y_at = (uint32x4_t)mve_lanes(0, step, 2 * step, 3 * step);
        tiled_stride_2(&l);
    }
    if (out_w & 3) {
        tiled_loop_t l = tiled_loop(d, out_w < 4 ? 0 : out_w - 4);
        int32_t away = (int32_t)(d->k + TILED_LOWER + TILED_COLUMN - d->y);
        l.tiles = 1;
        l.y_at = (uint32x4_t)mve_lanes(0, step, out_w == 2 ? away : 2 * step, out_w < 4 ? away : 3 * step);
        tiled_stride_2(&l);
    }
}

/* Rows of 16 channels or fewer. */
static void tiled_group(const tiled_t *d) {
    const te_depthwise_t *p = d->r->p;
    tiled_weights(d);
    tiled_gather(d);
    if (p->w.stride_w == 1) {
        tiled_two_rows(d);
    } else {
        tiled_one_row(d);
    }
    mve_clamp(d->r->finish.range, d->y, d->rows * p->w.out_w, p->c.channels, d->n);
}

void te_depthwise_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows) {
    const te_depthwise_t *p = r->p;
    if (!tiled_fits(p) || !r->finish.quick) {
        for (int32_t i = 0; i < rows; i++) {
            te_depthwise_lanes(r, batch, row + i);
        }
        return;
    }
    tiled_t d = tiled(r);
    d.row = row;
    d.rows = rows;
    for (int32_t c = 0; c < p->c.channels; c += TILED_CHANNELS) {
        d.channel = c;
        d.n = p->c.channels - c < TILED_CHANNELS ? p->c.channels - c : TILED_CHANNELS;
        d.image = (const int8_t *)r->x + batch * p->w.in_h * p->w.in_w * p->depth + c;
        d.y = (int8_t *)r->y + (batch * p->w.out_h + row) * p->w.out_w * p->c.channels + c;
        tiled_group(&d);
    }
}

#endif
