/* SPDX-License-Identifier: MIT
 * ADD of int8 in a short way.
 *
 * The input of the greater scale is only shifted: its factor is 1/2. The other one's product and the sum's have TFLM's
 * first rounding in the upper word of twice the number times the multiplier; see te_quick_s8() for the second. */
#include "add_sub.h"
#include "avx2.h"
#include "mve.h"

#if TE_KERNELS != TE_REFERENCE

/* What an element needs; the input of the greater scale is a. The zero points are as the inputs once they are shifted. */
typedef struct {
    int32_t a_zero, b_zero;
    int32_t b_mult, b_half, b_shift;
    int32_t mult, add, shift;
} add_quick_t;

static add_quick_t add_quick(const te_add_sub_scales_t *s) {
    add_quick_t q = {s->a_zero * (1 << TE_ADD_SUB_SHIFT_S8), s->b_zero * (1 << (TE_ADD_SUB_SHIFT_S8 + 1)), s->b.mult,
        1 << (-1 - s->b.shift), -s->b.shift, s->y.mult, 0, -1 - s->y.shift};
    q.add = (2 * s->y_zero + 1) * (1 << q.shift);
    return q;
}

#if TE_KERNELS == TE_AVX2

/* The multiples of eight elements; how many. */
static int32_t add_vectors(const add_quick_t *s, const int8_t *a, const int8_t *b, int8_t *y, int32_t n) {
    const add_quick_t q = *s;
    __m256i a_zero = _mm256_set1_epi32(q.a_zero), b_zero = _mm256_set1_epi32(q.b_zero);
    __m256i b_mult = _mm256_set1_epi32(q.b_mult), b_half = _mm256_set1_epi32(q.b_half);
    __m256i mult = _mm256_set1_epi32(q.mult), add = _mm256_set1_epi32(q.add);
    int32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i u = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(a + i)));
        __m256i v = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(b + i)));
        v = _mm256_sub_epi32(_mm256_slli_epi32(v, TE_ADD_SUB_SHIFT_S8 + 1), b_zero);
        v = _mm256_add_epi32(avx2_high_mul(v, b_mult), _mm256_add_epi32(b_half, _mm256_srai_epi32(v, 31)));
        v = _mm256_slli_epi32(_mm256_sra_epi32(v, _mm_cvtsi32_si128(q.b_shift)), 1);
        v = _mm256_add_epi32(v, _mm256_sub_epi32(_mm256_slli_epi32(u, TE_ADD_SUB_SHIFT_S8), a_zero));
        v = _mm256_add_epi32(avx2_high_mul(v, mult), _mm256_add_epi32(add, _mm256_srai_epi32(v, 31)));
        v = _mm256_sra_epi32(v, _mm_cvtsi32_si128(q.shift + 1));
        __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
        _mm_storel_epi64((__m128i *)(void *)(y + i), _mm_packs_epi16(words, words));
    }
    return i;
}

#elif TE_KERNELS == TE_MVE

/* The multiples of four elements. Inputs are half of what they are elsewhere, because VQRDMLAH doubles products. */
static TE_APART int32_t add_vectors(const add_quick_t *s, const int8_t *a, const int8_t *b, int8_t *y, int32_t n) {
    int32_t a_zero = -s->a_zero / 2, b_zero = -s->b_zero / 2, b_mult = s->b_mult, b_half = s->b_half, b_shift = -s->b_shift;
    int32_t mult = s->mult, add = s->add, up = 23 - s->shift;
    for (int32_t i = n >> 2; i > 0; i--, a += 4, b += 4, y += 4) {
        int32x4_t u = vaddq_n_s32(vshlq_n_s32(vldrbq_s32(a), TE_ADD_SUB_SHIFT_S8 - 1), a_zero);
        int32x4_t v = vaddq_n_s32(vshlq_n_s32(vldrbq_s32(b), TE_ADD_SUB_SHIFT_S8), b_zero);
        v = vqrdmlahq_n_s32(vaddq_n_s32(vshrq_n_s32(v, 31), b_half), v, b_mult);
        u = vaddq_s32(u, vshlq_r_s32(v, b_shift));
        v = vqrdmlahq_n_s32(vaddq_n_s32(vshrq_n_s32(u, 31), add), u, mult);
        vstrbq_s32(y, vshrq_n_s32(vqshlq_r_s32(v, up), 24));
    }
    return n & ~3;
}

