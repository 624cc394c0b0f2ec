/* SPDX-License-Identifier: MIT
 * Triangular bands on the mel scale, mel(f) = 2595 log10(1 + f / 700) (O'Shaughnessy 1987, as in HTK).
 *
 * bands + 2 edges divide [low_hz, high_hz] evenly in mel; band b rises from edge b to edge b + 1 and
 * falls to edge b + 2, linear in mel, peak 1. So a bin at place p = b + t between edges b and b + 1
 * gives t of its power to band b and 1 - t to band b - 1, and one weight a bin is enough. In p the
 * constants of mel() cancel: p = (bands + 1) * log2((700 + f) / (700 + low)) / log2((700 + high) / (700 + low)).
 */
#include "parts.h"

static int64_t mel_log(uint64_t hz_times_fft) {
    return td_log2(hz_times_fft, 24);
}

void td_mel_init(const td_mel_t *mel, const td_config_t *config) {
    uint32_t fft = config->fft, edge = 0;
    int64_t low = mel_log((uint64_t)(700 + config->low_hz) * fft);
    int64_t span = mel_log((uint64_t)(700 + config->high_hz) * fft) - low;
    for (uint32_t k = 0; k <= fft / 2; k++) {
        int64_t above = mel_log((uint64_t)700 * fft + (uint64_t)k * config->rate) - low;
        int64_t place = above < 0 ? -1 : (above * (config->bands + 1) * TD_MEL_ONE + span / 2) / span;
        for (; edge < config->bands + 2u && place >= (int64_t)edge * TD_MEL_ONE; edge++) {
            mel->edges[edge] = (uint16_t)k;
        }
        mel->weights[k] = (uint16_t)(place & (TD_MEL_ONE - 1));
    }
    for (; edge < config->bands + 2u; edge++) {
        mel->edges[edge] = (uint16_t)(fft / 2 + 1);
    }
}

static int16_t mel_feature(uint64_t sum) {
    int32_t log = sum ? (int32_t)((td_log2(sum, 9) + 1) / 2) - 256 * TD_MEL_BITS : 0;
    return (int16_t)(log > 0 ? log : 0);
}

void td_mel_apply(const td_mel_t *mel, size_t bands, const td_bin_t *power, int16_t *features) {
    uint64_t risen = 0;
    for (size_t b = 0; b <= bands; b++) {
        uint64_t all = 0, rising = 0;
        for (size_t k = mel->edges[b]; k < mel->edges[b + 1]; k++) {
            all += power[k].power;
            rising += power[k].power * mel->weights[k];
        }
        if (b > 0) {
            features[b - 1] = mel_feature(risen + all * TD_MEL_ONE - rising);
        }
        risen = rising;
    }
}
