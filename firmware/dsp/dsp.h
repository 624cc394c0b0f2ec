/* SPDX-License-Identifier: MIT
 * Torpor's signal processing: log-mel features and sound level. This header is the manual.
 *
 * Integer arithmetic only, so that every machine computes the same bytes: the board, and
 * the host that made the training data. No allocation, no global state, no libm.
 *
 *     int16 samples -> Hann window -> real FFT -> power -> mel bands -> log2 -> int16 features
 *
 * One call of td_logmel_frame() turns td_config_t.window samples into td_config_t.bands values
 * in units of 1/256 log2 of band power: a value that is 256 higher is twice the power (3.01 dB).
 */
#ifndef TORPOR_DSP_H
#define TORPOR_DSP_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    TD_OK = 0,
    TD_ERR_ARGUMENT = -1  /* a field of td_config_t is out of its range */
} td_err_t;

typedef struct {
    uint32_t rate;     /* samples a second, 1000..96000 */
    uint16_t window;   /* samples a frame, 16..fft */
    uint16_t fft;      /* power of two, 32..2048, >= window; the frame is zero-padded to it */
    uint16_t bands;    /* mel bands, 1..128; one that is narrower than a bin of the FFT can stay empty, always 0 */
    uint16_t low_hz;   /* lower edge of the first band, < high_hz */
    uint16_t high_hz;  /* upper edge of the last band, <= rate / 2 */
} td_config_t;

typedef struct td_logmel td_logmel_t;

/* Bytes of state (tables and work space) for a configuration, or a negative td_err_t. */
int32_t td_logmel_size(const td_config_t *config);

/* Builds the tables in `state` (td_logmel_size bytes, aligned to 8, not to be moved afterwards). */
int td_logmel_init(td_logmel_t *state, const td_config_t *config);

/* samples[window] -> features[bands], 1/256 log2 of power, >= 0. Allocates nothing.
 * 69 k instructions on a Cortex-M4F for 480 samples, an FFT of 512 and 32 bands (gcc 12, -O2; 84 k with -Os). */
void td_logmel_frame(td_logmel_t *state, const int16_t *samples, int16_t *features);

/* features[n] (1/256 log2) -> q[n]: saturate(round_half_away((f - offset) * multiplier / 65536) + zero_point).
 * The model's metadata gives offset and multiplier, so that host and device cannot disagree. */
void td_quantize_s8(const int16_t *features, size_t n, int32_t offset, int32_t multiplier,
    int32_t zero_point, int8_t *q);

/* Mean level of n <= 2^24 samples in 1/100 dB relative to full scale (a full-scale square wave is 0);
 * the mean (DC) is removed first. -12000 for silence. */
int32_t td_level_cdb(const int16_t *samples, size_t n);

#endif
