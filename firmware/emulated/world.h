/* SPDX-License-Identifier: MIT
 * What lies outside of the board: models on the host of the chips on its buses and of the signals on its ADC.
 * They are asked through two pipes in the instance folder, `to_world` and `from_world`, which exist if there are any.
 *
 * A question is a request_t and what is sent, an answer an answer_t and what comes back, little-endian. The board stands
 * still until it has the answer. Every answer tells the next edge of a pin that a chip drives, so nobody has to ask when.
 */
#ifndef EMULATED_WORLD_H
#define EMULATED_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "stimulus.h"

typedef enum {
    WORLD_LOOK,   // nothing but the next edge; `unit` 1: the edge told last has been taken
    WORLD_I2C,    // unit: the bus; address: 7 bits; sends `sent` bytes, then reads `wanted`
    WORLD_SPI,    // unit: the bus; as many bytes come back as are sent
    WORLD_PIN,    // unit: a pin; address: the level that the board drives now
    WORLD_SIGNAL  // unit: a channel; a signal_t and its samples from this moment on, or from the number that is sent (8 bytes)
} world_op_t;

enum { WORLD_SOUND = 255 }; // a channel: the microphone's; int16 samples, the others' are fractions of 65535

typedef struct {
    uint8_t op, unit;
    uint16_t address, sent, wanted; // bytes
    uint64_t at;                    // µs since the emulator's start
} request_t;

typedef struct {
    int32_t status;                 // 0, or a negative errno
    uint8_t pin, level;             // of the next edge
    uint16_t len;                   // bytes that follow
    uint64_t edge_at;               // µs since the emulator's start; UINT64_MAX: none
} answer_t;

bool world_start(void);             // whether there is one
void world_stop(void);

/* `rate` samples a second; `count` of them follow, number `first` since the emulator's start is the first. Rate 0: there is none. */
typedef struct {
    uint64_t first;
    uint32_t rate, count;
} signal_t;

typedef struct {
    const void *data;
    uint16_t len;
} piece_t;

/* Sends `count` pieces one behind the other, reads at most `wanted` bytes to `to`. Returns answer_t.status; -ENODEV without a world. */
int world_ask(request_t request, const piece_t *pieces, uint32_t count, void *to);

const edge_t *world_edge(void);     // the next one, in ticks since reset
void world_edge_taken(void);

#endif
