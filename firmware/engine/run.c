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

static int run_measure(te_graph_t *g, const void *file, size_t file_len, te_sizes_t *need, te_plan_t *plan,
    te_error_t *why) {
    TE_TRY(te_graph_open(g, file, file_len, why));
    TE_TRY(te_verify(g));
    TE_TRY(te_plan(g, plan));
    need->state = g->state + g->variables;
    need->arena = plan->arena;
    return TE_OK;
}

int te_measure(const void *file, size_t file_len, te_sizes_t *need, te_error_t *why) {
    te_graph_t g;
    te_plan_t plan;
    return run_measure(&g, file, file_len, need, &plan, why);
}

static int run_memory(te_graph_t *g, const char *reason, uint32_t needed, size_t available) {
    g->why->needed = needed;
    g->why->available = available > UINT32_MAX ? UINT32_MAX : (uint32_t)available;
    return te_fail(g, TE_ERR_MEMORY, reason, 0);
}

static te_model_t *run_model(te_graph_t *g, void *state, void *arena) {
    te_model_t *m = state;
    memset(m, 0, te_state_head(g->tensors.n, g->ops.n));
    m->file = g->file.data;
    m->file_len = g->file.len;
    m->arena = arena;
    m->n_tensors = (uint16_t)g->tensors.n;
    m->n_ops = (uint16_t)g->ops.n;
    m->n_inputs = (uint16_t)g->inputs.n;
    m->n_outputs = (uint16_t)g->outputs.n;
    return m;
}

/* Variables start at 0, of int8 ones the stored number: their zero point. */
static int run_reset(te_graph_t *g, te_model_t *m) {
    te_desc_t t;
    for (int32_t i = 0; i < m->n_tensors; i++) {
        if (te_graph_variable(g, i)) {
            TE_TRY(te_graph_tensor(g, i, &t));
            memset(te_out(m, te_model_where(m)[i]), t.type == TE_INT8 ? t.zero_point : 0, t.nbytes);
        }
    }
    return TE_OK;
}

/* Prepares every operator in the state, now that every place is known. */
static int run_prepare(te_graph_t *g, te_model_t *m) {
    te_op_t op;
    uint64_t macs = 0;
    uint32_t at = te_state_head(m->n_tensors, m->n_ops);
    memset((uint8_t *)m + at, 0, g->state - at);
    for (int i = 0; i < m->n_ops; i++) {
        te_step_t *step = &te_model_steps(m)[i];
        TE_TRY(te_graph_op(g, i, &op));
        op.where = te_model_where(m);
        op.scratch_at = step->scratch;
        step->params = (uint16_t)(at / 8);
        step->row = (uint8_t)te_row_find(&op);
        uint8_t *params = (uint8_t *)m + at;
        at += te_state_size(te_row(step->row)->params_size);
        op.keep_at = TE_REF_STATE | at;
        op.kept = (uint8_t *)m + at;
        TE_TRY(te_verify_op(&op, params));
        at += te_state_size(op.keep);
        macs += op.macs;
    }
    g->why->op_index = g->why->op_code = -1;
    m->macs_low = (uint32_t)macs;
    m->macs_high = (uint32_t)(macs >> 32);
    return TE_OK;
}

int te_open(te_model_t **m, const void *file, size_t file_len, void *state, size_t state_len, void *arena,
    size_t arena_len, te_error_t *why) {
    te_graph_t g;
    te_plan_t plan;
    te_sizes_t need;
    *m = NULL;
    TE_TRY(run_measure(&g, file, file_len, &need, &plan, why));
    if (state_len < need.state) {
        return run_memory(&g, "the state is too small", need.state, state_len);
    }
    if (arena_len < need.arena) {
        return run_memory(&g, "the arena is too small", need.arena, arena_len);
    }
    if ((uintptr_t)state % TE_STATE_ALIGN || (uintptr_t)arena % TE_ARENA_ALIGN) {
        return run_argument(why, "state must be aligned to 8 and arena to 16 bytes", 0);
    }
    te_model_t *model = run_model(&g, state, arena);
    te_ref_t *where = te_model_where(model);
    TE_TRY(te_plan_place(&g, &plan, where, te_model_steps(model)));
    TE_TRY(run_prepare(&g, model));
    TE_TRY(run_reset(&g, model));
    *m = model;
    return TE_OK;
}

