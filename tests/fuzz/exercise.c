/* SPDX-License-Identifier: MIT
 * See exercise.h. */
#define _DEFAULT_SOURCE
#include "exercise.h"

#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "engine.h"
#include "roomy_plan.h"
#include "watch.h"

#define WALL 64  /* forbidden bytes before a block; also its alignment */
#define TICK_US 250000

typedef struct {
    uint8_t *bytes;
    size_t room;
} pool_t;

static _Alignas(WALL) uint8_t file_bytes[WALL + EXERCISE_FILE_BYTES + WALL];
static _Alignas(WALL) uint8_t state_bytes[WALL + EXERCISE_BYTES + WALL];
static _Alignas(WALL) uint8_t arena_bytes[WALL + EXERCISE_BYTES + WALL];
static _Alignas(WALL) uint8_t text_bytes[WALL + 256 + WALL];
static float floats[EXERCISE_BYTES];

static const pool_t file_pool = {file_bytes, sizeof(file_bytes)}, state_pool = {state_bytes, sizeof(state_bytes)},
    arena_pool = {arena_bytes, sizeof(arena_bytes)}, text_pool = {text_bytes, sizeof(text_bytes)};

static volatile sig_atomic_t busy, ticks;

static void broken(const char *promise) {
    fprintf(stderr, "broken promise: %s\n", promise);
    abort();
}

static void hold(int promise, const char *sentence) {
    if (!promise) {
        broken(sentence);
    }
}

/* The pool's block, `size` bytes of it allowed and all others forbidden. */
static uint8_t *lend(const pool_t *pool, size_t shift, size_t size) {
    uint8_t *block = pool->bytes + WALL + shift;
    hold(WALL + shift + size < pool->room, "exercise.c has room for what it lends");
    ASAN_POISON_MEMORY_REGION(pool->bytes, pool->room);
    ASAN_UNPOISON_MEMORY_REGION(block, size);
    return block;
}

uint8_t *exercise_copy(const uint8_t *file, size_t len, unsigned shift) {
    return memcpy(lend(&file_pool, shift, len), file, len);
}

static uint32_t next(uint32_t *noise) {
    *noise ^= *noise << 13;
    *noise ^= *noise >> 17;
    return *noise ^= *noise << 5;
}

static uint32_t fingerprint(uint32_t hash, const void *data, size_t n) {
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ ((const uint8_t *)data)[i]) * 16777619u;
    }
    return hash;
}

/* An error has a code, a reason, and a sentence that names the operator if it is one's. */
static void check_error(int code, const te_error_t *why, uint32_t luck) {
    char place[40], whole[256];
    hold(code >= TE_ERR_ARGUMENT && code < TE_OK && why->code == code, "an error's code is in te_error_t too");
    hold(why->reason != NULL && strlen(why->reason) > 8, "an error has a reason");
    hold(why->op_index >= -1 && why->graph >= 0, "an operator's index is not below -1");
    te_describe(why, whole, sizeof(whole));
    snprintf(place, sizeof(place), why->graph ? " #%d of subgraph %d: " : " #%d: ", why->op_index, why->graph);
    hold(why->op_index < 0 || strstr(whole, place) != NULL, "the sentence names the operator's index");
    if (why->op_index < 0 || why->op_name == NULL) {
        hold(whole[0] >= 'a' && whole[0] <= 'z', "the sentence begins with the operator's name, or what is wrong");
        hold(strchr(whole, '%') == NULL, "the sentence has its number");
    }
    hold(strlen(whole) >= strlen(why->reason) - 2, "the sentence is whole");
    size_t room = luck % 64;
    char *text = (char *)lend(&text_pool, 0, room);
    te_describe(why, text, room);
    hold(room == 0 || (strlen(text) < room && strncmp(text, whole, strlen(text)) == 0), "a short text is cut off");
}

static void check_metadata(const uint8_t *file, size_t len) {
    static const char *const names[] = {"torpor", "min_runtime_version", "OfflineMemoryAllocation", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = 0;
        const uint8_t *data = te_metadata(file, len, names[i], &n);
        hold(data == NULL || (data >= file && n <= len - (size_t)(data - file)), "metadata lie in the file");
    }
}

typedef int (*measure_t)(const void *file, size_t len, void *state, size_t state_len, te_sizes_t *need, te_error_t *why);

/* Measures in memory full of `rubbish`, of exactly the size that it asks for; then the state has exactly its size.
 * TE_ERR_MEMORY if there is no room for that here. */
