/* SPDX-License-Identifier: MIT
 * Proves a model safe before anything runs: the graph here, each operator by its own prepare(). */
#include "model.h"

/* What is said of an operator that is not in the table; a build for few operators tells how to add it. */
#ifndef TE_NO_ROW
#define TE_NO_ROW "this operator is not supported"
#endif

/* Few bytes can stand for many operators and slots, because a FlatBuffer may share tables; so their number has a
 * limit. */
#define VERIFY_SLOTS 32767

static int verify_too_many(te_graph_t *g) {
    return te_fail(g, TE_ERR_UNSUPPORTED, "more than %d operators, inputs and outputs are not supported", VERIFY_SLOTS);
}

/* Counts operator i of the subgraph. */
static int verify_count(te_graph_t *g, uint32_t i, te_extent_t *e) {
    te_op_t op;
    TE_TRY(te_graph_kind(g, (int)i, &op));
    const te_row_t *row = te_row(te_row_find(&op));
    if (row == NULL) {
        return te_fail(g, TE_ERR_UNSUPPORTED, TE_NO_ROW, 0);
    }
    uint32_t slots = op.inputs.n + op.outputs.n;
    e->ops++;
    e->slots += 1 + slots;
    if (e->slots > VERIFY_SLOTS) {
        return verify_too_many(g);
    }
    e->params += te_params_size(row, slots);
    return TE_OK;
}

/* Counts what a subgraph has. */
static int verify_count_part(te_graph_t *g, te_extent_t *e) {
    if (g->part.tensors.n > INT16_MAX - e->tensors) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "more than %d tensors are not supported", INT16_MAX);
    }
    if (e->graphs > VERIFY_SLOTS || g->part.inputs.n > VERIFY_SLOTS || g->part.outputs.n > VERIFY_SLOTS) {
        return verify_too_many(g);
    }
    e->graphs++;
    e->slots += g->part.inputs.n + g->part.outputs.n;
    e->tensors += g->part.tensors.n;
    for (uint32_t i = 0; i < g->part.ops.n; i++) {
        TE_TRY(verify_count(g, i, e));
    }
    return TE_OK;
}

int te_verify_extent(te_graph_t *g, te_extent_t *e) {
    memset(e, 0, sizeof(*e));
    if (g->part.ops.n == 0 || g->part.outputs.n == 0) {
        return te_fail(g, TE_ERR_MODEL, "the model computes nothing", 0);
    }
    TE_TRY(verify_count_part(g, e));
    while (e->graphs < g->graphs.n) {
        TE_TRY(te_graph_part(g, e->graphs, &g->part));
        TE_TRY(verify_count_part(g, e));
    }
    return TE_OK;
}

/* An input or output of the model must be in the arena, where the caller writes and reads. */
static int verify_end(te_graph_t *g, int32_t tensor, const te_desc_t *t) {
    if (t->constant) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is constant, yet an input or output of the model", tensor);
    }
    if (t->variable) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is a variable, yet an input or output of the model", tensor);
    }
    if (t->type == TE_RESOURCE && g->part.number == 0) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is a resource, yet an input or output of the model", tensor);
    }
    return TE_OK;
}

/* Inputs: each once, none of them constant. */
int te_verify_begin(te_graph_t *g) {
    te_desc_t t;
    for (uint32_t i = 0; i < g->part.inputs.n; i++) {
        int32_t tensor = te_graph_index(g, g->part.inputs, i);
        TE_TRY(te_graph_tensor(g, tensor, &t));
        TE_TRY(verify_end(g, tensor, &t));
        te_life_t *life = &g->lives[tensor];
        if (life->writer != TE_NOBODY) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is an input of the model twice", tensor);
        }
        life->writer = life->last = TE_CALLER;
        life->size = te_padded(t.nbytes);
    }
    return TE_OK;
}

/* Outputs come from somewhere. A subgraph that another calls may also give what is constant, or a variable. */
int te_verify_end(te_graph_t *g) {
    te_desc_t t;
    for (uint32_t i = 0; i < g->part.outputs.n; i++) {
        int32_t tensor = te_graph_index(g, g->part.outputs, i);
        TE_TRY(te_graph_tensor(g, tensor, &t));
        if (g->part.number == 0) {
            TE_TRY(verify_end(g, tensor, &t));
        }
        if (g->where[tensor] == TE_NOWHERE && g->lives[tensor].writer == TE_NOBODY) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is an output that no operator writes", tensor);
        }
        g->lives[tensor].last = (int16_t)g->part.ops.n;
    }
    return TE_OK;
}

/* What an operator writes is written once, and is no input. */
int te_verify_writes(te_graph_t *g, const te_op_t *op) {
    for (uint32_t i = 0; i < op->outputs.n; i++) {
        int32_t tensor = te_graph_index(g, op->outputs, i);
        if (!te_graph_exists(g, tensor)) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d does not exist", tensor);
        }
        te_life_t *life = &g->lives[tensor];
        if (life->writer == TE_CALLER) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is constant or an input, but is written", tensor);
        }
        if (life->writer != TE_NOBODY) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is written twice", tensor);
        }
        life->writer = life->last = (int16_t)op->index;
    }
    return TE_OK;
}

/* What it reads is constant, a variable, an input of the subgraph, or was written before. */
int te_verify_reads(te_graph_t *g, const te_op_t *op) {
    te_desc_t t;
    for (uint32_t i = 0; i < op->inputs.n; i++) {
        int32_t tensor = te_graph_index(g, op->inputs, i);
        if (tensor == -1) {
            continue;
        }
        if (!te_graph_exists(g, tensor)) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d does not exist", tensor);
        }
        te_life_t *life = &g->lives[tensor];
        if (life->writer == TE_NOBODY || life->writer == op->index) {
            if (g->where[tensor] == TE_NOWHERE) {
                TE_TRY(te_graph_tensor(g, tensor, &t));
            }
            if (g->where[tensor] == TE_NOWHERE) {
                return te_fail(g, TE_ERR_MODEL, "tensor %d is read before it is written", tensor);
            }
        }
        life->last = (int16_t)op->index;
    }
    return TE_OK;
}

/* A variable that an operator reads as well would be written while it is read. */
static bool verify_reads_too(te_graph_t *g, const te_op_t *op, int32_t tensor) {
    for (uint32_t i = 0; i < op->inputs.n; i++) {
        if (te_graph_index(g, op->inputs, i) == tensor) {
            return true;
        }
    }
    return false;
}

/* What it writes is a variable, or lies in the arena; how large that is. */
int te_verify_sizes(te_graph_t *g, const te_op_t *op) {
    te_desc_t t;
    for (uint32_t i = 0; i < op->outputs.n; i++) {
        int32_t tensor = te_graph_index(g, op->outputs, i);
        t.nbytes = op->out_nbytes;
        if (i > 0) {
            TE_TRY(te_graph_tensor(g, tensor, &t));
        }
        if (g->where[tensor] == TE_NOWHERE) {
            g->lives[tensor].size = te_padded(t.nbytes);
        } else if (g->where[tensor] & TE_IN_FILE) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is constant or an input, but is written", tensor);
        } else if (verify_reads_too(g, op, tensor)) {
            return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is a variable that one operator reads and writes", tensor);
        }
    }
    return TE_OK;
}
