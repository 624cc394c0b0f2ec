/* SPDX-License-Identifier: MIT
 * What the microphone hears: the world's sound, which goes on in the world's time; else mic.wav of the host (16 bit PCM,
 * mono) from its start on; else silence.
 */
#ifndef EMULATED_RECORDING_H
#define EMULATED_RECORDING_H

#include <stdint.h>

typedef struct {
    struct heard *heard; // what is known of the world's sound, in the heap; NULL: there is none
    uint64_t begun;     // the world's number of the first sample
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
