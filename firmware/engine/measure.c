/* SPDX-License-Identifier: MIT
 * Proves, prepares and plans a model in memory that the caller lends. What stays of it is the state that te_open()
 * takes. It grows from the start; what is only needed meanwhile lies at the end, and the places move down at last:
 *
 *     te_model_t  steps  spans  parameters > ... places  parts  needs  lives  living tensors
 */
#include "model.h"

#define MEASURE_DEPTH 16     /* calls of subgraphs in each other */
#define MEASURE_SCRATCHES 4  /* of an operator */
#define MEASURE_STATE (8 * UINT16_MAX)  /* bytes up to the last parameters: te_step_t counts in 8 bytes */

/* Positions in the lent memory. */
typedef struct {
    uint32_t params, where, parts, needs, lives, living, end;
} measure_layout_t;

void te_select(te_graph_t *g, uint32_t number) {
    g->needs -= g->part.first_op;
    g->lives -= g->part.first_tensor;
    g->where -= g->part.first_tensor;
    g->part = g->parts[number];
    g->output = -1;
    g->needs += g->part.first_op;
    g->lives += g->part.first_tensor;
    g->where += g->part.first_tensor;
}

/* With so many bytes of parameters. */
static measure_layout_t measure_layout(const te_extent_t *e, uint32_t params) {
    measure_layout_t l;
    uint32_t spans = e->graphs > 1 ? e->graphs : 0;
    l.params = te_state_size(sizeof(te_model_t) + e->ops * sizeof(te_step_t) + spans * sizeof(te_span_t));
    l.where = l.params + params;
    l.parts = te_state_size(l.where + (e->tensors + MEASURE_SCRATCHES * e->ops) * sizeof(te_place_t));
    l.needs = te_state_size(l.parts + e->graphs * sizeof(te_part_t));
    l.lives = te_state_size(l.needs + e->ops * sizeof(te_need_t));
    l.living = l.lives + e->tensors * sizeof(te_life_t);
    l.end = te_state_size(l.living + e->tensors * sizeof(uint16_t));
    return l;
}

static void measure_model(te_graph_t *g, const te_extent_t *e, const measure_layout_t *l, void *state) {
    te_model_t *m = state;
    memset(m, 0, sizeof(*m));
    m->file = g->file.data;
    m->file_len = g->file.len;
    m->where = l->where;
    m->n_steps = (uint16_t)e->ops;
    g->model = m;
    g->parts = (te_part_t *)((uint8_t *)state + l->parts);
    g->needs = (te_need_t *)((uint8_t *)state + l->needs);
    g->lives = (te_life_t *)((uint8_t *)state + l->lives);
    g->living = (uint16_t *)((uint8_t *)state + l->living);
    g->where = te_model_where(m);
    g->refs = e->tensors;
}

static void measure_tensors(te_graph_t *g, const te_extent_t *e) {
    memset(g->where, 0xFF, e->tensors * sizeof(te_place_t));
    for (uint32_t i = 0; i < e->tensors; i++) {
        g->lives[i] = (te_life_t){0, TE_NOBODY, TE_NOBODY};
    }
}

static int measure_parts(te_graph_t *g, const te_extent_t *e) {
    uint32_t tensors = 0, ops = 0;
    for (uint32_t i = 0; i < e->graphs; i++) {
        te_part_t *part = &g->parts[i];
        TE_TRY(te_graph_part(g, i, part));
        part->first_tensor = (uint16_t)tensors;
        part->first_op = (uint16_t)ops;
        tensors += part->tensors.n;
        ops += part->ops.n;
        if (e->graphs > 1) {
            te_model_spans(g->model)[i] = (te_span_t){part->first_op, (uint16_t)part->ops.n};
        }
    }
    g->model->n_ops = (uint16_t)g->parts[0].ops.n;
    g->model->n_inputs = (uint16_t)g->parts[0].inputs.n;
    g->model->n_outputs = (uint16_t)g->parts[0].outputs.n;
    return TE_OK;
}

/* What the planner will have to know of an operator. */
static void measure_need(te_graph_t *g, const te_op_t *op) {
    te_need_t *need = &g->needs[op->index];
    need->inputs = op->inputs;
    need->outputs = op->outputs;
    memcpy(need->lag, op->lag, sizeof(need->lag));
    memcpy(need->calls, op->calls, sizeof(need->calls));
    need->scratch = op->scratch;
    need->scratch_at = (uint16_t)op->scratch_at;
    need->scratch_refs = (uint16_t)op->scratch_refs;
    need->alias = op->alias;
}

