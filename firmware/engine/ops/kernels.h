/* SPDX-License-Identifier: MIT
 * The int8 kernels below convolutions and fully connected layers: a readable reference, and faster twins for what a
 * core has. A build has one set of them, each in files of its own; tests compare every set with the reference. */
#ifndef TORPOR_KERNELS_H
#define TORPOR_KERNELS_H

#include "op.h"

/* The sets. A build may name one (-DTE_KERNELS=TE_REFERENCE); else the core decides. How much scratch kernels ask for
 * depends on the set alone, so that a model can be prepared elsewhere. */
#define TE_REFERENCE 0  /* matmul.c, depthwise.c: what the others must give */
#define TE_BLOCKED 1    /* matmul_blocked.c, depthwise_lanes.c: plain C */
#define TE_DSP 2        /* matmul_dsp.c, depthwise_dsp.c, ..: the DSP instructions of Cortex-M4, M7 and M33 */
#define TE_AVX2 3       /* matmul_avx2.c, depthwise_avx2.c, ..: x86-64 */
#define TE_THUMB2 4     /* the files of TE_BLOCKED, for Cortex-M3: one instruction loads several words */
#define TE_MVE 5        /* matmul_mve.c, depthwise_mve.c, ..: Helium, of Cortex-M55 and M85 */

#ifndef TE_KERNELS
#if defined(__ARM_FEATURE_MVE)
#define TE_KERNELS TE_MVE
#elif defined(__ARM_FEATURE_DSP) && defined(__thumb2__)
#define TE_KERNELS TE_DSP
#elif defined(__AVX2__)
#define TE_KERNELS TE_AVX2
#elif defined(__thumb2__)
#define TE_KERNELS TE_THUMB2
#else
#define TE_KERNELS TE_BLOCKED
#endif
#endif

/* Rows of a matrix times the weights of some output channels: y[r, c] = finish(sum of row[r, :] * k[c, :]). */
typedef struct {
    const te_finish_t *finish;
    const int8_t *k;    /* [channels, depth], at any alignment */
    uint32_t beyond;    /* bytes that may be read behind the last of them */
    int32_t depth;      /* 1..TE_MAX_DEPTH */
    int32_t first;      /* number of the first channel, by which finish knows it */
    int32_t channels;
    int32_t x_zero;
    int32_t y_step;     /* from a row of the output to the next */
    const void *table;  /* what te_matmul_begin() worked out */
} te_matmul_t;

/* The weights of channels c, of `depth` elements each; matmul.first and matmul.channels are all. */
te_matmul_t te_matmul(const te_model_t *m, const te_channels_t *c, const te_finish_t *finish, int32_t depth);

/* What te_matmul_s8() wants to know of all channels' weights, worked out once a run in so many bytes of scratch, a multiple
 * of 16. */
#if TE_KERNELS == TE_MVE
uint32_t te_matmul_size(int32_t channels);
void te_matmul_begin(te_matmul_t *m, void *scratch);
#else
static inline uint32_t te_matmul_size(int32_t channels) {
    (void)channels;
    return 0;
}

static inline void te_matmul_begin(te_matmul_t *m, void *scratch) {
    (void)m, (void)scratch;
}
#endif

/* A few rows, gathered from the image in whatever format the kernel multiplies best; they are whole before anything
 * is written, so the output may lie over what was gathered. */
typedef struct {
    void *data;         /* te_block_size() bytes of scratch, aligned to 16 */
    int32_t depth;
    int32_t x_zero;
    int32_t rows;
    int32_t step;       /* the kernel's own */
} te_block_t;

/* Runs of elements of the input that become elements at, at + at_step, .. of a row. */
typedef struct {
    const int8_t *x;
    int32_t n, length;
    int32_t x_step;     /* elements from a run's first to the next one's */
    int32_t at, at_step;
} te_runs_t;

/* Elements are gathered in so many bytes at a time: every `at`, `at_step` and `length` is a multiple of it, but for
 * runs that reach the end of a row. A row that is not made of such runs is put together first. */
#if TE_KERNELS == TE_DSP
#define TE_BLOCK_UNIT 4
#else
#define TE_BLOCK_UNIT 1
#endif

/* Bytes of an element in a block, where it is widened. */
#if TE_KERNELS == TE_THUMB2
#define TE_WIDE 4
#else
#define TE_WIDE 2
#endif

/* How many of `left` rows the next block takes, and the bytes that a block of so many rows may need at most. */
int32_t te_block_rows(int32_t depth, int32_t left);
uint32_t te_block_size(int32_t depth, int32_t left);

/* Begins a block of b->rows. Then every element of every row is put; or first the row is cleared, which makes its
 * elements count as 0. */
void te_block_begin(te_block_t *b);
void te_block_put(const te_block_t *b, int32_t row, const te_runs_t *runs);
void te_block_clear(const te_block_t *b, int32_t row);

/* The same for all rows, which lie one behind the other in x. */
void te_block_fill(te_block_t *b, const int8_t *x);

/* The rows of a block; and one row that lies in x as it is. */
void te_matmul_s8(const te_matmul_t *m, const te_block_t *b, int8_t *y);
void te_matvec_s8(const te_matmul_t *m, const int8_t *x, int8_t *y);

/* Below te_matvec_s8() where it is matvec.c's: sums of channels c .. c + channels - 1 go on by n elements of a row,
 * which is a block of one row; `at` is the first one's number among the weights. */
void te_row_sums(const te_matmul_t *m, const void *row, int32_t at, int32_t n, int32_t c, int32_t channels, int32_t *sum);

/* The outputs of channels c .. c + n - 1 from such sums. */
void te_row_finish(const te_matmul_t *m, int32_t c, int32_t n, const int32_t *sum, int8_t *y);

/* DEPTHWISE_CONV_2D. */
typedef struct {
    te_window_t w;
    te_channels_t c;
    te_ref_t x, y, scratch;
    te_range_t range;
    uint16_t depth;       /* input channels */
    uint16_t multiplier;  /* output channels of each */
} te_depthwise_t;

typedef struct {
    const te_depthwise_t *p;
    const void *x;
    const uint8_t *k;
    void *y;
    void *scratch;        /* te_depthwise_size() bytes, aligned to 16 */
    te_finish_t finish;
} te_depthwise_run_t;

/* int8: how many rows of the output are computed together, and the scratch for that. */
int32_t te_depthwise_rows(const te_depthwise_t *p);
uint32_t te_depthwise_size(const te_depthwise_t *p);

/* Before the first rows of a run: what the kernel makes of the weights, in its scratch. */
void te_depthwise_begin(const te_depthwise_run_t *r);

/* Output rows row .. row + rows - 1 of one image. Reads of the input may follow writes of any of these rows. */
void te_depthwise_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows);

/* One row, by the kernel for any window (all sets but the reference). */
void te_depthwise_lanes(const te_depthwise_run_t *r, int32_t batch, int32_t row);

/* The same by the reference, in every build. */
void te_depthwise_any_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows);

#endif
