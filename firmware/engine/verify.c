/* SPDX-License-Identifier: MIT
 * Proves a model safe before anything runs: the graph here, each operator by its own prepare(). */
#include "model.h"

/* Few bytes can stand for many operators and slots, because a FlatBuffer may share tables; so their number has a
 * limit. */
#define VERIFY_SLOTS 32767

int te_verify_slots(te_graph_t *g, te_extent_t *e, uint32_t n) {
    if (n > VERIFY_SLOTS - e->slots) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "more than %d operators, inputs and outputs are not supported", VERIFY_SLOTS);
    }
    e->slots += n;
    return TE_OK;
}

/* Counts what a subgraph has. */
static int verify_count(te_graph_t *g, te_extent_t *e) {
    const te_part_t *part = &g->part;
    if (part->tensors.n > INT16_MAX - e->tensors) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "more than %d tensors are not supported", INT16_MAX);
    }
    TE_TRY(te_verify_slots(g, e, part->inputs.n));
    TE_TRY(te_verify_slots(g, e, part->outputs.n));
    if (part->ops.n > VERIFY_SLOTS - e->slots || e->graphs >= VERIFY_SLOTS) {
        return te_verify_slots(g, e, VERIFY_SLOTS + 1);
    }
    e->graphs++;
    e->tensors += part->tensors.n;
    e->ops += part->ops.n;
    return TE_OK;
}

int te_verify_extent(te_graph_t *g, te_extent_t *e) {
    memset(e, 0, sizeof(*e));
    if (g->part.ops.n == 0 || g->part.outputs.n == 0) {
        return te_fail(g, TE_ERR_MODEL, "the model computes nothing", 0);
    }
    TE_TRY(verify_count(g, e));
    while (e->graphs < g->graphs.n) {
        TE_TRY(te_graph_part(g, e->graphs, &g->part));
        TE_TRY(verify_count(g, e));
    }
    return e->ops <= VERIFY_SLOTS ? TE_OK : te_verify_slots(g, e, VERIFY_SLOTS + 1);
}

/* Counts the parameters of the subgraph's operators. */
static int verify_params(te_graph_t *g, te_extent_t *e) {
    te_op_t op;
    for (uint32_t i = 0; i < g->part.ops.n; i++) {
        TE_TRY(te_graph_kind(g, (int)i, &op));
        const te_row_t *row = te_row(op.row);
        if (row == NULL) {
            return te_fail(g, TE_ERR_UNSUPPORTED, TE_NO_ROW, 0);
        }
        TE_TRY(te_verify_slots(g, e, 1 + op.inputs.n + op.outputs.n));
        e->params += te_params_size(row, op.inputs.n + op.outputs.n);
    }
    return TE_OK;
}

int te_verify_params(te_graph_t *g, te_extent_t *e) {
    for (uint32_t i = 0; i < e->graphs; i++) {
        TE_TRY(te_graph_part(g, i, &g->part));
        TE_TRY(verify_params(g, e));
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
        TE_TRY(te_graph_output(g, tensor, &t));
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
