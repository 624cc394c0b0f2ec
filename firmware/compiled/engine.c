/* SPDX-License-Identifier: MIT
 * engine.h over the tables of one compiled model: nothing is read from a file, proved or planned. */
#include "compiled.h"

/* The state: te_model_t, places, and what is kept from run to run. */
#define COMPILED_WHERE ((sizeof(te_model_t) + 7) & ~7u)
#define COMPILED_KEPT ((COMPILED_WHERE + sizeof(compiled_where) + 7) & ~7u)
#define COMPILED_STATE (COMPILED_KEPT + sizeof(compiled_kept) - COMPILED_NOTHING_KEPT)

/* There is no table of operators: what asks it is told that it is empty. */
const te_row_t *te_row(int i) {
    (void)i;
    return NULL;
}

int te_row_find(const te_graph_t *g, const te_kind_t *kind) {
    (void)g;
    (void)kind;
    return -1;
}

static int compiled_fail(te_error_t *why, int code, const char *reason, int32_t value) {
    memset(why, 0, sizeof(*why));
    why->code = (int8_t)code;
    why->op_index = why->op_code = -1;
    why->reason = reason;
    why->value = value;
    return code;
}

static int compiled_memory(te_error_t *why, const char *reason, uint32_t needed, size_t available) {
    compiled_fail(why, TE_ERR_MEMORY, reason, 0);
    why->needed = needed;
    why->available = available > UINT32_MAX ? UINT32_MAX : (uint32_t)available;
    return TE_ERR_MEMORY;
}

int te_measure(const void *file, size_t file_len, void *state, size_t state_len, te_sizes_t *need, te_error_t *why) {
    te_model_t *m = state;
    (void)file;
    (void)file_len;
    need->state = COMPILED_STATE;
    need->arena = COMPILED_ARENA;
    if (state_len < COMPILED_STATE) {
        return compiled_memory(why, "the state is too small", COMPILED_STATE, state_len);
    }
    memset(m, 0, sizeof(*m));
    m->file = (const uint8_t *)((uintptr_t)compiled_file - COMPILED_BASE);
    m->file_len = COMPILED_BASE + sizeof(compiled_file);
    m->state_size = COMPILED_STATE;
    m->arena_size = COMPILED_ARENA;
    m->where = COMPILED_WHERE;
    m->kept = COMPILED_KEPT;
    m->n_ops = m->n_steps = COMPILED_COUNT;
    memcpy(te_model_where(m), compiled_where, sizeof(compiled_where));
    return TE_OK;
}

int te_open(te_model_t **m, void *state, size_t state_len, void *arena, size_t arena_len, te_error_t *why) {
    *m = NULL;
    if (state_len < COMPILED_STATE) {
        return compiled_memory(why, "the state is too small", COMPILED_STATE, state_len);
    }
    if (arena_len < COMPILED_ARENA) {
        return compiled_memory(why, "the arena is too small", COMPILED_ARENA, arena_len);
    }
    *m = state;
    (*m)->arena = arena;
    te_reset(*m);
    return TE_OK;
}

void te_reset(te_model_t *m) {
    memcpy((uint8_t *)m + COMPILED_KEPT, compiled_kept, sizeof(compiled_kept) - COMPILED_NOTHING_KEPT);
}

const char *te_op_name(const te_model_t *m, int i) {
    const char *name = COMPILED_NAMES;
    (void)m;
    for (int skip = compiled_name_of[i]; skip > 0; skip--) {
        name += strlen(name) + 1;
    }
    return name;
}

void te_fault(const te_model_t *m, const char *reason, int32_t value) {
    te_running_t *run = m->running;
    run->fault = true;
    compiled_fail(run->why, TE_ERR_ARGUMENT, reason, value);
    run->why->op_index = (int16_t)run->step;
    run->why->op_name = te_op_name(m, run->step);
    run->why->op_name_len = (uint32_t)strlen(run->why->op_name);
}

static bool compiled_due(te_running_t *run, int i, int first, int end) {
    run->step = (uint16_t)i;
    return i >= first && i < end && !run->fault;
}

/* The parameters come from another machine: an operator whose parameters have another size here does not compile. */
void compiled_other_layout(void) __attribute__((error("parameters of another size")));

/* The operators, one call after the other; of those from `first` to end - 1. */
static int compiled_run(te_model_t *m, int first, int end, te_error_t *why) {
    te_running_t run = {why, 0, 0, false};
    m->running = &run;
#define COMPILED_CALL(i, row) \
    if (((te_row_##row.params_size + 7u) & ~7u) > sizeof(compiled_params_##i)) { \
        compiled_other_layout(); \
    } \
    if (compiled_due(&run, i, first, end)) { \
        te_row_##row.run(m, compiled_params_##i); \
    }
    COMPILED_OPS(COMPILED_CALL)
    m->running = NULL;
    return run.fault ? TE_ERR_ARGUMENT : TE_OK;
}

int te_run(te_model_t *m, te_error_t *why) {
    return compiled_run(m, 0, COMPILED_COUNT, why);
}

int te_run_op(te_model_t *m, int i, te_error_t *why) {
    return compiled_run(m, i, i + 1, why);
}

int te_input_count(const te_model_t *m) {
    (void)m;
    return COMPILED_INPUTS;
}

int te_output_count(const te_model_t *m) {
    (void)m;
    return COMPILED_OUTPUTS;
}

static int compiled_end(const te_model_t *m, int i, te_tensor_t *out) {
    const compiled_end_t *end = &compiled_ends[i];
    out->data = te_out(m, end->ref);
    out->nbytes = end->nbytes;
    out->type = end->type;
    out->rank = end->rank;
    memcpy(out->shape, end->shape, sizeof(out->shape));
    out->scale = end->scale;
    out->zero_point = end->zero_point;
    out->name = (const char *)compiled_names + end->name;
    out->name_len = end->name_len;
    return TE_OK;
}

int te_input(const te_model_t *m, int i, te_tensor_t *out) {
    return i >= 0 && i < COMPILED_INPUTS ? compiled_end(m, i, out) : TE_ERR_ARGUMENT;
}

int te_output(const te_model_t *m, int i, te_tensor_t *out) {
    return i >= 0 && i < COMPILED_OUTPUTS ? compiled_end(m, COMPILED_INPUTS + i, out) : TE_ERR_ARGUMENT;
}

int te_op_count(const te_model_t *m) {
    (void)m;
    return COMPILED_COUNT;
}

uint64_t te_macs(const te_model_t *m) {
    (void)m;
    return COMPILED_MACS;
}

const void *te_metadata(const void *file, size_t file_len, const char *name, size_t *len) {
    (void)file;
    (void)file_len;
    (void)name;
    (void)len;
#define COMPILED_ENTRY(i) \
    if (strlen(name) == sizeof(compiled_entry_name_##i) && memcmp(name, compiled_entry_name_##i, strlen(name)) == 0) { \
        *len = sizeof(compiled_entry_##i); \
        return compiled_entry_##i; \
    }
    COMPILED_METADATA(COMPILED_ENTRY)
    return NULL;
}

const char *te_engine_name(void) {
    return "torpor";
}
