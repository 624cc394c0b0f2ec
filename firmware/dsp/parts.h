/* SPDX-License-Identifier: MIT
 * The parts behind dsp.h, each in the file of its name.
 *
 * Scales, from samples to features (A is a sample's full scale, 2^15):
 *   windowed samples  Q4: |x| <= 2^19; four bits below a sample's step keep rounding out of sight
 *   spectrum          Q4, unscaled sum of at most 2048 terms of mean weight 1/2: |X| <= 2^29
 *   power             |X|^2 in squared sample steps, Q0: <= 2^50
 *   mel sums          power * TD_MEL_ONE: < 2^63
 * Right shifts of negative numbers are arithmetic, as on every compiler we know.
 */
#ifndef TORPOR_DSP_PARTS_H
#define TORPOR_DSP_PARTS_H

#include "dsp.h"

#define TD_ONE_Q30 (1 << 30)
#define TD_SAMPLE_BITS 4
#define TD_MEL_BITS 12
#define TD_MEL_ONE (1 << TD_MEL_BITS)

/* One slot of the transform's work space: first a complex value, in the end a power. */
typedef union {
    struct {
        int32_t re, im;
    } z;
    uint64_t power;
} td_bin_t;

/* sin(pi/2 * x) in Q30, for x in [0, 1] in Q30; within 2 steps of the true value. */
int32_t td_sine(int32_t x);

/* floor(log2(v) * 2^bits), v >= 1, bits <= 24. */
uint32_t td_log2(uint64_t v, int bits);

/* weights[n / 2 + 1]: the first half of a periodic Hann window of n points, Q15 (0..32768). */
void td_hann_init(uint16_t *weights, size_t n);

/* samples[n] * window -> x[n] in Q4. */
void td_hann_apply(const uint16_t *weights, const int16_t *samples, size_t n, int32_t *x);

/* sine[n / 4 + 1]: a quarter wave in Q30, for transforms of n real points. */
void td_fft_init(int32_t *sine, size_t n);

/* bins[n / 2] hold n real values x[2i], x[2i+1] as (re, im), Q4 -> power of bins 0..n/2. */
void td_fft_power(const int32_t *sine, size_t n, td_bin_t *bins);

/* Where each bin falls on the mel scale, see mel.c. */
typedef struct {
    uint16_t *edges;    /* [bands + 2]: first bin at or above edge b */
    uint16_t *weights;  /* [fft / 2 + 1]: weight of a bin in the band that rises there, 0..TD_MEL_ONE - 1 */
} td_mel_t;

void td_mel_init(const td_mel_t *mel, const td_config_t *config);

/* power[fft / 2 + 1] -> features[bands], 1/256 log2. */
void td_mel_apply(const td_mel_t *mel, size_t bands, const td_bin_t *power, int16_t *features);

#endif
