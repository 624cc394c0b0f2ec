/* SPDX-License-Identifier: MIT
 * Takes one file, whatever its bytes, through every call of engine.h and holds the engine to that header's word.
 *
 * File, state and arena lie in blocks of exactly their size between bytes that AddressSanitizer forbids; their
 * contents before a call are rubbish, and whether tensors share bytes does not show. A broken promise ends the program with a sentence, and so does one file
 * that keeps the processor busy for more than a second. */
#ifndef TORPOR_EXERCISE_H
#define TORPOR_EXERCISE_H

#include <stddef.h>
#include <stdint.h>

/* What is opened and run: a model of at most this many bytes of memory and multiply-accumulates. */
typedef struct {
    uint32_t bytes;  /* of state, and of arena; at most EXERCISE_BYTES */
    uint64_t macs;
} exercise_budget_t;

#define EXERCISE_BYTES (UINT32_C(1) << 19)
#define EXERCISE_FILE_BYTES (UINT32_C(1) << 17)

typedef enum { EXERCISE_REFUSED, EXERCISE_LARGE, EXERCISE_RAN } exercise_t;

/* What the last file that ran gave: a fingerprint of all outputs. */
typedef struct {
    exercise_t end;
    uint32_t outputs;
} exercise_result_t;

/* A copy of the file in a block of its own, `shift` (0..7) bytes off an address divisible by 16. */
uint8_t *exercise_copy(const uint8_t *file, size_t len, unsigned shift);

/* `luck` chooses inputs and the rarer checks, so that a file and its luck always do the same. */
exercise_result_t exercise(const uint8_t *file, size_t len, uint32_t luck, exercise_budget_t budget);

/* Starts to watch the time of each exercise(). */
void exercise_watch(void);

#endif
