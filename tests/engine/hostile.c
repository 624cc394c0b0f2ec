/* SPDX-License-Identifier: MIT
 * Feeds damaged copies of a model to the engine, built with sanitizers and the kernels' assertions: any access
 * outside the file, state or arena ends the program. Every block is allocated with its exact size.
 *
 *     hostile model.tflite    prints "tried N, ran M", ends with 0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

static unsigned tried, ran;
static uint32_t noise = 0x12345678;

static uint32_t next(void) {
    noise ^= noise << 13;
    noise ^= noise >> 17;
    return noise ^= noise << 5;
}

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void fill_inputs(te_model_t *m) {
    for (int i = 0; i < te_input_count(m); i++) {
        te_tensor_t x;
        if (te_input(m, i, &x) != TE_OK) {
            fail("an open model does not tell its input");
        }
        for (uint32_t k = 0; k < x.nbytes; k++) {
            ((uint8_t *)x.data)[k] = (uint8_t)next();
        }
    }
}

static void read_outputs(te_model_t *m) {
    for (int i = 0; i < te_output_count(m); i++) {
        te_tensor_t y;
        float *v;
        if (te_output(m, i, &y) != TE_OK || (v = malloc(y.nbytes * sizeof(float))) == NULL) {
            fail("an open model does not tell its output");
        }
        te_read_floats(&y, v, y.nbytes / (y.type == TE_FLOAT32 ? 4 : 1));
        free(v);
    }
}

/* te_measure() in blocks of the sizes that it asks for; *state becomes the one that it filled. */
static int measure(const uint8_t *file, size_t len, void **state, te_sizes_t *need, te_error_t *why) {
    int code = te_measure(file, len, NULL, 0, need, why);
    if (code == TE_ERR_MEMORY && why->needed < 1 << 24) {
        uint32_t needed = why->needed;
        *state = malloc(needed);
        code = te_measure(file, len, *state, needed - 1, need, why);
        if (code == TE_OK || (code == TE_ERR_MEMORY && why->needed != needed)) {
            fail("one byte less to measure in was accepted");
        }
        code = te_measure(file, len, *state, needed, need, why);
    }
    return code;
}

static void open_and_run(void *state, const te_sizes_t *need) {
    te_error_t why;
    te_model_t *m;
    uint8_t *arena = need->arena ? aligned_alloc(16, need->arena) : malloc(16);
    if (te_open(&m, state, need->state - 1, arena, need->arena, &why) != TE_ERR_MEMORY) {
        fail("a state of one byte less was accepted");
    }
    if (need->arena && te_open(&m, state, need->state, arena, need->arena - 1, &why) != TE_ERR_MEMORY) {
        fail("an arena of one byte less was accepted");
    }
    if (te_open(&m, state, need->state, arena, need->arena, &why) != TE_OK) {
        char text[256];
        fail(te_describe(&why, text, sizeof(text)));
    }
    fill_inputs(m);
    te_run(m, &why);
    read_outputs(m);
    free(arena);
    ran++;
}

/* One damaged file, at an odd address now and then, in a block that ends where it ends. */
static void attempt(const uint8_t *bytes, size_t len) {
    size_t shift = tried++ % 2;
    uint8_t *block = malloc(len + shift + 1), *file = block + shift;
    te_sizes_t need;
    te_error_t why;
    char text[256];
    void *state = NULL;
    memcpy(file, bytes, len);
    block = realloc(block, len + shift ? len + shift : 1);
    file = block + shift;
    if (measure(file, len, &state, &need, &why) == TE_OK) {
        if (need.arena < 1 << 24) {
            state = realloc(state, need.state);
            open_and_run(state, &need);
        }
    } else if (why.reason == NULL || strlen(te_describe(&why, text, sizeof(text))) < 8) {
        fail("an error without a reason");
    }
    size_t n;
    const uint8_t *data = te_metadata(file, len, "torpor", &n);
    if (data && (data < file || data + n > file + len)) {
        fail("metadata outside the file");
    }
    free(state);
    free(block);
}

static void truncate_everywhere(const uint8_t *file, size_t len) {
    for (size_t n = 0; n < len; n++) {
        attempt(file, n);
    }
}

static void flip_every_byte(uint8_t *file, size_t len) {
    static const uint8_t masks[] = {0xFF, 0x01, 0x80, 0x04};
    for (size_t i = 0; i < len; i++) {
        for (size_t k = 0; k < sizeof(masks); k++) {
            file[i] ^= masks[k];
            attempt(file, len);
            file[i] ^= masks[k];
        }
    }
}

/* Every 32-bit word becomes one of the numbers that break arithmetic. */
static void replace_every_word(uint8_t *file, size_t len) {
    static const uint32_t words[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x10000, 0x7F800000, 0x7FC00000};
    for (size_t i = 0; i + 4 <= len; i += 4) {
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
            uint8_t old[4];
            memcpy(old, file + i, 4);
            memcpy(file + i, &words[k], 4);
            attempt(file, len);
            memcpy(file + i, old, 4);
        }
    }
}

/* Several bytes at once. */
static void scatter(const uint8_t *file, size_t len, int rounds) {
    uint8_t *copy = malloc(len);
    for (int i = 0; i < rounds; i++) {
        memcpy(copy, file, len);
        for (uint32_t k = 0; k < 2 + i % 4u; k++) {
            copy[next() % len] = (uint8_t)next();
        }
        attempt(copy, len);
    }
    free(copy);
}

int main(int argc, char **argv) {
    static uint8_t file[1 << 16];
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (f == NULL) {
        fail("usage: hostile model.tflite");
    }
    size_t len = fread(file, 1, sizeof(file), f);
    fclose(f);
    attempt(file, len);
    if (ran != 1) {
        fail("the model as it is does not run");
    }
    truncate_everywhere(file, len);
    flip_every_byte(file, len);
    replace_every_word(file, len);
    scatter(file, len, 5000);
    printf("tried %u, ran %u\n", tried, ran);
    return 0;
}
