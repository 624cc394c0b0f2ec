/* SPDX-License-Identifier: MIT
 * Damages a model everywhere and takes each damaged file through the engine: cut off at every byte, and every field
 * of its FlatBuffer altered in turn.
 *
 *     damage model.tflite [macs]    prints "tried N, refused N, ran N, large N", ends with 0
 *
 * `macs` is how many multiply-accumulates may be spent on altered models that run; then they are only opened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "exercise.h"
#include "fields.h"

static unsigned tried, ends[3];
static uint64_t left = UINT64_C(2000000000);
static uint64_t macs_each;

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static exercise_result_t attempt(const uint8_t *file, size_t len) {
    exercise_budget_t budget = {EXERCISE_BYTES, left < UINT64_C(1) << 24 ? left : UINT64_C(1) << 24};
    exercise_result_t result = exercise(file, len, 0x9E3779B1u * ++tried | 0x100, budget);
    ends[result.end]++;
    if (result.end == EXERCISE_RAN) {
        left -= left < 2 * macs_each ? left : 2 * macs_each;
    }
    return result;
}

static void cut_everywhere(const uint8_t *model, size_t len) {
    for (size_t n = 0; n < len; n++) {
        attempt(exercise_copy(model, n, 0), n);
    }
}

/* Bits of each kind, the numbers that break arithmetic, and the neighbours. */
static void alter_field(uint8_t *file, size_t len, const field_t *field) {
    uint64_t old = field_get(file, field), top = UINT64_C(1) << (8 * field->size - 1);
    const uint64_t values[] = {0, 1, old + 1, old - 1, ~old, old ^ 4, old ^ top, top, top - 1, ~UINT64_C(0), 0x7FC00000};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        field_set(file, field, values[i]);
        if (field_get(file, field) != old) {
            attempt(file, len);
        }
        field_set(file, field, old);
    }
}

static void alter_everywhere(const uint8_t *model, size_t len) {
    static field_t fields[FIELDS_MAX];
    uint32_t n = fields_find(model, len, fields);
    uint8_t *file = exercise_copy(model, len, 1);
    for (uint32_t i = 0; i < n; i++) {
        alter_field(file, len, &fields[i]);
    }
}

/* Multiply-accumulates of the model as it is. */
static uint64_t macs_of(const uint8_t *model, size_t len) {
    te_sizes_t need;
    te_error_t why;
    te_model_t *m;
    void *state = NULL;
    size_t room = 0;
    int code;
    while ((code = te_measure(model, len, state, room, &need, &why)) == TE_ERR_MEMORY) {
        state = realloc(state, room = why.needed);
    }
    if (code != TE_OK) {
        char text[256];
        fail(te_describe(&why, text, sizeof(text)));
    }
    state = realloc(state, need.state);
    void *arena = aligned_alloc(16, need.arena ? need.arena : 16);
    uint64_t macs = te_open(&m, state, need.state, arena, need.arena, &why) == TE_OK ? te_macs(m) : 0;
    free(state);
    free(arena);
    return macs;
}

int main(int argc, char **argv) {
    static uint8_t model[EXERCISE_FILE_BYTES];
    FILE *f = argc >= 2 ? fopen(argv[1], "rb") : NULL;
    if (f == NULL) {
        fail("usage: damage model.tflite [macs]");
    }
    size_t len = fread(model, 1, sizeof(model), f);
    fclose(f);
    left = argc > 2 ? strtoull(argv[2], NULL, 10) : left;
    macs_each = macs_of(model, len);
    exercise_watch();
    if (attempt(exercise_copy(model, len, 0), len).end != EXERCISE_RAN) {
        fail("the model as it is does not run");
    }
    cut_everywhere(model, len);
    alter_everywhere(model, len);
    printf("tried %u, refused %u, ran %u, large %u\n", tried, ends[EXERCISE_REFUSED], ends[EXERCISE_RAN],
        ends[EXERCISE_LARGE]);
    return 0;
}