static int measured(measure_t measure, const uint8_t *file, size_t len, int rubbish, te_sizes_t *need, te_error_t *why) {
    int code = measure(file, len, NULL, 0, need, why);
    if (code != TE_ERR_MEMORY || why->needed > EXERCISE_BYTES) {
        return code;
    }
    uint32_t needed = why->needed;
    uint8_t *state = lend(&state_pool, 0, needed);
    memset(state, rubbish, needed);
    code = measure(file, len, state, needed - 1, need, why);
    hold(code != TE_OK && (code != TE_ERR_MEMORY || (why->needed == needed && why->available == needed - 1)),
        "one byte less to measure in is refused");
    code = measure(file, len, state, needed, need, why);
    hold(code != TE_ERR_MEMORY, "what te_measure() asks for is enough");
    if (code == TE_OK && need->state <= EXERCISE_BYTES) {
        lend(&state_pool, 0, need->state);
        memset(state + needed, rubbish, need->state > needed ? need->state - needed : 0);
    }
    return code;
}

static uint8_t *state_of(void) {
    return state_pool.bytes + WALL;
}

/* One byte less of either is refused with the numbers. */
static void check_short(const uint8_t *file, size_t len) {
    te_sizes_t need;
    te_error_t why;
    te_model_t *m;
    hold(measured(te_measure, file, len, 0xA5, &need, &why) == TE_OK, "a model is measured again");
    uint8_t *arena = lend(&arena_pool, 0, need.arena);
    int code = te_open(&m, state_of(), need.state - 1, arena, need.arena, &why);
    hold(code == TE_ERR_MEMORY && why.needed == need.state && why.available == need.state - 1,
        "a state of one byte less is refused");
    if (need.arena > 0) {
        code = te_open(&m, state_of(), need.state, arena, need.arena - 1, &why);
        hold(code == TE_ERR_MEMORY && why.needed == need.arena && why.available == need.arena - 1,
            "an arena of one byte less is refused");
    }
}

/* Opens what was measured, in an arena full of `rubbish`. */
static te_model_t *opened(const te_sizes_t *need, int rubbish) {
    te_error_t why;
    te_model_t *m;
    uint8_t *arena = lend(&arena_pool, 0, need->arena);
    memset(arena, rubbish, need->arena);
    if (te_open(&m, state_of(), need->state, arena, need->arena, &why) != TE_OK) {
        char text[256];
        broken(te_describe(&why, text, sizeof(text)));
    }
    return m;
}

static te_tensor_t tensor(te_model_t *m, int i, int input) {
    te_tensor_t t;
    int code = input ? te_input(m, i, &t) : te_output(m, i, &t);
    hold(code == TE_OK && t.rank <= TE_MAX_RANK, "an open model tells its inputs and outputs");
    return t;
}

/* Elements of a tensor of numbers. */
static size_t elements(const te_tensor_t *t) {
    return t->nbytes / (t->type == TE_FLOAT32 || t->type == TE_INT32 ? 4 : t->type == TE_INT16 ? 2 : 1);
}

/* Noise, or one byte throughout: the least int8, the greatest, an int8 of -1 and floats that are no numbers. */
static void fill_bytes(const te_tensor_t *x, uint32_t *luck, unsigned kind) {
    static const uint8_t bytes[] = {0x80, 0x7F, 0xFF, 0};
    for (uint32_t k = 0; k < x->nbytes; k++) {
        ((uint8_t *)x->data)[k] = kind & 4 ? bytes[kind & 3] : (uint8_t)(next(luck) >> 24);
    }
}

/* Any 32 bits as floats. */
static void fill_floats(const te_tensor_t *x, uint32_t *luck) {
    size_t n = elements(x);
    for (size_t k = 0; k < n; k++) {
        uint32_t bits = next(luck);
        memcpy(&floats[k], &bits, sizeof(bits));
    }
    te_write_floats(x, floats, n);
}

static void fill(te_model_t *m, uint32_t luck) {
    unsigned kind = luck & 15;
    for (int i = 0; i < te_input_count(m); i++) {
        te_tensor_t x = tensor(m, i, 1);
        fill_bytes(&x, &luck, kind);
        if (kind & 8) {
            fill_floats(&x, &luck);
        }
    }
}

/* All outputs in one number. */
static uint32_t read_all(te_model_t *m) {
    uint32_t hash = 2166136261u;
    for (int i = 0; i < te_output_count(m); i++) {
        te_tensor_t y = tensor(m, i, 0);
        hash = fingerprint(hash, y.data, y.nbytes);
        te_read_floats(&y, floats, elements(&y));
        hash = fingerprint(hash, y.name, y.name_len < 64 ? y.name_len : 64);
    }
    return hash;
}

