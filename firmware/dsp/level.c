/* SPDX-License-Identifier: MIT
 * Sound level: the variance of the samples on a scale of decibels.
 */
#include "parts.h"

/* n * variance: sum x^2 - (sum x)^2 / n, without overflow up to n = 2^24. */
static uint64_t level_energy(const int16_t *samples, size_t n) {
    int64_t sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += samples[i];
        squares += (int64_t)samples[i] * samples[i];
    }
    int64_t count = (int64_t)n, mean = sum / count, rest = sum % count;
    return (uint64_t)(squares - mean * sum - rest * sum / count);
}

int32_t td_level_cdb(const int16_t *samples, size_t n) {
    uint64_t energy = n ? level_energy(samples, n) : 0;
    if (energy == 0) {
        return -12000;
    }
    /* 100 * 10 log10(energy / n / 2^30) = 301.03 * log2 of it */
    int32_t log = (int32_t)td_log2(energy, 16) - (int32_t)td_log2(n, 16) - (30 << 16);
    return (int32_t)(((int64_t)log * 19728302 + ((int64_t)1 << 31)) >> 32);
}
