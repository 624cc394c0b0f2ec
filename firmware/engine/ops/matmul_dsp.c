/* SPDX-License-Identifier: MIT
 * The dense int8 kernels for Cortex-M4 and M7: two products an instruction, six rows or three at once.
 *
 * A block's rows are woven together: of elements 4i .. 4i + 3 of every row come first the words 4i | 4i + 2 of rows
 * 0, 1, .. and then the words 4i + 1 | 4i + 3 of rows 0, 1, .. as SXTB16 takes a word of weights apart. So one LDM
 * loads what several rows need, and a word of weights is taken apart once for all of them. */
#include "dsp.h"

#if TE_KERNELS == TE_DSP

#define DENSE_DEEP 1200  /* elements of a row; of deeper ones three are enough, else the scratch grows too large */

/* Rows that are woven together. */
static int32_t dense_step(int32_t rows) {
    return rows > 3 ? 6 : 3;
}

int32_t te_block_rows(int32_t depth, int32_t left) {
    int32_t most = depth > DENSE_DEEP ? 3 : 6;
    return left < most ? left : most;
}

uint32_t te_block_size(int32_t depth, int32_t left) {
    return (uint32_t)(dense_step(te_block_rows(depth, left)) * ((depth + 3) & ~3)) * sizeof(int16_t);
}

void te_block_begin(te_block_t *b) {
    b->step = dense_step(b->rows);
}

static inline void dense_weave_word(int32_t *to, const int8_t *x, int32_t zeros, int32_t step) {
    int32_t w = dsp_load(x);
    to[0] = dsp_even(zeros, w);
    to[step] = dsp_odd(zeros, w);
}

/* The words of a run of n elements. */
static inline void dense_weave(int32_t *to, const int8_t *x, int32_t n, int32_t zeros, int32_t step) {
    const int8_t *end = x + (n & ~3), *fours = x + (n & ~15);
    for (; x != fours; x += 16, to += 8 * step) {
        dense_weave_word(to, x, zeros, step);
        dense_weave_word(to + 2 * step, x + 4, zeros, step);
        dense_weave_word(to + 4 * step, x + 8, zeros, step);
        dense_weave_word(to + 6 * step, x + 12, zeros, step);
    }
    for (; x != end; x += 4, to += 2 * step) {
        dense_weave_word(to, x, zeros, step);
    }
}

/* The last elements of a row, which are no whole word; what is beyond its end counts as 0. */
static void dense_weave_rest(int32_t *to, const int8_t *x, int32_t n, const te_block_t *b) {
    int8_t rest[4] = {(int8_t)b->x_zero, (int8_t)b->x_zero, (int8_t)b->x_zero, (int8_t)b->x_zero};
    memcpy(rest, x, (uint32_t)n);
    dense_weave_word(to, rest, dsp_lanes(-b->x_zero), b->step);
}

void te_block_put(const te_block_t *b, int32_t row, const te_runs_t *runs) {
    int32_t zeros = dsp_lanes(-b->x_zero), length = runs->length, step = b->step, to_step = (runs->at_step >> 1) * step;
    int32_t *to = (int32_t *)b->data + (runs->at >> 1) * step + row;
    const int8_t *x = runs->x;
    for (int32_t i = runs->n; i > 0; i--, x += runs->x_step, to += to_step) {
        if (step == 6) {
            dense_weave(to, x, length, zeros, 6);
        } else {
            dense_weave(to, x, length, zeros, step);
        }
    }
    if (length & 3) {  /* one run, up to the end of the row */
        dense_weave_rest(to - to_step + (length >> 2) * 2 * step, x - runs->x_step + (length & ~3), length & 3, b);
    }
}

void te_block_clear(const te_block_t *b, int32_t row) {
    int32_t *to = (int32_t *)b->data + row, step = b->step;
    for (int32_t i = (b->depth + 3) >> 2; i > 0; i--, to += 2 * step) {
        to[0] = to[step] = 0;
    }
}

