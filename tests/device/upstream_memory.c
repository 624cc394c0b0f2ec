/* SPDX-License-Identifier: MIT
 * engine.h's promises on memory, from C, where state and file can lie anywhere: both sizes suffice wherever the
 * memories begin, nothing behind them is written, and one byte less is TE_ERR_MEMORY with the right numbers.
 * Arguments: models. Prints the number of openings; the first broken promise ends it. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine_tflm/work.h"

#define GUARD 64

void *te_borrow(size_t n) {
    return malloc(n);
}

void te_give_back(void *work, size_t n) {
    (void)n;
    free(work);
}

/* size bytes that begin `shift` bytes after a multiple of 16, with a guard behind. */
static unsigned char *new_memory(size_t size, size_t shift) {
    size_t all = (shift + size + GUARD + 15) / 16 * 16;
    unsigned char *memory = aligned_alloc(16, all);
    assert(memory != NULL);
    memset(memory, 0xa5, all);
    return memory + shift;
}

static void check_guard(const unsigned char *memory, size_t size) {
    for (size_t i = 0; i < GUARD; i++) {
        assert(memory[size + i] == 0xa5);
    }
}

static void check_refused(const unsigned char *file, size_t len, void *state, size_t state_len, void *arena,
    size_t arena_len, size_t needed, size_t available) {
    te_model_t *m;
    te_error_t why;
    assert(te_open(&m, file, len, state, state_len, arena, arena_len, &why) == TE_ERR_MEMORY);
    assert(m == NULL && why.needed == needed && why.available == available);
}

static void check_opening(const unsigned char *file, size_t len, size_t state_shift) {
    te_sizes_t need;
    te_error_t why;
    te_model_t *m;
    assert(te_measure(file, len, &need, &why) == TE_OK);
    unsigned char *state = new_memory(need.state, state_shift), *arena = new_memory(need.arena, 0);
    assert(te_open(&m, file, len, state, need.state, arena, need.arena, &why) == TE_OK);
    assert((void *)m == state && te_run(m, &why) == TE_OK);
    check_refused(file, len, state, need.state - 1, arena, need.arena, need.state, need.state - 1);
    check_refused(file, len, state, need.state, arena, need.arena - 1, need.arena, need.arena - 1);
    check_refused(file, len, state, 0, arena, need.arena, need.state, 0);
    check_refused(file, len, state, need.state, arena, 0, need.arena, 0);
    check_guard(state, need.state);
    check_guard(arena, need.arena);
    free(state - state_shift);
    free(arena);
}

static unsigned char *read_file(const char *path, size_t shift, size_t *len) {
    FILE *f = fopen(path, "rb");
    assert(f != NULL && fseek(f, 0, SEEK_END) == 0);
    *len = (size_t)ftell(f);
    rewind(f);
    unsigned char *data = new_memory(*len, shift);
    assert(fread(data, 1, *len, f) == *len);
    fclose(f);
    return data;
}

int main(int argc, char **argv) {
    int openings = 0;
    for (int i = 1; i < argc; i++) {
        for (size_t shift = 0; shift < 16; shift += 3) {
            size_t len;
            unsigned char *file = read_file(argv[i], shift, &len);
            for (size_t state_shift = 0; state_shift < 16; state_shift += TE_STATE_ALIGN, openings++) {
                check_opening(file, len, state_shift);
            }
            free(file - shift);
        }
    }
    printf("%d\n", openings);
    return 0;
}
