/* SPDX-License-Identifier: MIT
 * engine.h's promises on memory, from C, where state and file can lie anywhere: both sizes suffice wherever the
 * memories begin, nothing behind them is written, and one byte less is TE_ERR_MEMORY with the right numbers.
 * Arguments: models. Prints the number of openings; the first broken promise ends it. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

#define GUARD 64

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

static void check_refused(void *state, size_t state_len, void *arena, size_t arena_len, size_t needed, size_t available) {
    te_model_t *m;
    te_error_t why;
    assert(te_open(&m, state, state_len, arena, arena_len, &why) == TE_ERR_MEMORY);
    assert(m == NULL && why.needed == needed && why.available == available);
}

/* te_measure() in as much memory as it asks for; what it leaves becomes a state of exactly its size. */
static unsigned char *new_state(const unsigned char *file, size_t len, size_t shift, te_sizes_t *need) {
    te_error_t why;
    unsigned char *work = new_memory(0, shift);
    size_t room = 0;
    int code;
    while ((code = te_measure(file, len, work, room, need, &why)) == TE_ERR_MEMORY) {
        assert(why.available == room && why.needed > room);
        check_guard(work, room);
        free(work - shift);
        room = why.needed;
        work = new_memory(room, shift);
    }
    assert(code == TE_OK);
    check_guard(work, room);
    unsigned char *state = new_memory(need->state, shift);
    memcpy(state, work, need->state < room ? need->state : room);
    free(work - shift);
    return state;
}

static void check_opening(const unsigned char *file, size_t len, size_t state_shift) {
    te_sizes_t need;
    te_error_t why;
    te_model_t *m;
    unsigned char *state = new_state(file, len, state_shift, &need), *arena = new_memory(need.arena, 0);
    check_refused(state, need.state - 1, arena, need.arena, need.state, need.state - 1);
    check_refused(state, need.state, arena, need.arena - 1, need.arena, need.arena - 1);
    check_refused(state, need.state, arena, 0, need.arena, 0);
    assert(te_open(&m, state, need.state, arena, need.arena, &why) == TE_OK);
    assert((void *)m == state && te_run(m, &why) == TE_OK);
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