void te_block_fill(te_block_t *b, const int8_t *x) {
    int32_t zeros = dsp_lanes(-b->x_zero), depth = b->depth, step, *to = b->data;
    te_block_begin(b);
    step = b->step;
    for (int32_t i = 0; i < b->rows; i++, x += depth, to++) {
        if (step == 6) {
            dense_weave(to, x, depth, zeros, 6);
        } else {
            dense_weave(to, x, depth, zeros, step);
        }
        if (depth & 3) {
            dense_weave_rest(to + (depth >> 2) * 2 * step, x + (depth & ~3), depth & 3, b);
        }
    }
}

/* What the loop over channels of six rows reads; the first four move on with every channel. */
typedef struct {
    const int32_t *mult;
    const int8_t *shift;
    const int8_t *k;
    const uint8_t *bias;
    int32_t depth;    /* bytes from a channel's weights to the next */
    int32_t zero;     /* twice the zero point, plus 1 */
    const int32_t *x;
    int32_t entry;    /* where the loop over words, four a round, is entered */
    int32_t bytes;    /* of whole words of a channel's weights */
    int8_t *y, *y_end;      /* of row 0: the current channel, and behind the last */
    int32_t y_step, y_4, y_5;  /* rows 4 and 5 from row 3; if the block has none, other rows are written over them */
} dense_six_t;

/* A word of weights times the elements of six rows. */
#define DENSE_WORD \
    "ldr     r12, [lr], #4\n\t"         /* weights 0 .. 3 */ \
    "ldmia.w r10!, {r0-r3}\n\t"         /* elements 0 | 2 of rows 0 .. 3 */ \
    "sxtb16  r11, r12\n\t" \
    "sxtb16  r12, r12, ror #8\n\t" \
    "smlad   r4, r0, r11, r4\n\t" \
    "smlad   r5, r1, r11, r5\n\t" \
    "smlad   r6, r2, r11, r6\n\t" \
    "smlad   r7, r3, r11, r7\n\t" \
    "ldmia.w r10!, {r0-r3}\n\t"         /* 0 | 2 of rows 4 and 5, 1 | 3 of rows 0 and 1 */ \
    "smlad   r8, r0, r11, r8\n\t" \
    "smlad   r9, r1, r11, r9\n\t" \
    "smlad   r4, r2, r12, r4\n\t" \
    "smlad   r5, r3, r12, r5\n\t" \
    "ldmia.w r10!, {r0-r3}\n\t"         /* 1 | 3 of rows 2 .. 5 */ \
    "smlad   r6, r0, r12, r6\n\t" \
    "smlad   r7, r1, r12, r7\n\t" \
    "smlad   r8, r2, r12, r8\n\t" \
    "smlad   r9, r3, r12, r9\n"

/* te_quick_s8() of a sum: lr multiplier, r11 addend, r10 shift. */
#define DENSE_FINISH(sum) \
    "add     r0, r11, " sum ", asr #31\n\t" \
    "lsl     " sum ", " sum ", #1\n\t" \
    "smmlar  " sum ", " sum ", lr, r0\n\t" \
    "asr     " sum ", " sum ", r10\n\t" \
    "ssat    " sum ", #8, " sum ", asr #1\n\t"

/* All channels of six rows. The sums are r4 .. r9, and every other register is in use as well: what the loop over
 * channels needs is looked up in d, [sp], and the end of a channel's weights in [sp + 4]. */
