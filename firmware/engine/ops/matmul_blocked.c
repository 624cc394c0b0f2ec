/* SPDX-License-Identifier: MIT
 * The dense int8 kernels for cores without vectors: a few rows by a few channels at once, as many as there are
 * registers for, so that an element and a weight are loaded for several products.
 *
 * A block's rows are woven together: element i of all rows, then element i + 1. What is left of a matrix comes in
 * blocks of one row. */
#include "quick.h"

#if TE_KERNELS == TE_BLOCKED || TE_KERNELS == TE_THUMB2

#if TE_KERNELS == TE_THUMB2
#define DENSE_ROWS 3
#define DENSE_CHANNELS 2
typedef int32_t dense_element_t;  /* one instruction loads several */
#else
#define DENSE_ROWS 4
#define DENSE_CHANNELS 4
typedef int16_t dense_element_t;
#endif

int32_t te_block_rows(int32_t depth, int32_t left) {
    (void)depth;
    return left < DENSE_ROWS ? 1 : DENSE_ROWS;
}

uint32_t te_block_size(int32_t depth, int32_t left) {
    return (uint32_t)(te_block_rows(depth, left) * depth) * sizeof(dense_element_t);
}

void te_block_begin(te_block_t *b) {
    b->step = b->rows;
}

/* n elements of one of `step` rows. */
static inline void dense_weave(dense_element_t *to, const int8_t *x, int32_t n, int32_t zero, int32_t step) {
    for (const int8_t *end = x + n; x != end; to += step) {
        *to = (dense_element_t)(*x++ - zero);
    }
}

void te_block_put(const te_block_t *b, int32_t row, const te_runs_t *runs) {
    dense_element_t *to = (dense_element_t *)b->data + runs->at * b->step + row;
    const int8_t *x = runs->x;
    for (int32_t i = runs->n; i > 0; i--, x += runs->x_step, to += runs->at_step * b->step) {
        dense_weave(to, x, runs->length, b->x_zero, b->step);
    }
}

void te_block_clear(const te_block_t *b, int32_t row) {
    dense_element_t *at = (dense_element_t *)b->data + row;
    for (int32_t i = 0; i < b->depth; i++, at += b->step) {
        *at = 0;
    }
}

void te_block_fill(te_block_t *b, const int8_t *x) {
    te_block_begin(b);
    for (int32_t i = 0; i < b->rows; i++, x += b->depth) {
        dense_weave((dense_element_t *)b->data + i, x, b->depth, b->x_zero, b->step);
    }
}

/* Sums of DENSE_ROWS rows, one channel after the other, whose weights begin at k[0], k[1], .. */
#if TE_KERNELS == TE_THUMB2

#define DENSE_STEP \
    "ldmia   %[x]!, {r0-r2}\n\t" \
    "ldrsb   r3, [%[ka]], #1\n\t" \
    "mla     %[a0], r0, r3, %[a0]\n\t" \
    "mla     %[a1], r1, r3, %[a1]\n\t" \
    "mla     %[a2], r2, r3, %[a2]\n\t" \
    "ldrsb   r3, [%[kb]], #1\n\t" \
    "mla     %[b0], r0, r3, %[b0]\n\t" \
    "mla     %[b1], r1, r3, %[b1]\n\t" \
    "mla     %[b2], r2, r3, %[b2]\n\t"

static TE_APART void dense_tile(const dense_element_t *x, const int8_t *const *k, int32_t depth, int32_t *sum) {
    const int8_t *ka = k[0], *kb = k[1];
    int32_t a0 = 0, a1 = 0, a2 = 0, b0 = 0, b1 = 0, b2 = 0, rounds = depth >> 2;
    if (rounds) {
        __asm__ volatile(
            "1:\n\t"
            DENSE_STEP DENSE_STEP DENSE_STEP DENSE_STEP
            "subs    %[n], #1\n\t"
            "bne     1b"
            : [x] "+r"(x), [ka] "+r"(ka), [kb] "+r"(kb), [n] "+r"(rounds), [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2),
              [b0] "+r"(b0), [b1] "+r"(b1), [b2] "+r"(b2)
            :
            : "r0", "r1", "r2", "r3", "cc", "memory");
    }
    for (int32_t i = depth & 3; i > 0; i--, x += 3) {
        int32_t v = *ka++, w = *kb++;
        a0 += v * x[0], a1 += v * x[1], a2 += v * x[2];
        b0 += w * x[0], b1 += w * x[1], b2 += w * x[2];
    }
    sum[0] = a0, sum[1] = a1, sum[2] = a2, sum[3] = b0, sum[4] = b1, sum[5] = b2;
}

#else

/* GCC's first scheduling moves loads so far up that it runs out of registers. */
#if defined(__riscv) && !defined(__clang__)
#define DENSE_IN_ORDER __attribute__((optimize("no-schedule-insns")))
#else
#define DENSE_IN_ORDER
#endif

