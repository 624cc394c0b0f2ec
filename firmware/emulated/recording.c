/* SPDX-License-Identifier: MIT
 * The world's sound (see world.h), or mic.wav, what the microphone hears: "RIFF" size "WAVE", then chunks of name, size, content
 * (Multimedia Programming Interface and Data Specifications 1.0, 1991).
 */
#include <string.h>

#include "recording.h"
#include "semihosting.h"
#include "world.h"

#include "py/mperrno.h"
#include "py/runtime.h"

#define RECORDING "mic.wav"
#define PCM 1
#define SAMPLES_AHEAD 4096 // of the world's sound, in one question

struct heard {
    signal_t signal;
    int16_t samples[SAMPLES_AHEAD];
};

/* The content of the chunk "fmt ". */
typedef struct {
    uint16_t format, channels;
    uint32_t rate, bytes_per_second;
    uint16_t frame_bytes, bits;
} wav_format_t;

static NORETURN void refuse(int file, const char *text, int a, int b, int c, int d) {
    if (file >= 0) {
        host_close(file);
    }
    vstr_t message;
    vstr_init(&message, 80);
    vstr_printf(&message, text, a, b, c, d);
    mp_obj_t args[] = { MP_OBJ_NEW_SMALL_INT(MP_EINVAL), mp_obj_new_str_from_vstr(&message) };
    nlr_raise(mp_obj_new_exception_args(&mp_type_OSError, MP_ARRAY_SIZE(args), args));
}

/* `bytes` of the world's sound: its rate, and samples from number `first` on or, NULL, from where it is now. */
static void hear(const uint64_t *first, struct heard *heard, size_t bytes) {
    piece_t piece = { .data = first, .len = first ? sizeof(*first) : 0 };
    request_t request = { .op = WORLD_SIGNAL, .unit = WORLD_SOUND, .wanted = bytes };
    if (world_ask(request, &piece, 1, heard) < 0) {
        heard->signal = (signal_t) { 0 };
    }
}

static void hear_samples(struct heard *heard, uint64_t first, int16_t *samples, uint32_t n) {
    memset(samples, 0, n * sizeof(*samples));
    for (uint32_t done = 0; done < n;) {
        uint64_t at = first + done - heard->signal.first;
        if (at >= heard->signal.count) {
            uint64_t from = first + done;
            hear(&from, heard, sizeof(*heard));
            at = 0;
        }
        uint32_t there = heard->signal.count - at;
        if (there == 0) {
            return; // the world is gone: silence
        }
        uint32_t take = MIN(n - done, there);
        memcpy(samples + done, heard->samples + at, take * sizeof(*samples));
        done += take;
    }
}

/* False: the world has no sound. Raises OSError(EINVAL, text) for one of another rate. */
static bool open_world(recording_t *recording, uint32_t rate) {
    signal_t now;
    hear(NULL, (struct heard *)&now, sizeof(now));
    if (now.rate && now.rate != rate) {
        refuse(-1, "the world's sound has %u Hz; I2S wants %u", now.rate, rate, 0, 0);
    }
    if (now.rate) {
        *recording = (recording_t) { .heard = m_new0(struct heard, 1), .begun = now.first, .file = -1 };
    }
    return now.rate;
}

static bool find_chunk(int file, const char *name, uint32_t *offset, uint32_t *len) {
    char header[8];
    uint32_t at = 12;
    while (host_read(file, at, header, sizeof(header)) == sizeof(header)) {
        memcpy(len, header + 4, 4);
        *offset = at + 8;
        if (memcmp(header, name, 4) == 0) {
            return true;
        }
        at += 8 + *len + (*len & 1);
    }
    return false;
}

static bool read_format(int file, wav_format_t *format) {
    char magic[12];
    uint32_t offset, len;
    return host_read(file, 0, magic, 12) == 12
           && memcmp(magic, "RIFF", 4) == 0 && memcmp(magic + 8, "WAVE", 4) == 0
           && find_chunk(file, "fmt ", &offset, &len)
           && host_read(file, offset, format, sizeof(*format)) == sizeof(*format);
}

static void find_samples(recording_t *recording) {
    uint32_t len = 0;
    if (find_chunk(recording->file, "data", &recording->offset, &len)) {
        uint32_t rest = host_size(recording->file) - recording->offset;
        recording->samples = (len < rest ? len : rest) / sizeof(int16_t);
    }
}

recording_t recording_open(uint32_t rate) {
    recording_t recording;
    if (open_world(&recording, rate)) {
        return recording;
    }
    recording = (recording_t) { .file = host_open(RECORDING, HOST_READ) };
    wav_format_t format;
    if (recording.file < 0) {
        return recording;
    }
    if (!read_format(recording.file, &format)) {
        refuse(recording.file, RECORDING " is not a WAV file", 0, 0, 0, 0);
    }
    if (format.format != PCM || format.channels != 1 || format.bits != 16 || format.rate != rate) {
        refuse(recording.file, RECORDING " has %u Hz, %u channel(s), %u bit; I2S wants %u Hz, 1, 16",
            format.rate, format.channels, format.bits, rate);
    }
    find_samples(&recording);
    return recording;
}

void recording_close(recording_t *recording) {
    if (recording->file >= 0) {
        host_close(recording->file);
    }
}

void recording_read(const recording_t *recording, uint64_t first, int16_t *samples, uint32_t n) {
    if (recording->heard) {
        hear_samples(recording->heard, recording->begun + first, samples, n);
        return;
    }
    memset(samples, 0, n * sizeof(*samples));
    if (recording->file >= 0 && first < recording->samples) {
        uint32_t left = recording->samples - first;
        host_read(recording->file, recording->offset + first * sizeof(*samples), samples,
            (n < left ? n : left) * sizeof(*samples));
    }
}