static TE_APART void dense_six(dense_six_t *d) {
    register dense_six_t *self __asm__("r12") = d;
    __asm__ volatile(
        "push    {r0, r12}\n\t"
        "str     r12, [sp]\n"
        "1:\n\t"
        "ldr     r1, [r12, #4]\n\t"           /* shift */
        "ldrsb   r1, [r1]\n\t"
        "ldrd    lr, r0, [r12, #8]\n\t"        /* k, bias */
        "cmp     r1, #0\n\t"
        "bgt     7f\n\t"
        "ldr     r4, [r0], #4\n\t"
        "str     r0, [r12, #12]\n\t"
        "ldrd    r10, r3, [r12, #24]\n\t"      /* x, entry */
        "ldr     r2, [r12, #32]\n\t"           /* bytes */
        "add     r2, lr\n\t"
        "str     r2, [sp, #4]\n\t"
        "mov     r5, r4\n\t"
        "mov     r6, r4\n\t"
        "mov     r7, r4\n\t"
        "mov     r8, r4\n\t"
        "mov     r9, r4\n\t"
        "tbb     [pc, r3]\n"
        "2:\n\t"
        ".byte   (3f - 2b) / 2, (4f - 2b) / 2, (5f - 2b) / 2, (6f - 2b) / 2\n"
        "3:\n\t" DENSE_WORD
        "4:\n\t" DENSE_WORD
        "5:\n\t" DENSE_WORD
        "6:\n\t" DENSE_WORD
        "ldr     r0, [sp, #4]\n\t"
        "cmp     lr, r0\n\t"
        "bne     3b\n\t"

        "ldr     r12, [sp]\n\t"
        "ldm     r12, {r0-r3, r10, r11}\n\t"   /* mult, shift, k, bias, depth, zero */
        "ldr     lr, [r0], #4\n\t"
        "add     r2, r10\n\t"
        "ldrsb   r10, [r1], #1\n\t"
        "stm     r12, {r0-r2}\n\t"
        "mvn     r10, r10\n\t"
        "lsl     r11, r11, r10\n\t"
        DENSE_FINISH("r4") DENSE_FINISH("r5") DENSE_FINISH("r6")
        DENSE_FINISH("r7") DENSE_FINISH("r8") DENSE_FINISH("r9")
        "9:\n\t"
        "ldrd    r0, r1, [r12, #36]\n\t"       /* y, y_end */
        "ldrd    r2, r3, [r12, #44]\n\t"       /* y_step, y_4 */
        "ldr     r10, [r12, #52]\n\t"          /* y_5 */
        "add     r11, r2, r2, lsl #1\n\t"
        "add     r11, r0\n\t"
        "strb    r5, [r0, r2]\n\t"
        "strb    r6, [r0, r2, lsl #1]\n\t"
        "strb    r4, [r0], #1\n\t"
        "strb    r9, [r11, r10]\n\t"
        "strb    r8, [r11, r3]\n\t"
        "strb    r7, [r11]\n\t"
        "str     r0, [r12, #36]\n\t"
        "cmp     r0, r1\n\t"
        "bne     1b\n\t"
        "b       8f\n"

        "7:\n\t"                              /* a constant channel */
        "ldm     r12, {r0-r3, r10}\n\t"       /* mult, shift, k, bias, depth */
        "ldr     r4, [r0], #4\n\t"
        "add     r1, #1\n\t"
        "add     r2, r10\n\t"
        "add     r3, #4\n\t"
        "stm     r12, {r0-r3}\n\t"
        "mov     r5, r4\n\t"
        "mov     r6, r4\n\t"
        "mov     r7, r4\n\t"
        "mov     r8, r4\n\t"
        "mov     r9, r4\n\t"
        "b       9b\n"
        "8:\n\t"
        "pop     {r0, r12}"
        : "+r"(self)
        :
        : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "lr", "cc", "memory");
}

/* Whether dense_six() suits. */
static bool dense_fits(const te_matmul_t *m, const te_block_t *b) {
    const te_finish_t *f = m->finish;
    return b->step == 6 && te_quick_fits(f, m->depth) && f->step == 1 && f->bias;
}

/* The first channels of four rows or more. */
static void dense_quick(const te_matmul_t *m, const te_block_t *b, int32_t channels, int8_t *y) {
    const te_finish_t *f = m->finish;
    int32_t words = (m->depth + 3) >> 2, step = m->y_step;
    dense_six_t d = {f->mult + m->first, f->shift + m->first, m->k, f->bias + 4 * m->first, m->depth, 2 * f->zero + 1,
        b->data, -words & 3, 4 * words, y, y + channels, step, b->rows > 4 ? step : 0,
        b->rows > 5 ? 2 * step : b->rows > 4 ? step : 0};
    dense_six(&d);
    for (int32_t r = 0; r < b->rows && te_quick_clamps(f); r++) {
        te_quick_clamp(f, y + r * step, channels);
    }
}

/* Four weights, or as many as there are. */
static inline int32_t dense_word(const int8_t *k, int32_t n) {
    int32_t w = 0;
    if (n >= 4) {
        return dsp_load(k);
    }
    memcpy(&w, k, (uint32_t)n);
    return w;
}

