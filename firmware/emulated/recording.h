/* SPDX-License-Identifier: MIT
 * mic.wav of the host, what the microphone hears: 16 bit PCM, mono.
 */
#ifndef EMULATED_RECORDING_H
#define EMULATED_RECORDING_H

#include <stdint.h>

typedef struct {
    int file;           // -1: silence
    uint32_t offset;    // of the first sample, in bytes
    uint32_t samples;
} recording_t;

/* No file is silence. Raises OSError(EINVAL, text) for one that has another format or rate. */
recording_t recording_open(uint32_t rate);
void recording_close(recording_t *recording);

/* samples[n] from sample `first` on; zeros after the end. */
void recording_read(const recording_t *recording, uint64_t first, int16_t *samples, uint32_t n);

#endif