/* Finds an operator's row, and room for its parameters. TE_ERR_MEMORY if the places are in the way. */
static int measure_step(te_graph_t *g, const te_op_t *op, te_extent_t *e, te_step_t *step) {
    const te_row_t *row = te_row(op->row);
    uint32_t slots = op->inputs.n + op->outputs.n;
    if (row == NULL) {
        return te_fail(g, TE_ERR_UNSUPPORTED, TE_NO_ROW, 0);
    }
    TE_TRY(te_verify_slots(g, e, 1 + slots));
    TE_ASSERT(row->params_size <= TE_MAX_PARAMS);
    step->row = (uint8_t)op->row;
    step->params = (uint16_t)(e->params / 8);
    e->params += te_params_size(row, slots);
    if (e->params > MEASURE_STATE) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "more than %d bytes of state are not supported", MEASURE_STATE);
    }
    return e->params <= g->model->where ? TE_OK : TE_ERR_MEMORY;
}

/* Proves an operator and prepares it. */
static int measure_operator(te_graph_t *g, int index, te_extent_t *e) {
    te_op_t op;
    te_model_t *m = g->model;
    te_step_t *step = &te_model_steps(m)[g->part.first_op + index];
    TE_TRY(te_graph_op(g, index, &op));
    TE_TRY(measure_step(g, &op, e, step));
    const te_row_t *row = te_row(step->row);
    TE_TRY(te_verify_writes(g, &op));
    TE_TRY(te_types(&op, row->types));
    TE_TRY(row->prepare(&op, te_model_params(m, step)));
    if (g->file.bad) {
        return te_fail(g, TE_ERR_FORMAT, "its description leads outside the file", 0);
    }
    TE_TRY(te_verify_reads(g, &op));
    TE_TRY(te_verify_sizes(g, &op));
    TE_TRY(te_graph_keep(g, &g->kept, op.keep));
    TE_ASSERT(op.scratch_refs <= MEASURE_SCRATCHES);
    g->refs += op.scratch_refs;
    step->keeps = op.keep > 0;
    measure_need(g, &op);
    uint64_t macs = ((uint64_t)m->macs_high << 32 | m->macs_low) + op.macs;
    m->macs_low = (uint32_t)macs;
    m->macs_high = (uint32_t)(macs >> 32);
    return TE_OK;
}

static int measure_part(te_graph_t *g, uint32_t number, te_extent_t *e) {
    te_select(g, number);
    te_graph_blame_none(g);
    TE_TRY(te_verify_begin(g));
    for (int i = 0; i < (int)g->part.ops.n; i++) {
        TE_TRY(measure_operator(g, i, e));
    }
    te_graph_blame_none(g);
    return te_verify_end(g);
}

/* Raises the level of what the subgraph calls above its own. */
static bool measure_callees(te_graph_t *g, const te_part_t *caller) {
    bool raised = false;
    for (uint32_t i = 0; i < caller->ops.n * TE_CALLS; i++) {
        int called = g->needs[caller->first_op + i / TE_CALLS].calls[i % TE_CALLS];
        if (called >= 0 && g->parts[called].level <= caller->level) {
            g->parts[called].level = (uint8_t)(caller->level + 1);
            raised = true;
        }
    }
    return raised;
}

/* No subgraph calls itself, over however many others. */
static int measure_levels(te_graph_t *g, uint32_t n) {
    bool raised = true;
    te_select(g, 0);
    while (raised) {
        raised = false;
        for (uint32_t i = 0; i < n; i++) {
            if (g->parts[i].level > MEASURE_DEPTH) {
                return te_fail(g, TE_ERR_UNSUPPORTED, "subgraphs that call themselves, or others more than %d deep, "
                    "are not supported", MEASURE_DEPTH);
            }
            raised |= measure_callees(g, &g->parts[i]);
        }
    }
    return TE_OK;
}

/* A file may plan the arena itself (TFLM's docs/memory_management.md): int32 version, subgraphs, n, and the place
 * of each of the n tensors of all subgraphs, -1 if it is left open. As in TFLM, n must be right. */
