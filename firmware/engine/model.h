/* SPDX-License-Identifier: MIT
 * What the engine's own files share: the open model and the row that each operator is. */
#ifndef TORPOR_MODEL_H
#define TORPOR_MODEL_H

#include "graph.h"

/* One prepared operator in the state. */
typedef struct {
    te_ref_t scratch;
    uint16_t params;   /* its parameters, in units of 8 bytes from the start of the state */
    uint8_t row;       /* in the table of operators */
} te_step_t;

/* At the start of the state; after it one te_ref_t a tensor, one te_step_t an operator, and each
 * operator's parameters and what it keeps. Positions are 32-bit offsets, so sizes hardly depend on the machine. */
struct te_model {
    const uint8_t *file;
    uint8_t *arena;
    uint32_t file_len;
    uint32_t macs_low, macs_high;
    uint16_t n_tensors, n_ops, n_inputs, n_outputs;
    int32_t fault_value;
    const char *fault;  /* what stopped the operator that runs, NULL if nothing did */
};

static inline te_ref_t *te_model_where(const te_model_t *m) {
    return (te_ref_t *)(m + 1);
}

static inline te_step_t *te_model_steps(const te_model_t *m) {
    return (te_step_t *)(te_model_where(m) + m->n_tensors);
}

/* Bytes of the state before the first operator's parameters. */
static inline uint32_t te_state_head(uint32_t n_tensors, uint32_t n_ops) {
    uint32_t size = sizeof(te_model_t) + n_tensors * sizeof(te_ref_t) + n_ops * sizeof(te_step_t);
    return (size + 7) & ~7u;
}

/* The bytes a reference stands for. What lies in the arena is aligned to 16, in the
 * state to 8, in the file to nothing. */
static inline void *te_out(const te_model_t *m, te_ref_t ref) {
    TE_ASSERT(!(ref & TE_REF_FILE));
    return ref & TE_REF_STATE ? (uint8_t *)m + (ref & ~TE_REF_STATE) : m->arena + ref;
}

static inline const void *te_in(const te_model_t *m, te_ref_t ref) {
    return ref & TE_REF_FILE ? m->file + (ref & ~TE_REF_FILE) : te_out(m, ref);
}

/* Stops the model at the operator that runs, because of what an index tensor holds that another operator or the
 * caller wrote: all else was proved before. `reason` is constant text with at most one %d for `value`. The operator
 * returns after this; te_run_op() reports it. */
void te_fault(const te_model_t *m, const char *reason, int32_t value);

/* An operator. prepare() proves that the operator agrees with itself and its tensors and fills `params`;
 * it is called once with nothing planned, for verification and the planner, and once more with every place
 * known. run() may then only assert, and call te_fault(). */
typedef struct {
    const char *name;      /* in TensorFlow Lite; a custom operator is found by it */
    int16_t code;          /* BuiltinOperator */
    uint16_t params_size;  /* bytes, at most TE_MAX_PARAMS; aligned to 8 */
    int (*prepare)(te_op_t *op, void *params);
    void (*run)(const te_model_t *m, const void *params);
} te_row_t;

#define TE_MAX_PARAMS 256

/* The table of operators (ops/table.c): row i, or NULL past the last; the row of an operator, or -1. */
const te_row_t *te_row(int i);
int te_row_find(const te_op_t *op);

/* Proves what concerns the graph as a whole. The operators follow one by one, in te_plan()'s first walk. */
int te_verify(te_graph_t *g);

/* Proves an operator, unless the graph is proved, and prepares it in TE_MAX_PARAMS bytes. */
int te_verify_op(te_op_t *op, void *params);

/* What a model's arena needs, and the limit that the planner reached it with. */
typedef struct {
    uint32_t arena;
    uint32_t limit;
} te_plan_t;

/* Verifies every operator on the way. */
int te_plan(te_graph_t *g, te_plan_t *plan);

/* Places every tensor, and in its step every operator's scratch, by that limit. */
int te_plan_place(te_graph_t *g, const te_plan_t *plan, te_ref_t *where, te_step_t *steps);

#endif