#else

static int32_t add_vectors(const add_quick_t *s, const int8_t *a, const int8_t *b, int8_t *y, int32_t n) {
    (void)s, (void)a, (void)b, (void)y, (void)n;
    return 0;
}

#endif

static TE_APART void add_each(const add_quick_t *q, const int8_t *a, const int8_t *b, int8_t *y, int32_t n) {
    int32_t a_zero = q->a_zero, b_zero = q->b_zero, b_mult = q->b_mult, b_half = q->b_half, b_shift = q->b_shift;
    int32_t mult = q->mult, add = q->add, shift = q->shift;
    for (const int8_t *end = y + n; y != end; y++) {
        int32_t doubled = *b++ * (1 << (TE_ADD_SUB_SHIFT_S8 + 1)) - b_zero;
        int32_t other = te_high_mla(doubled, b_mult, b_half + (doubled >> 31)) >> b_shift;
        doubled = *a++ * (1 << TE_ADD_SUB_SHIFT_S8) - a_zero + 2 * other;
        *y = (int8_t)te_half_s8(te_high_mla(doubled, mult, add + (doubled >> 31)) >> shift);
    }
}

/* On cores without vectors, where it pays: what the second input adds, less the first one's zero point, for each value. */
#define ADD_VALUES 256
#define ADD_TABLE (TE_KERNELS != TE_AVX2 && TE_KERNELS != TE_MVE)
#define ADD_TABLE_FROM 1024  /* elements a run */

uint32_t te_add_table_size(int32_t run) {
    return ADD_TABLE && run >= ADD_TABLE_FROM ? ADD_VALUES * sizeof(int32_t) : 0;
}

static void add_fill(const add_quick_t *q, int32_t *table) {
    int32_t doubled = INT8_MIN * (1 << (TE_ADD_SUB_SHIFT_S8 + 1)) - q->b_zero;
    for (int32_t i = 0; i < ADD_VALUES; i++, doubled += 1 << (TE_ADD_SUB_SHIFT_S8 + 1)) {
        table[i] = 2 * (te_high_mla(doubled, q->b_mult, q->b_half + (doubled >> 31)) >> q->b_shift) - q->a_zero;
    }
}

static TE_APART void add_from_table(const add_quick_t *q, const int32_t *table, const int8_t *a, const int8_t *b, int8_t *y, int32_t n) {
    int32_t mult = q->mult, add = q->add, shift = q->shift;
    table -= INT8_MIN;
#pragma GCC unroll 4
    for (const int8_t *end = y + n; y != end; y++) {
        int32_t doubled = *a++ * (1 << TE_ADD_SUB_SHIFT_S8) + table[*b++];
        *y = (int8_t)te_half_s8(te_high_mla(doubled, mult, add + (doubled >> 31)) >> shift);
    }
}

static bool add_is_half(te_scale_t s) {
    return s.mult == 1 << 30 && s.shift == 0;
}

bool te_add_s8_quick(const te_add_sub_t *p, const te_run_t *r) {
    te_add_sub_scales_t s = p->scales;
    const int8_t *a = (const int8_t *)r->a, *b = (const int8_t *)r->b;
    if (!add_is_half(s.a)) {
        s.a = p->scales.b, s.a_zero = p->scales.b_zero;
        s.b = p->scales.a, s.b_zero = p->scales.a_zero;
        a = (const int8_t *)r->b;
        b = (const int8_t *)r->a;
    }
    if (r->a_step != 1 || r->b_step != 1 || !add_is_half(s.a) || s.b.shift >= 0 || s.y.shift >= 0 || s.y.shift < -22) {
        return false;
    }
    add_quick_t q = add_quick(&s);
    if (te_add_table_size(r->n)) {
        int32_t *table = te_out(r->model, p->table);
        add_fill(&q, table);
        add_from_table(&q, table, a, b, r->y, r->n);
    } else {
        int32_t done = add_vectors(&q, a, b, r->y, r->n);
        add_each(&q, a + done, b + done, (int8_t *)r->y + done, r->n - done);
    }
    if (p->range.low > INT8_MIN || p->range.high < INT8_MAX) {
        for (int32_t i = 0; i < r->n; i++) {
            ((int8_t *)r->y)[i] = (int8_t)te_clamp(((int8_t *)r->y)[i], p->range.low, p->range.high);
        }
    }
    return true;
}

#endif
