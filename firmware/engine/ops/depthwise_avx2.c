/* SPDX-License-Identifier: MIT
 * The int8 depthwise kernel for x86-64 with AVX2: eight neighbouring channels, two taps of the window an instruction. */
#include "avx2.h"

#if TE_KERNELS == TE_AVX2

#define TAPS_MOST 64

/* A row that is being computed. */
typedef struct {
    const te_depthwise_run_t *r;
    const int8_t *tap[TAPS_MOST];  /* of each tap its channel 0, NULL outside of the image */
    int8_t outside[8];             /* zero points */
    int32_t taps;                  /* even; the last may be none */
} taps_t;

static bool taps_fit(const te_depthwise_t *p) {
    return p->multiplier == 1 && p->depth >= 8 && p->w.k_h * p->w.k_w < TAPS_MOST;
}

int32_t te_depthwise_rows(const te_depthwise_t *p) {
    (void)p;
    return 1;
}

/* Weights as int16, those of two taps side by side: [groups of 8 channels][taps / 2][8 channels][2]. */
uint32_t te_depthwise_size(const te_depthwise_t *p) {
    uint32_t groups = (uint32_t)(p->c.channels + 7) / 8, taps = (uint32_t)(p->w.k_h * p->w.k_w + 1) & ~1u;
    return taps_fit(p) ? groups * taps * 8 * (uint32_t)sizeof(int16_t) : 0;
}

/* The first channel of a group of eight: the last group begins earlier if there are not enough. */
static int32_t taps_channel(const te_depthwise_t *p, int32_t c) {
    return c + 8 <= p->c.channels ? c : p->c.channels - 8;
}

void te_depthwise_begin(const te_depthwise_run_t *r) {
    const te_depthwise_t *p = r->p;
    int16_t *to = r->scratch;
    int32_t taps = p->w.k_h * p->w.k_w;
    for (int32_t c = 0; c < p->c.channels && taps_fit(p); c += 8) {
        const int8_t *k = (const int8_t *)r->k + taps_channel(p, c);
        for (int32_t t = 0; t < taps; t += 2, to += 16, k += 2 * p->c.channels) {
            for (int32_t i = 0; i < 8; i++) {
                to[2 * i] = k[i];
                to[2 * i + 1] = t + 1 < taps ? k[p->c.channels + i] : 0;
            }
        }
    }
}

static inline __m128i taps_load(const taps_t *d, int32_t t, int32_t c, __m128i zeros) {
    const int8_t *x = d->tap[t];
    return _mm_sub_epi16(avx2_load_8(x ? x + c : d->outside), zeros);
}

static inline __m256i taps_sums(const taps_t *d, const int16_t *k, int32_t c) {
    const __m128i zeros = _mm_set1_epi16(d->r->p->c.x_zero);
    __m256i sum = _mm256_setzero_si256();
    for (int32_t t = 0; t < d->taps; t += 2, k += 16) {
        __m128i a = taps_load(d, t, c, zeros), b = taps_load(d, t + 1, c, zeros);
        __m256i pairs = _mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, avx2_load(k)));
    }
    return sum;
}

static void taps_pixel(const taps_t *d, int8_t *y) {
    const te_depthwise_t *p = d->r->p;
    const te_finish_t *f = &d->r->finish;
    const int16_t *k = d->r->scratch;
    bool quick = te_quick_fits(f, d->taps);
    for (int32_t group = 0; group < p->c.channels; group += 8, k += 8 * d->taps) {
        int32_t c = taps_channel(p, group), sums[8];
        __m256i sum = taps_sums(d, k, c);
        if (quick) {
            avx2_quick_t q = avx2_quick(f, c);
            __m256i v = avx2_finish(&q, sum);
            _mm_storel_epi64((__m128i *)(void *)(y + c), _mm256_castsi256_si128(avx2_pack(f, v, v, v, v)));
        } else {
            _mm256_storeu_si256((__m256i *)(void *)sums, sum);
            te_finish_s8(f, c, 8, sums, y + c);
        }
    }
}

/* Where the window's taps lie at a position. */
static void taps_place(taps_t *d, int32_t batch, int32_t row, int32_t column) {
    const te_depthwise_t *p = d->r->p;
    const int8_t *image = (const int8_t *)d->r->x + batch * p->w.in_h * p->w.in_w * p->depth;
    int32_t top = row * p->w.stride_h - p->w.pad_h, left = column * p->w.stride_w - p->w.pad_w, t = 0;
    for (int32_t i = 0; i < p->w.k_h; i++) {
        int32_t h = top + i * p->w.dilation_h;
        for (int32_t j = 0; j < p->w.k_w; j++, t++) {
            int32_t w = left + j * p->w.dilation_w;
            bool inside = h >= 0 && h < p->w.in_h && w >= 0 && w < p->w.in_w;
            d->tap[t] = inside ? image + (h * p->w.in_w + w) * p->depth : NULL;
        }
    }
    d->tap[t] = NULL;
}

void te_depthwise_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows) {
    const te_depthwise_t *p = r->p;
    int8_t *y = (int8_t *)r->y + (batch * p->w.out_h + row) * p->w.out_w * p->c.channels;
    if (!taps_fit(p)) {
        for (int32_t i = 0; i < rows; i++) {
            te_depthwise_lanes(r, batch, row + i);
        }
        return;
    }
    taps_t d = {.r = r, .taps = (p->w.k_h * p->w.k_w + 1) & ~1};
    memset(d.outside, p->c.x_zero, sizeof(d.outside));
    for (int32_t column = 0; column < p->w.out_w; column++, y += p->c.channels) {
        taps_place(&d, batch, row, column);
        taps_pixel(&d, y);
    }
}

#endif