/* Goes on with the sums of rows by n weights. */
static inline void dense_sums(const int32_t *x, const int8_t *k, int32_t n, const int32_t rows, int32_t *sum) {
    for (; n > 0; n -= 4, x += 2 * rows, k += 4) {
        int32_t w = dense_word(k, n), even = dsp_even(0, w), odd = dsp_odd(0, w);
#pragma GCC unroll 6
        for (int32_t r = 0; r < rows; r++) {
            sum[r] = dsp_mla(x[rows + r], odd, dsp_mla(x[r], even, sum[r]));
        }
    }
}

/* Channel c of any block. */
static void dense_channel(const te_matmul_t *m, const te_block_t *b, int32_t c, int8_t *y) {
    int32_t sum[6] = {0};
    const te_finish_t *f = m->finish;
    const int8_t *k = m->k + c * m->depth;
    if (te_is_constant(f, m->first + c)) {  /* no sums */
    } else if (b->step == 6) {
        dense_sums(b->data, k, m->depth, 6, sum);
    } else {
        dense_sums(b->data, k, m->depth, 3, sum);
    }
    for (int32_t r = 0; r < b->rows; r++) {
        int8_t *to = y + r * m->y_step + c;
        if (te_quick_fits(f, m->depth)) {
            *to = te_quick_output(f, m->first + c, sum[r]);
        } else {
            te_finish_s8(f, m->first + c, 1, &sum[r], to);
        }
    }
}

/* A word of weights by two of elements; then 16 weights. */
#define DENSE_4(w, even, odd) \
    "sxtb16  r12, " w "\n\t" \
    "smlad   %[sum], r12, " even ", %[sum]\n\t" \
    "sxtb16  r12, " w ", ror #8\n\t" \
    "smlad   %[sum], r12, " odd ", %[sum]\n\t"
#define DENSE_16 \
    "ldmia   %[k]!, {r4-r7}\n\t" \
    "ldmia   %[x]!, {r0-r3}\n\t" \
    DENSE_4("r4", "r0", "r1") DENSE_4("r5", "r2", "r3") \
    "ldmia   %[x]!, {r0-r3}\n\t" \
    DENSE_4("r6", "r0", "r1") DENSE_4("r7", "r2", "r3")

/* Goes on with the sums of `channels` channels by 64 elements of a row a round; their weights are aligned. */
static TE_APART void dense_aligned(const int32_t *row, const int8_t *weights, int32_t rounds, const te_matmul_t *m,
    int32_t *sums, int32_t channels) {
    for (int32_t i = 0; i < channels; i++, weights += m->depth) {
        register const int32_t *x __asm__("r8") = row;
        register const int8_t *k __asm__("r9") = weights;
        register int32_t n __asm__("r10") = rounds;
        register int32_t sum __asm__("r11") = sums[i];
        __asm__ volatile(
            "1:\n\t"
            DENSE_16 DENSE_16 DENSE_16 DENSE_16
            "subs    %[n], #1\n\t"
            "bne     1b"
            : [x] "+r"(x), [k] "+r"(k), [n] "+r"(n), [sum] "+r"(sum)
            :
            : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r12", "cc", "memory");
        sums[i] = sum;
    }
}

void te_row_sums(const te_matmul_t *m, const void *row, int32_t at, int32_t n, int32_t c, int32_t channels, int32_t *sum) {
    const int8_t *k = m->k + c * m->depth + at;
    const int32_t *x = row;
    int32_t whole = (((uintptr_t)k | (uint32_t)m->depth) & 3) == 0 ? n & ~63 : 0;
    if (whole) {
        dense_aligned(x, k, whole >> 6, m, sum, channels);
    }
    for (int32_t i = 0; i < channels && whole < n; i++, k += m->depth) {
        dense_sums(x + (whole >> 1), k + whole, n - whole, 1, &sum[i]);
    }
}

void te_matmul_s8(const te_matmul_t *m, const te_block_t *b, int8_t *y) {
    int32_t c = 0;
    if (dense_fits(m, b)) {
        c = (m->depth & 3) && m->beyond < 3 ? m->channels - 1 : m->channels;
        if (c > 0) {
            dense_quick(m, b, c, y);
        }
    }
    for (; c < m->channels; c++) {
        dense_channel(m, b, c, y);
    }
}

#endif