#define DENSE_STEP(s, weight) do { \
        int32_t w = weight; \
        s##0 += w * x0, s##1 += w * x1, s##2 += w * x2, s##3 += w * x3; \
    } while (0)

/* Element i of the rows by that of every channel's weights. */
#define DENSE_ELEMENT(i) do { \
        int32_t x0 = x[4 * (i)], x1 = x[4 * (i) + 1], x2 = x[4 * (i) + 2], x3 = x[4 * (i) + 3]; \
        DENSE_STEP(a, ka[i]); \
        DENSE_STEP(b, kb[i]); \
        DENSE_STEP(c, kc[i]); \
        DENSE_STEP(d, kd[i]); \
    } while (0)

static TE_APART DENSE_IN_ORDER void dense_tile(const dense_element_t *x, const int8_t *const *k, int32_t depth, int32_t *sum) {
    const int8_t *ka = k[0], *kb = k[1], *kc = k[2], *kd = k[3], *end = ka + (depth & ~3);
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
    int32_t c0 = 0, c1 = 0, c2 = 0, c3 = 0, d0 = 0, d1 = 0, d2 = 0, d3 = 0;
    for (; ka != end; ka += 4, kb += 4, kc += 4, kd += 4, x += 16) {
        DENSE_ELEMENT(0);
        DENSE_ELEMENT(1);
        DENSE_ELEMENT(2);
        DENSE_ELEMENT(3);
    }
    for (int32_t i = 0; i < (depth & 3); i++) {
        DENSE_ELEMENT(i);
    }
    sum[0] = a0, sum[1] = a1, sum[2] = a2, sum[3] = a3, sum[4] = b0, sum[5] = b1, sum[6] = b2, sum[7] = b3;
    sum[8] = c0, sum[9] = c1, sum[10] = c2, sum[11] = c3, sum[12] = d0, sum[13] = d1, sum[14] = d2, sum[15] = d3;
}

#endif

/* Goes on with sums of one row by DENSE_LINE channels. */
#if TE_KERNELS == TE_THUMB2

#define DENSE_LINE 3
#define DENSE_FOUR(k, sum) \
    "ldrsb   r12, [%[" k "]], #1\n\t" \
    "mla     %[" sum "], r0, r12, %[" sum "]\n\t" \
    "ldrsb   r12, [%[" k "]], #1\n\t" \
    "mla     %[" sum "], r1, r12, %[" sum "]\n\t" \
    "ldrsb   r12, [%[" k "]], #1\n\t" \
    "mla     %[" sum "], r2, r12, %[" sum "]\n\t" \
    "ldrsb   r12, [%[" k "]], #1\n\t" \
    "mla     %[" sum "], r3, r12, %[" sum "]\n\t"

static TE_APART void dense_line(const dense_element_t *x, const int8_t *const *k, int32_t n, int32_t *sum) {
    const int8_t *ka = k[0], *kb = k[1], *kc = k[2];
    int32_t a = sum[0], b = sum[1], c = sum[2], rounds = n >> 3;
    if (rounds) {
        __asm__ volatile(
            "1:\n\t"
            "ldmia   %[x]!, {r0-r3}\n\t"
            DENSE_FOUR("ka", "a") DENSE_FOUR("kb", "b") DENSE_FOUR("kc", "c")
            "ldmia   %[x]!, {r0-r3}\n\t"
            DENSE_FOUR("ka", "a") DENSE_FOUR("kb", "b") DENSE_FOUR("kc", "c")
            "subs    %[n], #1\n\t"
            "bne     1b"
            : [x] "+r"(x), [ka] "+r"(ka), [kb] "+r"(kb), [kc] "+r"(kc), [n] "+r"(rounds), [a] "+r"(a), [b] "+r"(b),
              [c] "+r"(c)
            :
            : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
    }
    for (int32_t i = n & 7; i > 0; i--, x++) {
        a += *ka++ * *x;
        b += *kb++ * *x;
        c += *kc++ * *x;
    }
    sum[0] = a, sum[1] = b, sum[2] = c;
}

#else

#define DENSE_LINE 4
#define DENSE_SINGLE(i) do { \
        int32_t v = x[i]; \
        a += ka[i] * v, b += kb[i] * v, c += kc[i] * v, d += kd[i] * v; \
    } while (0)

static TE_APART DENSE_IN_ORDER void dense_line(const dense_element_t *x, const int8_t *const *k, int32_t n, int32_t *sum) {
    const int8_t *ka = k[0], *kb = k[1], *kc = k[2], *kd = k[3], *end = ka + (n & ~3);
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
    for (; ka != end; ka += 4, kb += 4, kc += 4, kd += 4, x += 4) {
        DENSE_SINGLE(0);
        DENSE_SINGLE(1);
        DENSE_SINGLE(2);
        DENSE_SINGLE(3);
    }
    for (int32_t i = 0; i < (n & 3); i++) {
        DENSE_SINGLE(i);
    }
    sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = d;
}

