/* SPDX-License-Identifier: MIT
 * The log-mel front end: lays out its state and joins the parts.
 */
#include "parts.h"

#include <string.h>

/* Its tables follow it in the same block, which must therefore stay where it was initialised. */
struct td_logmel {
    td_config_t config;
    td_bin_t *bins;    /* [fft / 2 + 1] */
    int32_t *sine;     /* [fft / 4 + 1] */
    uint16_t *window;  /* [window / 2 + 1] */
    td_mel_t mel;
};

static int logmel_valid(const td_config_t *c) {
    return c->rate >= 1000 && c->rate <= 96000
        && c->fft >= 32 && c->fft <= 2048 && (c->fft & (c->fft - 1)) == 0
        && c->window >= 16 && c->window <= c->fft
        && c->bands >= 1 && c->bands <= 128
        && c->low_hz < c->high_hz && c->high_hz <= c->rate / 2;
}

/* Offsets in bytes, widest type first, so that each is aligned. */
typedef struct {
    size_t bins, sine, window, edges, weights, end;
} logmel_layout_t;

static logmel_layout_t logmel_layout(const td_config_t *c) {
    logmel_layout_t at;
    size_t spectrum = c->fft / 2u + 1;
    at.bins = (sizeof(td_logmel_t) + 7) & ~(size_t)7;
    at.sine = at.bins + spectrum * sizeof(td_bin_t);
    at.window = at.sine + (c->fft / 4u + 1) * sizeof(int32_t);
    at.edges = at.window + (c->window / 2u + 1) * sizeof(uint16_t);
    at.weights = at.edges + (c->bands + 2u) * sizeof(uint16_t);
    at.end = at.weights + spectrum * sizeof(uint16_t);
    return at;
}

int32_t td_logmel_size(const td_config_t *config) {
    return logmel_valid(config) ? (int32_t)logmel_layout(config).end : TD_ERR_ARGUMENT;
}

int td_logmel_init(td_logmel_t *state, const td_config_t *config) {
    if (!logmel_valid(config)) {
        return TD_ERR_ARGUMENT;
    }
    logmel_layout_t at = logmel_layout(config);
    char *base = (char *)state;
    state->config = *config;
    state->bins = (td_bin_t *)(void *)(base + at.bins);
    state->sine = (int32_t *)(void *)(base + at.sine);
    state->window = (uint16_t *)(void *)(base + at.window);
    state->mel.edges = (uint16_t *)(void *)(base + at.edges);
    state->mel.weights = (uint16_t *)(void *)(base + at.weights);
    td_fft_init(state->sine, config->fft);
    td_hann_init(state->window, config->window);
    td_mel_init(&state->mel, config);
    return TD_OK;
}

void td_logmel_frame(td_logmel_t *state, const int16_t *samples, int16_t *features) {
    const td_config_t *c = &state->config;
    int32_t *x = (int32_t *)(void *)state->bins;  /* real samples, packed in pairs (re, im) */
    td_hann_apply(state->window, samples, c->window, x);
    memset(x + c->window, 0, (size_t)(c->fft - c->window) * sizeof(int32_t));
    td_fft_power(state->sine, c->fft, state->bins);
    td_mel_apply(&state->mel, c->bands, state->bins, features);
}
