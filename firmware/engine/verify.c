/* SPDX-License-Identifier: MIT
 * Proves a model safe before anything runs: the graph here, each operator by its own prepare(). */
#include "model.h"

/* What is said of an operator that is not in the table; a build for few operators tells how to add it. */
#ifndef TE_NO_ROW
#define TE_NO_ROW "this operator is not supported"
#endif

#define VERIFY_VARIABLES (1 << 28)  /* a multiple of what a variable's size is rounded to */

/* True if the tensor has constant bytes in the file. */
static bool verify_constant(te_graph_t *g, int32_t tensor) {
    return te_graph_constant_at(g, tensor) != 0;
}

/* The first operator before `end` that writes a tensor; `end` if there is none. */
static int verify_writer(te_graph_t *g, int32_t tensor, int end) {
    for (int i = 0; i < end; i++) {
        if (te_graph_lists(g, te_graph_outputs(g, i), tensor)) {
            return i;
        }
    }
    return end;
}

static bool verify_exists(te_graph_t *g, int32_t tensor) {
    return tensor >= 0 && (uint32_t)tensor < g->tensors.n;
}

/* What an operator reads is constant, an input of the model, or was written before. */
static int verify_reads(te_graph_t *g, const te_op_t *op) {
    for (uint32_t i = 0; i < op->inputs.n; i++) {
        int32_t tensor = te_graph_index(g, op->inputs, i);
        if (tensor == -1) {
            continue;
        }
        if (!verify_exists(g, tensor)) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d does not exist", tensor);
        }
        if (!verify_constant(g, tensor) && !te_graph_variable(g, tensor) && !te_graph_lists(g, g->inputs, tensor)
            && verify_writer(g, tensor, op->index) == op->index) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is read before it is written", tensor);
        }
    }
    return TE_OK;
}

/* What it writes is written once, and is neither constant nor an input. */
static int verify_writes(te_graph_t *g, const te_op_t *op) {
    for (uint32_t i = 0; i < op->outputs.n; i++) {
        int32_t tensor = te_graph_index(g, op->outputs, i);
        if (!verify_exists(g, tensor)) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d does not exist", tensor);
        }
        if (te_graph_variable(g, tensor)) {
            return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is a variable, yet an output", tensor);
        }
        if (verify_constant(g, tensor) || te_graph_lists(g, g->inputs, tensor)) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is constant or an input, but is written", tensor);
        }
        if (verify_writer(g, tensor, op->index) != op->index || te_graph_lists(g, op->inputs, tensor)) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is written twice", tensor);
        }
    }
    return TE_OK;
}

/* Inputs and outputs of the model: each once, none of them constant, and outputs come from somewhere. */
static int verify_ends(te_graph_t *g) {
    te_desc_t t;
    for (uint32_t i = 0; i < g->inputs.n + g->outputs.n; i++) {
        bool in = i < g->inputs.n;
        int32_t tensor = in ? te_graph_index(g, g->inputs, i) : te_graph_index(g, g->outputs, i - g->inputs.n);
        TE_TRY(te_graph_tensor(g, tensor, &t));
        if (t.constant) {
            return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is constant, yet an input or output of the model", tensor);
        }
        if (t.variable) {
            return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is a variable, yet an input or output of the model", tensor);
        }
        te_vec_t before = {g->inputs.at, i};
        if (in && te_graph_lists(g, before, tensor)) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is an input of the model twice", tensor);
        }
        if (!in && !te_graph_lists(g, g->inputs, tensor) && verify_writer(g, tensor, (int)g->ops.n) == (int)g->ops.n) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d is an output that no operator writes", tensor);
        }
    }
    return TE_OK;
}

static int verify_variable(te_graph_t *g, int32_t tensor) {
    te_desc_t t;
    TE_TRY(te_graph_tensor(g, tensor, &t));
    if (t.nbytes > VERIFY_VARIABLES - g->variables) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "more than %d bytes of variables are not supported", VERIFY_VARIABLES);
    }
    g->variables += te_variable_size(&t);
    return TE_OK;
}

/* Every tensor's constant bytes are in the file, also of tensors that nothing uses. */
static int verify_tensors(te_graph_t *g) {
    for (uint32_t i = 0; i < g->tensors.n; i++) {
        verify_constant(g, (int32_t)i);
        if (g->file.bad) {
            return te_fail(g, TE_ERR_FORMAT, "tensor %d leads outside the file", (int32_t)i);
        }
        if (te_graph_variable(g, (int32_t)i)) {
            TE_TRY(verify_variable(g, (int32_t)i));
        }
    }
    return TE_OK;
}

#define VERIFY_SLOTS 8192

/* The searches for a tensor's writer and last reader go through every slot of every operator. Few bytes can stand
 * for many slots, because a FlatBuffer may share tables; so their number has a limit. */
static int verify_extent(te_graph_t *g) {
    uint32_t slots = g->inputs.n + g->outputs.n;
    for (int i = 0; i < (int)g->ops.n && slots <= VERIFY_SLOTS; i++) {
        slots += 1 + te_graph_slots(g, i);
        if (g->file.bad) {
            g->why->op_index = (int16_t)i;
            return te_fail(g, TE_ERR_FORMAT, "its description leads outside the file", 0);
        }
    }
    return slots <= VERIFY_SLOTS ? TE_OK : te_fail(g, TE_ERR_UNSUPPORTED,
        "more than %d operators, inputs and outputs are not supported", VERIFY_SLOTS);
}

int te_verify(te_graph_t *g) {
    if (g->ops.n == 0 || g->outputs.n == 0) {
        return te_fail(g, TE_ERR_MODEL, "the model computes nothing", 0);
    }
    TE_TRY(verify_extent(g));
    TE_TRY(verify_tensors(g));
    TE_TRY(verify_ends(g));
    g->state = te_state_head(g->tensors.n, g->ops.n);
    return TE_OK;
}

static int verify_state(te_graph_t *g, uint32_t nbytes) {
    if (nbytes > 8u * UINT16_MAX || g->state + te_state_size(nbytes) > 8u * UINT16_MAX) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "more than %d bytes of state are not supported", 8 * UINT16_MAX);
    }
    g->state += te_state_size(nbytes);
    return TE_OK;
}

static int verify_first_time(te_graph_t *g, const te_op_t *op) {
    const te_row_t *row = te_row(te_row_find(op));
    if (row == NULL) {
        return te_fail(g, TE_ERR_UNSUPPORTED, TE_NO_ROW, 0);
    }
    TE_TRY(verify_reads(g, op));
    TE_TRY(verify_writes(g, op));
    TE_ASSERT(row->params_size <= TE_MAX_PARAMS);
    return verify_state(g, row->params_size);
}

int te_verify_op(te_op_t *op, void *params) {
    te_graph_t *g = op->graph;
    if (!g->proved) {
        TE_TRY(verify_first_time(g, op));
    }
    TE_TRY(te_row(te_row_find(op))->prepare(op, params));
    if (g->file.bad) {
        return te_fail(g, TE_ERR_FORMAT, "its description leads outside the file", 0);
    }
    return g->proved ? TE_OK : verify_state(g, op->keep);
}
