/* SPDX-License-Identifier: MIT
 * What the kernels for x86-64 with AVX2 share: eight sums at once become outputs. */
#ifndef TORPOR_AVX2_H
#define TORPOR_AVX2_H

#include "quick.h"

#if TE_KERNELS == TE_AVX2

#include <immintrin.h>

/* Eight bytes as int16, and sixteen. */
static inline __m128i avx2_load_8(const int8_t *x) {
    return _mm_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)(const void *)x));
}

static inline __m256i avx2_load_16(const int8_t *x) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)x));
}

static inline __m256i avx2_load(const void *x) {
    return _mm256_loadu_si256((const __m256i *)x);
}

/* a * b / 2^32, rounded to nearest, halves up. */
static inline __m256i avx2_high_mul(__m256i a, __m256i b) {
    const __m256i half = _mm256_set1_epi64x(INT64_C(1) << 31);
    __m256i even = _mm256_add_epi64(_mm256_mul_epi32(a, b), half);
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32));
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), _mm256_add_epi64(odd, half), 0xAA);
}

/* te_quick_t of eight lanes. */
typedef struct {
    __m256i bias, mult, add, shift;
} avx2_quick_t;

/* Of channels c .. c + 7, which all exist. */
static inline avx2_quick_t avx2_quick(const te_finish_t *f, int32_t c) {
    avx2_quick_t q;
    q.bias = f->bias ? avx2_load(f->bias + 4 * c) : _mm256_setzero_si256();
    if (f->step) {
        q.mult = avx2_load(f->mult + c);
        q.shift = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(f->shift + c)));
    } else {
        q.mult = _mm256_set1_epi32(*f->mult);
        q.shift = _mm256_set1_epi32(*f->shift);
    }
    q.shift = _mm256_sub_epi32(_mm256_set1_epi32(-1), q.shift);
    q.add = _mm256_sllv_epi32(_mm256_set1_epi32(2 * f->zero + 1), q.shift);
    return q;
}

/* The channels of two lanes, four times each. */
static inline avx2_quick_t avx2_quick_pair(const avx2_quick_t *q, __m256i lanes) {
    avx2_quick_t p = {_mm256_permutevar8x32_epi32(q->bias, lanes), _mm256_permutevar8x32_epi32(q->mult, lanes),
        _mm256_permutevar8x32_epi32(q->add, lanes), _mm256_permutevar8x32_epi32(q->shift, lanes)};
    return p;
}

/* te_quick_s8(), without the saturation. */
static inline __m256i avx2_finish(const avx2_quick_t *q, __m256i sum) {
    sum = _mm256_add_epi32(sum, q->bias);
    __m256i v = avx2_high_mul(_mm256_add_epi32(sum, sum), q->mult);
    v = _mm256_add_epi32(v, _mm256_add_epi32(q->add, _mm256_srai_epi32(sum, 31)));
    return _mm256_srai_epi32(_mm256_srav_epi32(v, q->shift), 1);
}

/* 32 lanes as int8 within the range of the activation, in their order. */
static inline __m256i avx2_pack(const te_finish_t *f, __m256i a, __m256i b, __m256i c, __m256i d) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    bytes = _mm256_permutevar8x32_epi32(bytes, order);
    bytes = _mm256_max_epi8(bytes, _mm256_set1_epi8((char)f->range.low));
    return _mm256_min_epi8(bytes, _mm256_set1_epi8((char)f->range.high));
}

#endif
#endif