void te_fault(const te_model_t *m, const char *reason, int32_t value) {
    te_model_t *own = (te_model_t *)m;  /* const for what operators do otherwise */
    own->fault = reason;
    own->fault_value = value;
}

/* Reports what stopped operator i, and forgets it, so that the model may run again. */
static int run_fault(te_model_t *m, int i, te_error_t *why) {
    run_argument(why, m->fault, m->fault_value);
    why->op_index = (int16_t)i;
    const te_row_t *row = te_row(te_model_steps(m)[i].row);
    why->op_code = row->code;
    why->op_name = row->code == TE_CUSTOM ? row->name : NULL;
    why->op_name_len = (uint32_t)strlen(row->name);
    m->fault = NULL;
    return TE_ERR_ARGUMENT;
}

int te_run_op(te_model_t *m, int i, te_error_t *why) {
    if (m == NULL || i < 0 || i >= m->n_ops) {
        return run_argument(why, "the model has no operator %d", i);
    }
    const te_step_t *step = &te_model_steps(m)[i];
    te_row(step->row)->run(m, (const uint8_t *)m + 8 * (size_t)step->params);
    return m->fault == NULL ? TE_OK : run_fault(m, i, why);
}

int te_run(te_model_t *m, te_error_t *why) {
    if (m == NULL) {
        return run_argument(why, "no model is open", 0);
    }
    for (int i = 0; i < m->n_ops; i++) {
        TE_TRY(te_run_op(m, i, why));
    }
    return TE_OK;
}

int te_input_count(const te_model_t *m) {
    return m->n_inputs;
}

int te_output_count(const te_model_t *m) {
    return m->n_outputs;
}

/* Tensor i of one of the graph's two lists; the file was proved when the model was opened. */
static int run_end(const te_model_t *m, bool input, int i, te_tensor_t *out) {
    te_graph_t g;
    te_error_t why;
    te_desc_t t;
    if (i < 0 || i >= (input ? m->n_inputs : m->n_outputs)) {
        return TE_ERR_ARGUMENT;
    }
    TE_TRY(te_graph_open(&g, m->file, m->file_len, &why));
    int32_t index = te_graph_index(&g, input ? g.inputs : g.outputs, (uint32_t)i);
    TE_TRY(te_graph_tensor(&g, index, &t));
    out->data = te_out(m, te_model_where(m)[index]);
    out->nbytes = t.nbytes;
    out->type = t.type;
    out->rank = t.rank;
    memset(out->shape, 0, sizeof(out->shape));
    memcpy(out->shape, t.shape, t.rank * sizeof(t.shape[0]));
    out->scale = t.scale;
    out->zero_point = t.zero_point;
    te_vec_t name = te_graph_name(&g, &t);
    out->name = (const char *)m->file + name.at;
    out->name_len = name.n;
    return TE_OK;
}

int te_input(const te_model_t *m, int i, te_tensor_t *out) {
    return run_end(m, true, i, out);
}

int te_output(const te_model_t *m, int i, te_tensor_t *out) {
    return run_end(m, false, i, out);
}

int te_op_count(const te_model_t *m) {
    return m->n_ops;
}

const char *te_op_name(const te_model_t *m, int i) {
    return i >= 0 && i < m->n_ops ? te_row(te_model_steps(m)[i].row)->name : NULL;
}

const char *te_supported(int i) {
    const te_row_t *row = te_row(i);
    return row ? row->name : NULL;
}

uint64_t te_macs(const te_model_t *m) {
    return (uint64_t)m->macs_high << 32 | m->macs_low;
}

const void *te_metadata(const void *file, size_t file_len, const char *name, size_t *len) {
    te_graph_t g;
    te_error_t why;
    if (te_graph_open(&g, file, file_len, &why) != TE_OK) {
        return NULL;
    }
    for (uint32_t i = 0; i < g.metadata.n; i++) {
        te_vec_t data;
        if (te_graph_metadata(&g, i, name, &data) && !g.file.bad) {
            *len = data.n;
            return (const uint8_t *)file + data.at;
        }
    }
    return NULL;
}

const char *te_engine_name(void) {
    return "torpor";
}
