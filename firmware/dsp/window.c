/* SPDX-License-Identifier: MIT
 * The periodic Hann window, w[i] = sin^2(pi * i / n); symmetric, so half of it is kept.
 */
#include "parts.h"

void td_hann_init(uint16_t *weights, size_t n) {
    for (size_t i = 0; i <= n / 2; i++) {
        int64_t sine = td_sine((int32_t)(((uint64_t)i << 31) / n));
        weights[i] = (uint16_t)((sine * sine + ((int64_t)1 << 44)) >> 45);
    }
}

static int32_t window_multiply(int32_t sample, int32_t weight) {
    const int shift = 15 - TD_SAMPLE_BITS;
    return (sample * weight + (1 << (shift - 1))) >> shift;
}

void td_hann_apply(const uint16_t *weights, const int16_t *samples, size_t n, int32_t *x) {
    x[0] = 0;
    for (size_t i = 1; i <= n / 2; i++) {
        x[i] = window_multiply(samples[i], weights[i]);
        x[n - i] = window_multiply(samples[n - i], weights[i]);
    }
}
