/* SPDX-License-Identifier: MIT
 * The dense int8 kernels for x86-64 with AVX2: rows of int16, sixteen products an instruction, four rows by two channels
 * at once. */
#include "avx2.h"

#if TE_KERNELS == TE_AVX2

#define DENSE_ROWS 4

int32_t te_block_rows(int32_t depth, int32_t left) {
    (void)depth;
    return left < DENSE_ROWS ? left : DENSE_ROWS;
}

/* Elements from a row to the next: whole vectors. */
static int32_t dense_stride(int32_t depth) {
    return (depth + 15) & ~15;
}

uint32_t te_block_size(int32_t depth, int32_t left) {
    (void)left;
    return (uint32_t)(DENSE_ROWS * dense_stride(depth)) * sizeof(int16_t);
}

void te_block_begin(te_block_t *b) {
    b->step = dense_stride(b->depth);
}

static inline void dense_widen(int16_t *to, const int8_t *x, int32_t n, int32_t zero) {
    __m128i zeros = _mm_set1_epi16((int16_t)zero);
    for (; n >= 8; n -= 8, x += 8, to += 8) {
        _mm_storeu_si128((__m128i *)(void *)to, _mm_sub_epi16(avx2_load_8(x), zeros));
    }
    for (; n > 0; n--) {
        *to++ = (int16_t)(*x++ - zero);
    }
}

void te_block_put(const te_block_t *b, int32_t row, const te_runs_t *runs) {
    int16_t *to = (int16_t *)b->data + row * b->step + runs->at;
    const int8_t *x = runs->x;
    for (int32_t i = runs->n; i > 0; i--, x += runs->x_step, to += runs->at_step) {
        dense_widen(to, x, runs->length, b->x_zero);
    }
}

void te_block_clear(const te_block_t *b, int32_t row) {
    memset((int16_t *)b->data + row * b->step, 0, (uint32_t)b->depth * sizeof(int16_t));
}

void te_block_fill(te_block_t *b, const int8_t *x) {
    te_block_begin(b);
    for (int32_t i = 0; i < b->rows; i++) {
        dense_widen((int16_t *)b->data + i * b->step, x + i * b->depth, b->depth, b->x_zero);
    }
}

static const uint8_t dense_mask[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

/* The last n < 16 weights and zeros, with which it does not matter what x has there. `last` is the last place that
 * sixteen bytes may be read from. */
static inline __m256i dense_rest(const int8_t *k, int32_t n, const int8_t *last) {
    int8_t rest[16] = {0};
    if (k <= last) {
        __m128i mask = _mm_loadu_si128((const __m128i *)(const void *)(dense_mask + 16 - n));
        return _mm256_cvtepi8_epi16(_mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)k), mask));
    }
    memcpy(rest, k, (uint32_t)n);
    return avx2_load_16(rest);
}

static const int8_t *dense_last(const te_matmul_t *m) {
    uint32_t beyond = m->beyond < 16 ? m->beyond : 16;
    return m->k + m->channels * m->depth + beyond - 16;
}

/* Eight vectors' sums, in their order. */
static inline __m128i dense_sum_4(__m256i a, __m256i b, __m256i c, __m256i d) {
    __m256i sum = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
}

#define DENSE_MLA(sum, x, k) sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, k))

#define DENSE_TILE(wa, wb) do { \
        __m256i va = wa, vb = wb, v = avx2_load(x); \
        DENSE_MLA(a0, v, va); \
        DENSE_MLA(b0, v, vb); \
        v = avx2_load(x + stride); \
        DENSE_MLA(a1, v, va); \
        DENSE_MLA(b1, v, vb); \
        v = avx2_load(x + 2 * stride); \
        DENSE_MLA(a2, v, va); \
        DENSE_MLA(b2, v, vb); \
        v = avx2_load(x + 3 * stride); \
        DENSE_MLA(a3, v, va); \
        DENSE_MLA(b3, v, vb); \
    } while (0)

/* Sums of four rows by one channel and then by another. */
static inline __m256i dense_tile(const te_block_t *b, const int8_t *ka, const int8_t *kb, int32_t depth, const int8_t *last) {
    const int16_t *x = b->data;
    int32_t stride = b->step, n = depth;
    __m256i a0 = _mm256_setzero_si256(), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    for (; n >= 16; n -= 16, x += 16, ka += 16, kb += 16) {
        DENSE_TILE(avx2_load_16(ka), avx2_load_16(kb));
    }
    if (n > 0) {
        DENSE_TILE(dense_rest(ka, n, last), dense_rest(kb, n, last));
    }
    return _mm256_set_m128i(dense_sum_4(b0, b1, b2, b3), dense_sum_4(a0, a1, a2, a3));
}

#define DENSE_LINE(w) do { \
        __m256i v = avx2_load(x + i); \
        DENSE_MLA(a0, v, w(k[0] + i)); \
        DENSE_MLA(a1, v, w(k[1] + i)); \
        DENSE_MLA(a2, v, w(k[2] + i)); \
        DENSE_MLA(a3, v, w(k[3] + i)); \
    } while (0)

/* Sums of one row go on by four channels. */
static inline void dense_line(const int16_t *x, const int8_t *const *k, int32_t n, const int8_t *last, int32_t *sum) {
    __m256i a0 = _mm256_setzero_si256(), a1 = a0, a2 = a0, a3 = a0;
    int32_t i = 0;
    for (; i + 16 <= n; i += 16) {
        DENSE_LINE(avx2_load_16);
    }
    if (i < n) {
#define DENSE_LINE_REST(k) dense_rest(k, n - i, last)
        DENSE_LINE(DENSE_LINE_REST);
    }
    __m128i *to = (__m128i *)(void *)sum;
    _mm_storeu_si128(to, _mm_add_epi32(_mm_loadu_si128(to), dense_sum_4(a0, a1, a2, a3)));
}

