/* SPDX-License-Identifier: MIT
 * Power spectrum of real samples: a radix-2 transform of half the length, then its two halves
 * are told apart (Numerical Recipes, "FFT of Single Real Function").
 *
 * 32-bit data, Q30 twiddles, 64-bit products rounded once a butterfly. Nothing is scaled
 * between the stages: parts.h shows that every value fits.
 */
#include "parts.h"

void td_fft_init(int32_t *sine, size_t n) {
    for (size_t i = 0; i <= n / 4; i++) {
        sine[i] = td_sine((int32_t)(((uint64_t)i << 32) / n));
    }
}

typedef struct {
    int32_t cos, sin;
} fft_turn_t;

/* cos and sin of 2 pi i / n, for i <= n / 2, from a quarter wave of the sine. */
static fft_turn_t fft_turn(const int32_t *sine, size_t n, size_t i) {
    size_t quarter = n / 4;
    if (i <= quarter) {
        return (fft_turn_t) {sine[quarter - i], sine[i]};
    }
    return (fft_turn_t) {-sine[i - quarter], sine[2 * quarter - i]};
}

static int32_t fft_round(int64_t q30) {
    return (int32_t)((q30 + (1 << 29)) >> 30);
}

/* (a, b) <- (a + t, a - t), t = b * (cos - i sin). */
static void fft_butterfly(td_bin_t *a, td_bin_t *b, fft_turn_t w) {
    int32_t re = fft_round((int64_t)b->z.re * w.cos + (int64_t)b->z.im * w.sin);
    int32_t im = fft_round((int64_t)b->z.im * w.cos - (int64_t)b->z.re * w.sin);
    b->z.re = a->z.re - re;
    b->z.im = a->z.im - im;
    a->z.re += re;
    a->z.im += im;
}

/* Puts bin i where the bits of i, read backwards, say. */
static void fft_reorder(td_bin_t *bins, size_t count) {
    for (size_t i = 1, j = 0; i < count; i++) {
        size_t bit = count >> 1;
        for (; j & bit; bit >>= 1) {
            j ^= bit;
        }
        j |= bit;
        if (i < j) {
            td_bin_t swap = bins[i];
            bins[i] = bins[j];
            bins[j] = swap;
        }
    }
}

/* Complex transform of bins[count], with the twiddles of n = 2 * count points. */
static void fft_complex(const int32_t *sine, td_bin_t *bins, size_t count) {
    fft_reorder(bins, count);
    for (size_t half = 1; half < count; half *= 2) {
        for (size_t j = 0; j < half; j++) {
            fft_turn_t w = fft_turn(sine, 2 * count, j * (count / half));
            for (size_t i = j; i < count; i += 2 * half) {
                fft_butterfly(&bins[i], &bins[i + half], w);
            }
        }
    }
}

/* |re + i im|^2 of twice the spectrum in Q4, as power in squared sample steps. */
static uint64_t fft_power(int32_t re, int32_t im) {
    const int shift = 2 * TD_SAMPLE_BITS + 2;
    return ((uint64_t)((int64_t)re * re + (int64_t)im * im) + (1 << (shift - 1))) >> shift;
}

/* a, b = Z[k], Z[n/2 - k] of the packed transform become the powers of bins k and n/2 - k:
 * 2 X[k] = (a + b*) - i w (a - b*), 2 X[n/2 - k] = ((a + b*) + i w (a - b*))*, w = e^(-2 pi i k / n). */
static void fft_split(td_bin_t *low, td_bin_t *high, td_bin_t a, td_bin_t b, fft_turn_t w) {
    int32_t sum_re = a.z.re + b.z.re, sum_im = a.z.im - b.z.im;
    int32_t dif_re = a.z.re - b.z.re, dif_im = a.z.im + b.z.im;
    int32_t re = fft_round((int64_t)dif_re * w.cos + (int64_t)dif_im * w.sin);
    int32_t im = fft_round((int64_t)dif_im * w.cos - (int64_t)dif_re * w.sin);
    low->power = fft_power(sum_re + im, sum_im - re);
    high->power = fft_power(sum_re - im, sum_im + re);
}

void td_fft_power(const int32_t *sine, size_t n, td_bin_t *bins) {
    size_t count = n / 2;
    fft_complex(sine, bins, count);
    fft_split(&bins[0], &bins[count], bins[0], bins[0], fft_turn(sine, n, 0));
    for (size_t k = 1; k <= count / 2; k++) {
        fft_split(&bins[k], &bins[count - k], bins[k], bins[count - k], fft_turn(sine, n, k));
    }
}