/* Runs all operators at once or one by one; the code of the first that fails goes into the fingerprint. */
static uint32_t run(te_model_t *m, uint32_t luck, int one_by_one) {
    te_error_t why;
    int code = TE_OK;
    fill(m, luck);
    for (int i = 0; one_by_one && i < te_op_count(m) && code == TE_OK; i++) {
        hold(te_op_name(m, i) != NULL, "an operator has a name");
        code = te_run_op(m, i, &why);
    }
    code = one_by_one ? code : te_run(m, &why);
    if (code == TE_OK) {
        return read_all(m);
    }
    if (code != TE_WAIT) {
        check_error(code, &why, luck);
    }
    return (uint32_t)code;
}

static uint32_t run_watched(te_model_t *m, uint32_t luck, size_t arena_len) {
    te_error_t why;
    int code = TE_OK;
    const char *promise;
    fill(m, luck);
    for (int i = 0; i < te_op_count(m) && code == TE_OK; i++) {
        code = watch_run_op(m, i, arena_len, &promise, &why);
        hold(promise == NULL, promise);
    }
    return code == TE_OK ? read_all(m) : (uint32_t)code;
}

/* In place or not, the outputs are the same; and no operator touches what is not its own. */
static void check_apart(const uint8_t *file, size_t len, uint32_t luck, uint32_t outputs) {
    te_sizes_t need;
    te_error_t why;
    te_model_t *m;
    hold(measured(roomy_measure, file, len, 0x55, &need, &why) == TE_OK, "a model needs no overlap to be accepted");
    if (need.arena <= EXERCISE_BYTES) {
        uint8_t *arena = lend(&arena_pool, 0, need.arena);
        hold(roomy_open(&m, state_of(), need.state, arena, need.arena, &why) == TE_OK, "it opens with that memory");
        hold(run_watched(m, luck, need.arena) == outputs, "tensors that share bytes do not disturb each other");
    }
}

/* A model that was reset gives what it gave when it was opened. */
static void check_reset(te_model_t *m, uint32_t luck, uint32_t outputs) {
    run(m, luck, 0);  /* what a model keeps from run to run */
    te_reset(m);
    hold(watch_calls_once(m) || run(m, luck, 0) == outputs, "after a reset a model begins anew");
}

static exercise_result_t refused(int code, const te_error_t *why, uint32_t luck) {
    check_error(code, why, luck);
    return (exercise_result_t){EXERCISE_REFUSED, 0};
}

static exercise_result_t exercise_all(const uint8_t *file, size_t len, uint32_t luck, exercise_budget_t budget) {
    te_sizes_t need;
    te_error_t why;
    exercise_result_t result = {EXERCISE_LARGE, 0};
    check_metadata(file, len);
    int code = measured(te_measure, file, len, 0x55, &need, &why);
    if (code != TE_OK && code != TE_ERR_MEMORY) {
        return refused(code, &why, luck);
    }
    if (code == TE_ERR_MEMORY || need.state > budget.bytes || need.arena > budget.bytes) {
        return result;
    }
    te_model_t *m = opened(&need, 0x55);
    if (te_macs(m) > budget.macs) {
        return result;
    }
    result.end = EXERCISE_RAN;
    result.outputs = run(m, luck, 0);
    if (luck % 7 == 0) {
        check_reset(m, luck, result.outputs);
    }
    if (luck % 3 == 0) {
        hold(measured(te_measure, file, len, 0xFF, &need, &why) == TE_OK, "a model is measured again");
        m = opened(&need, 0xFF);
        hold(run(m, luck, 1) == result.outputs, "a model's outputs depend on its file and inputs alone");
    }
    if (luck % 3 == 1) {
        check_apart(file, len, luck, result.outputs);
    }
    if (luck % 5 == 0) {
        check_short(file, len);
    }
    return result;
}

exercise_result_t exercise(const uint8_t *file, size_t len, uint32_t luck, exercise_budget_t budget) {
    ticks = 0;
    busy = 1;
    exercise_result_t result = exercise_all(file, len, luck, budget);
    busy = 0;
    return result;
}

static void tick(int signal) {
    (void)signal;
    if (busy && ++ticks > 1000000 / TICK_US) {
        broken("no file takes more than a second");
    }
}

void exercise_watch(void) {
    struct itimerval every = {{0, TICK_US}, {0, TICK_US}};
    signal(SIGVTALRM, tick);
    setitimer(ITIMER_VIRTUAL, &every, NULL);
}
