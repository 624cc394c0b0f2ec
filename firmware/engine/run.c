/* SPDX-License-Identifier: MIT
 * The calls of engine.h that open and run a model. */
#include "model.h"

static int run_argument(te_error_t *why, const char *reason, int32_t value) {
    memset(why, 0, sizeof(*why));
    why->code = TE_ERR_ARGUMENT;
    why->op_index = why->op_code = -1;
    why->reason = reason;
    why->value = value;
    return TE_ERR_ARGUMENT;
}

static int run_memory(te_error_t *why, const char *reason, uint32_t needed, size_t available) {
    run_argument(why, reason, 0);
    why->code = TE_ERR_MEMORY;
    why->needed = needed;
    why->available = available > UINT32_MAX ? UINT32_MAX : (uint32_t)available;
    return TE_ERR_MEMORY;
}

int te_open(te_model_t **m, void *state, size_t state_len, void *arena, size_t arena_len, te_error_t *why) {
    te_model_t *model = state;
    *m = NULL;
    if ((uintptr_t)state % TE_STATE_ALIGN || (uintptr_t)arena % TE_ARENA_ALIGN) {
        return run_argument(why, "state must be aligned to 8 and arena to 16 bytes", 0);
    }
    if (state_len < sizeof(te_model_t) || state_len < model->state_size) {
        return run_memory(why, "the state is too small", state_len < sizeof(te_model_t) ? sizeof(te_model_t)
            : model->state_size, state_len);
    }
    if (arena_len < model->arena_size) {
        return run_memory(why, "the arena is too small", model->arena_size, arena_len);
    }
    model->arena = arena;
    te_reset(model);
    *m = model;
    return TE_OK;
}

/* Variables start at 0, of int8 ones the stored number: their zero point. */
static void run_reset_variables(te_model_t *m, te_graph_t *g) {
    te_desc_t t;
    for (uint32_t i = 0; i < g->part.tensors.n; i++) {
        te_place_t at = te_model_where(m)[g->part.first_tensor + i];
        if (te_is_kept(at) && te_graph_tensor(g, (int32_t)i, &t) == TE_OK && t.type == TE_INT8) {
            memset(te_at(m, at), t.zero_point, t.nbytes);
        }
    }
}

/* Operators fill what they keep, as when they were prepared. */
static void run_reset_operators(te_model_t *m, te_graph_t *g) {
    uint64_t params[TE_MAX_PARAMS / 8];
    te_op_t op;
    for (uint32_t i = 0; i < g->part.ops.n; i++) {
        const te_step_t *step = &te_model_steps(m)[g->part.first_op + i];
        if (step->keeps && te_graph_op(g, (int)i, &op) == TE_OK) {
            op.kept = te_at(m, op.keep_at);
            te_row(step->row)->prepare(&op, params);
            g->kept += te_state_size(op.keep);
        }
    }
}

void te_reset(te_model_t *m) {
    te_graph_t g;
    te_error_t why;
    uint32_t tensors = 0, ops = 0;
    if (m->kept == m->state_size || te_graph_open(&g, m->file, m->file_len, &why) != TE_OK) {
        return;
    }
    memset((uint8_t *)m + m->kept, 0, m->state_size - m->kept);
    for (uint32_t i = 0; i < g.graphs.n; i++, tensors += g.part.tensors.n, ops += g.part.ops.n) {
        te_graph_part(&g, i, &g.part);
        g.part.first_tensor = (uint16_t)tensors;
        g.part.first_op = (uint16_t)ops;
        run_reset_variables(m, &g);
        run_reset_operators(m, &g);
    }
}

/* The subgraph that an operator belongs to. */
static int run_graph_of(const te_model_t *m, int step) {
    int graph = 0;
    for (int n = m->n_ops; step >= n; n += te_model_spans(m)[graph].n) {
        graph++;
    }
    return graph;
}

void te_fault(const te_model_t *m, const char *reason, int32_t value) {
    te_running_t *run = m->running;
    int graph = run_graph_of(m, run->step);
    run->fault = true;
    run_argument(run->why, reason, value);
    run->why->graph = (int16_t)graph;
    run->why->op_index = (int16_t)(run->step - (graph ? te_model_spans(m)[graph].first : 0));
    const te_row_t *row = te_row(te_model_steps(m)[run->step].row);
    run->why->op_code = row->code;
    run->why->op_name = row->code == TE_CUSTOM ? row->name : NULL;
    run->why->op_name_len = (uint32_t)strlen(row->name);
}

void te_wait(const te_model_t *m) {
    m->running->waits = true;
}

static void run_step(const te_model_t *m, int i) {
    const te_step_t *step = &te_model_steps(m)[i];
    m->running->step = (uint16_t)i;
    te_row(step->row)->run(m, te_model_params(m, step));
}

static bool run_goes_on(const te_running_t *run) {
    return !run->fault && !run->waits;
}

bool te_call(const te_model_t *m, uint32_t part, uint8_t *arena) {
    te_model_t *own = (te_model_t *)m;  /* const for what operators do otherwise */
    te_running_t *running = m->running;
    te_span_t span = te_model_spans(m)[part];
    uint16_t caller = running->step;
    uint8_t *callers = m->arena;
    if (++running->calls > TE_MAX_CALLS) {
        te_fault(m, "a run may call subgraphs %d times: its loops do not end", TE_MAX_CALLS);
        return false;
    }
    own->arena = arena;
    for (int i = 0; i < span.n && run_goes_on(running); i++) {
        run_step(m, span.first + i);
    }
    own->arena = callers;
    running->step = caller;
    return run_goes_on(running);
}

/* Operators first .. end - 1 of the main subgraph. */
static int run_main(te_model_t *m, int first, int end, te_error_t *why) {
    te_running_t run = {why, 0, 0, false, false};
    m->running = &run;
    for (int i = first; i < end && run_goes_on(&run); i++) {
        run_step(m, i);
    }
    m->running = NULL;
    return run.fault ? TE_ERR_ARGUMENT : run.waits ? TE_WAIT : TE_OK;
}

int te_run_op(te_model_t *m, int i, te_error_t *why) {
    if (m == NULL || i < 0 || i >= m->n_ops) {
        return run_argument(why, "the model has no operator %d", i);
    }
    return run_main(m, i, i + 1, why);
}

int te_run(te_model_t *m, te_error_t *why) {
    return m == NULL ? run_argument(why, "no model is open", 0) : run_main(m, 0, m->n_ops, why);
}