void te_row_sums(const te_matmul_t *m, const void *row, int32_t at, int32_t n, int32_t c, int32_t channels, int32_t *sum) {
    const int8_t *last = dense_last(m), *first = m->k + c * m->depth + at;
    for (int32_t i = 0; i < channels; i += 4) {
        const int8_t *k[4];
        int32_t own[4] = {0}, left = channels - i < 4 ? channels - i : 4;
        for (int32_t j = 0; j < 4; j++) {
            k[j] = first + (i + (j < left ? j : 0)) * m->depth;
        }
        dense_line(row, k, n, last, own);
        for (int32_t j = 0; j < left; j++) {
            sum[i + j] += own[j];
        }
    }
}

void te_row_finish(const te_matmul_t *m, int32_t c, int32_t n, const int32_t *sum, int8_t *y) {
    const te_finish_t *f = m->finish;
    int32_t i = 0;
    for (; i + 8 <= n && te_quick_fits(f, m->depth); i += 8) {
        avx2_quick_t q = avx2_quick(f, m->first + c + i);
        __m256i v = avx2_finish(&q, avx2_load(sum + i));
        _mm_storel_epi64((__m128i *)(void *)(y + i), _mm256_castsi256_si128(avx2_pack(f, v, v, v, v)));
        for (int32_t j = i; j < i + 8; j++) {
            y[j] = te_is_constant(f, m->first + c + j) ? (int8_t)f->mult[m->first + c + j] : y[j];
        }
    }
    te_finish_s8(f, m->first + c + i, n - i, sum + i, y + i);
}

/* One channel, the plain way: where there are fewer than eight, or the short way does not suit. */
static void dense_channel(const te_matmul_t *m, const te_block_t *b, int32_t c, int8_t *y) {
    int32_t sum[8];
    const int8_t *k = m->k + c * m->depth;
    _mm256_storeu_si256((__m256i *)(void *)sum, dense_tile(b, k, k, m->depth, dense_last(m)));
    for (int32_t r = 0; r < b->rows; r++) {
        te_finish_s8(m->finish, m->first + c, 1, &sum[r], y + r * m->y_step + c);
    }
}

/* Bit i: the weights of channel c + i count. */
static inline uint32_t dense_live(const te_finish_t *f, int32_t c) {
    const __m128i constant = _mm_set1_epi8(TE_CONSTANT);
    if (!f->step) {
        return 0xFF;
    }
    __m128i shift = _mm_loadl_epi64((const __m128i *)(const void *)(f->shift + c));
    return ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(shift, constant)) & 0xFF;
}

/* Sums of eight channels, [channel][row]; 0 of those whose weights do not count. */
static inline void dense_eight_sums(const te_matmul_t *m, const te_block_t *b, const int8_t *k, uint32_t live, int32_t *sum) {
    const int8_t *last = dense_last(m);
    while (live) {
        int32_t i = __builtin_ctz(live), j;
        live &= live - 1;
        j = live ? __builtin_ctz(live) : i;
        live &= live - (live != 0);
        __m256i two = dense_tile(b, k + i * m->depth, k + j * m->depth, m->depth, last);
        _mm_storeu_si128((__m128i *)(void *)(sum + 4 * i), _mm256_castsi256_si128(two));
        _mm_storeu_si128((__m128i *)(void *)(sum + 4 * j), _mm256_extracti128_si256(two, 1));
    }
}

/* Outputs of channels c .. c + 7. */
static void dense_eight(const te_matmul_t *m, const te_block_t *b, int32_t c, int8_t *y) {
    const te_finish_t *f = m->finish;
    uint32_t live = dense_live(f, m->first + c);
    int32_t sum[32] = {0};
    int8_t out[32];
    dense_eight_sums(m, b, m->k + c * m->depth, live, sum);
    avx2_quick_t q = avx2_quick(f, m->first + c);
    __m256i v[4];
    for (int32_t i = 0; i < 4; i++) {
        __m256i lanes = _mm256_setr_epi32(2 * i, 2 * i, 2 * i, 2 * i, 2 * i + 1, 2 * i + 1, 2 * i + 1, 2 * i + 1);
        avx2_quick_t p = avx2_quick_pair(&q, lanes);
        v[i] = avx2_finish(&p, avx2_load(sum + 8 * i));
    }
    /* [channel][row] to [row][channel]: within each half of four channels, then the halves. */
    const __m256i turn = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m256i bytes = _mm256_shuffle_epi8(avx2_pack(f, v[0], v[1], v[2], v[3]), turn);
    bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256((__m256i *)(void *)out, bytes);
    for (int32_t r = 0; r < b->rows; r++) {
        int8_t *to = y + r * m->y_step + c;
        memcpy(to, out + 8 * r, 8);
        for (uint32_t constant = ~live & 0xFF; constant; constant &= constant - 1) {
            int32_t i = __builtin_ctz(constant);
            to[i] = (int8_t)f->mult[m->first + c + i];
        }
    }
}

void te_matmul_s8(const te_matmul_t *m, const te_block_t *b, int8_t *y) {
    if (m->channels < 8 || !te_quick_fits(m->finish, m->depth)) {
        for (int32_t c = 0; c < m->channels; c++) {
            dense_channel(m, b, c, y);
        }
        return;
    }
    for (int32_t c = 0; c < m->channels; c += 8) {
        dense_eight(m, b, c + 8 <= m->channels ? c : m->channels - 8, y);
    }
}

#endif