static int measure_given(te_graph_t *g, uint32_t tensors) {
    for (uint32_t i = 0; i < g->metadata.n; i++) {
        te_vec_t data;
        if (te_graph_metadata(g, i, "OfflineMemoryAllocation", &data)) {
            if (data.n < 12 || te_load_i32(g->file.data + data.at + 8) != (int32_t)tensors || (data.n - 12) / 4 < tensors) {
                return te_fail(g, TE_ERR_MODEL, "the file plans the places of other tensors than its %d", (int32_t)tensors);
            }
            g->given = data.at + 12;
        }
    }
    return g->file.bad ? te_fail(g, TE_ERR_FORMAT, "metadata lead outside the file", 0) : TE_OK;
}

/* What is called is planned first, because its caller has to know its arena. */
static int measure_plan(te_graph_t *g, uint32_t n) {
    for (int level = n > 1 ? MEASURE_DEPTH : 0; level >= 0; level--) {
        for (uint32_t i = 0; i < n; i++) {
            if (g->parts[i].level == level) {
                te_select(g, i);
                TE_TRY(te_plan(g));
            }
        }
    }
    return TE_OK;
}

/* Variables lie behind what operators keep. */
static void measure_variables(te_graph_t *g, uint32_t tensors) {
    te_place_t *where = te_model_where(g->model);
    for (uint32_t i = 0; i < tensors; i++) {
        if (te_is_kept(where[i])) {
            where[i] += g->kept;
        }
    }
}

/* Behind the parameters lie the places, then what is kept. */
static void measure_finish(te_graph_t *g, const te_extent_t *e) {
    te_model_t *m = g->model;
    measure_variables(g, e->tensors);
    memmove((uint8_t *)m + e->params, te_model_where(m), g->refs * sizeof(te_place_t));
    m->where = e->params;
    m->kept = te_state_size(e->params + g->refs * sizeof(te_place_t));
    m->arena_size = g->parts[0].arena;
    m->state_size = m->kept + g->kept + g->variables;
}

/* All of it. TE_ERR_MEMORY if there is not enough. */
static int measure_all(te_graph_t *g, te_extent_t *e, void *state, size_t state_len) {
    measure_layout_t l = measure_layout(e, 0);
    if (state_len < l.end) {
        return TE_ERR_MEMORY;
    }
    e->params = l.params;
    l = measure_layout(e, ((uint32_t)state_len - l.end) & ~(uint32_t)(TE_STATE_ALIGN - 1));
    measure_model(g, e, &l, state);
    measure_tensors(g, e);
    TE_TRY(measure_parts(g, e));
    for (uint32_t i = 0; i < e->graphs; i++) {
        TE_TRY(measure_part(g, i, e));
    }
    TE_TRY(measure_levels(g, e->graphs));
    TE_TRY(measure_given(g, e->tensors));
    TE_TRY(measure_plan(g, e->graphs));
    measure_finish(g, e);
    return TE_OK;
}

/* Says how much memory there must be. */
static int measure_needed(te_graph_t *g, te_extent_t *e, size_t available) {
    TE_TRY(te_verify_params(g, e));
    te_graph_blame_none(g);
    g->why->needed = measure_layout(e, e->params).end;
    g->why->available = (uint32_t)available;
    return te_fail(g, TE_ERR_MEMORY, "too little memory to measure the model in", 0);
}

int te_measure(const void *file, size_t file_len, void *state, size_t state_len, te_sizes_t *need, te_error_t *why) {
    te_graph_t g;
    te_extent_t e, counted;
    TE_TRY(te_graph_open(&g, file, file_len, why));
    TE_TRY(te_verify_extent(&g, &counted));
    e = counted;
    if ((uintptr_t)state % TE_STATE_ALIGN) {
        return te_fail(&g, TE_ERR_ARGUMENT, "state must be aligned to 8 bytes", 0);
    }
    int code = measure_all(&g, &e, state, state_len > INT32_MAX ? INT32_MAX : state_len);
    if (code != TE_OK) {
        return code == TE_ERR_MEMORY ? measure_needed(&g, &counted, state_len) : code;
    }
    need->state = g.model->state_size;
    need->arena = g.model->arena_size;
    return TE_OK;
}