#endif

void te_row_sums(const te_matmul_t *m, const void *row, int32_t at, int32_t n, int32_t c, int32_t channels, int32_t *sum) {
    const int8_t *weights = m->k + c * m->depth + at, *k[DENSE_LINE];
    int32_t own[DENSE_LINE], depth = m->depth;
    for (; channels >= DENSE_LINE; channels -= DENSE_LINE, sum += DENSE_LINE) {
        for (int32_t i = 0; i < DENSE_LINE; i++, weights += depth) {
            k[i] = weights;
        }
        dense_line(row, k, n, sum);
    }
    if (channels > 0) {  /* the last one once more for each that is missing */
        for (int32_t i = 0; i < DENSE_LINE; i++) {
            k[i] = weights + (i < channels ? i : channels - 1) * depth;
            own[i] = sum[i < channels ? i : channels - 1];
        }
        dense_line(row, k, n, own);
        for (int32_t i = 0; i < channels; i++) {
            sum[i] = own[i];
        }
    }
}

/* Outputs of one channel from the sums of DENSE_ROWS rows. All are computed before the first is written, because
 * int8_t may lie over anything for all that the compiler knows. */
static inline void dense_quick(te_quick_t q, const int32_t *sum, int8_t *y, int32_t step) {
    int8_t out[DENSE_ROWS];
#pragma GCC unroll 4
    for (int32_t r = 0; r < DENSE_ROWS; r++) {
        out[r] = te_quick_s8(&q, sum[r] + q.bias);
    }
#pragma GCC unroll 4
    for (int32_t r = 0; r < DENSE_ROWS; r++) {
        y[r * step] = out[r];
    }
}

static void dense_slow(const te_matmul_t *m, int32_t rows, int32_t c, const int32_t *sum, int8_t *y) {
    for (int32_t r = 0; r < rows; r++) {
        te_finish_s8(m->finish, m->first + c, 1, &sum[r], y + r * m->y_step + c);
    }
}

/* Fills in the outputs of a constant channel. */
static TE_APART void dense_constant(const te_matmul_t *m, int32_t rows, int32_t c, int8_t *y) {
    for (int32_t r = 0; r < rows; r++) {
        y[r * m->y_step + c] = (int8_t)m->finish->mult[m->first + c];
    }
}

/* A block of one row. */
static void dense_single(const te_matmul_t *m, const te_block_t *b, int8_t *y) {
    for (int32_t c = 0; c < m->channels; c++) {
        int32_t sum = 0;
        te_row_sums(m, b->data, 0, m->depth, c, 1, &sum);
        dense_slow(m, 1, c, &sum, y);
    }
}

/* A block of DENSE_ROWS rows. */
static void dense_several(const te_matmul_t *m, const te_block_t *b, int8_t *y) {
    const te_matmul_t own = *m;
    const te_finish_t f = *m->finish;
    bool quick = te_quick_fits(m->finish, m->depth);
    int32_t live[DENSE_CHANNELS], sum[DENSE_CHANNELS * DENSE_ROWS], n = 0;
    const int8_t *k[DENSE_CHANNELS];
    for (int32_t c = 0; c < own.channels; c++) {
        bool constant = te_is_constant(&f, own.first + c);
        if (constant) {
            dense_constant(m, DENSE_ROWS, c, y);
        } else {
            live[n] = c;
            k[n++] = own.k + c * own.depth;
        }
        if (n == DENSE_CHANNELS || (n > 0 && c == own.channels - 1)) {
            for (int32_t i = n; i < DENSE_CHANNELS; i++) {
                k[i] = k[0];
            }
            dense_tile(b->data, k, own.depth, sum);
            for (int32_t i = 0; i < n && quick; i++) {
                dense_quick(te_quick(&f, own.first + live[i]), sum + i * DENSE_ROWS, y + live[i], own.y_step);
            }
            for (int32_t i = 0; i < n && !quick; i++) {
                dense_slow(m, DENSE_ROWS, live[i], sum + i * DENSE_ROWS, y);
            }
            n = 0;
        }
    }
    for (int32_t r = 0; r < DENSE_ROWS && quick && te_quick_clamps(&f); r++) {
        te_quick_clamp(&f, y + r * own.y_step, own.channels);
    }
}

void te_matmul_s8(const te_matmul_t *m, const te_block_t *b, int8_t *y) {
    if (b->rows == 1) {
        dense_single(m, b, y);
    } else {
        dense_several(m, b, y);
    }
}

#endif
