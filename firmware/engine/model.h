/* SPDX-License-Identifier: MIT
 * What the engine's own files share: the open model and the row that each operator is. */
#ifndef TORPOR_MODEL_H
#define TORPOR_MODEL_H

#include "graph.h"

/* One prepared operator in the state. */
typedef struct {
    uint16_t params;   /* its parameters, in units of 8 bytes from the start of the state */
    uint8_t row;       /* in the table of operators */
    uint8_t keeps;     /* it keeps something from run to run */
} te_step_t;

/* The operators of a subgraph among all. */
typedef struct {
    uint16_t first, n;
} te_span_t;

/* A run that is under way. */
typedef struct {
    te_error_t *why;
    uint32_t calls;   /* of subgraphs */
    uint16_t step;    /* the operator that runs */
    bool fault;       /* *why says what stopped it */
    bool waits;       /* for more inputs */
} te_running_t;

/* At the start of the state; after it one te_step_t an operator, one te_span_t a subgraph if there are several, each
 * operator's parameters, the places, and what is kept from run to run. Positions are 32-bit offsets, so sizes hardly
 * depend on the machine. */
struct te_model {
    const uint8_t *file;
    uint8_t *arena;      /* of the subgraph that runs */
    te_running_t *running;  /* NULL while nothing runs */
    uint32_t file_len;
    uint32_t state_size, arena_size;
    uint32_t where, kept;  /* positions in the state */
    uint32_t macs_low, macs_high;
    uint16_t n_ops, n_steps;  /* operators of the main subgraph, and of all */
    uint16_t n_inputs, n_outputs;
    uint16_t variables;  /* the first resource variable, in units of 8 bytes; 0: none. See ops/variable.h */
};

static inline te_step_t *te_model_steps(const te_model_t *m) {
    return (te_step_t *)(m + 1);
}

static inline te_span_t *te_model_spans(const te_model_t *m) {
    return (te_span_t *)(te_model_steps(m) + m->n_steps);
}

static inline te_place_t *te_model_where(const te_model_t *m) {
    return (te_place_t *)((uint8_t *)m + m->where);
}

static inline void *te_model_params(const te_model_t *m, const te_step_t *step) {
    return (uint8_t *)m + 8 * (size_t)step->params;
}

static inline bool te_is_kept(te_place_t at) {
    return (at & (TE_IN_FILE | TE_IN_STATE)) == TE_IN_STATE;
}

/* The bytes at a place. What lies in the arena is aligned to 16, in the state to 8, in the file to nothing. */
static inline void *te_at(const te_model_t *m, te_place_t at) {
    TE_ASSERT(at != TE_NOWHERE);
    if (at & TE_IN_FILE) {
        return (uint8_t *)m->file + (at & ~TE_IN_FILE);
    }
    return at & TE_IN_STATE ? (uint8_t *)m + m->kept + (at & ~TE_IN_STATE) : m->arena + at;
}

static inline te_place_t te_place(const te_model_t *m, te_ref_t ref) {
    return ref < TE_IN_STATE ? te_model_where(m)[ref] : ref;
}

/* The bytes that a reference stands for, to read; and to write, which nobody may do in the file. */
static inline const void *te_in(const te_model_t *m, te_ref_t ref) {
    return te_at(m, te_place(m, ref));
}

static inline void *te_out(const te_model_t *m, te_ref_t ref) {
    TE_ASSERT(!(te_place(m, ref) & TE_IN_FILE));
    return te_at(m, te_place(m, ref));
}

/* Stops the model at the operator that runs, because of what an index tensor holds that another operator or the
 * caller wrote: all else was proved before. `reason` is constant text with at most one %d for `value`. The operator
 * returns after this; te_run_op() reports it. */
void te_fault(const te_model_t *m, const char *reason, int32_t value);

/* Ends the run after this operator: what follows has to wait for more inputs. te_run() returns TE_WAIT. */
void te_wait(const te_model_t *m);

enum { TE_IF = 118, TE_WHILE = 119 };

/* A tensor of an operator and those of the subgraphs that take its values over, or give them. */
typedef struct {
    uint32_t nbytes;
    uint16_t ref[4];
} te_link_t;

/* Runs a subgraph in an arena of its own. False if a fault stopped it, or if it waits for more inputs. */
bool te_call(const te_model_t *m, uint32_t part, uint8_t *arena);

/* Calls of subgraphs in one run, so that a loop that does not end stops. */
#ifndef TE_MAX_CALLS
#define TE_MAX_CALLS 1000000
#endif

/* An operator. prepare() proves that the operator agrees with itself and its tensors, says to the planner what it
 * needs and fills `params`. run() may then only assert, and call te_fault(). */
typedef struct {
    const char *name;      /* in TensorFlow Lite; a custom operator is found by it */
    const char *types;     /* that its tensors may have: see te_types() */
    int16_t code;          /* BuiltinOperator */
    uint16_t params_size;  /* bytes, at most TE_MAX_PARAMS; aligned to 8 */
    int (*prepare)(te_op_t *op, void *params);
    void (*run)(const te_model_t *m, const void *params);
} te_row_t;

/* Bytes of an operator's parameters. Those of IF and WHILE end with a link for each input and output. */
static inline uint32_t te_params_size(const te_row_t *row, uint32_t slots) {
    uint32_t links = row->code == TE_IF || row->code == TE_WHILE ? slots * sizeof(te_link_t) : 0;
    return te_state_size(row->params_size + links);
}

#define TE_MAX_PARAMS 256

/* The table of operators (ops/table.c): row i, or NULL past the last. */
const te_row_t *te_row(int i);

/* What te_measure() keeps about an operator for the planner; see te_op_t. */
typedef struct te_need {
    te_vec_t inputs, outputs;
    te_lag_t lag[TE_LAG_SLOTS];
    uint32_t scratch;        /* bytes */
    te_place_t at;           /* of its scratch */
    uint16_t scratch_at, scratch_refs;
    int16_t calls[TE_CALLS];
    bool alias;
} te_need_t;

/* Proves that an operator's tensors have types that one of `signatures` has. They are separated by spaces; each is a
 * letter for every input, a colon, and a letter for every output. The last one stands for all further slots, too. An
 * input that is absent suits any letter.
 *     b int8  h int16  i int32  q int64  B uint8  I uint32  Q uint64  ? bool  f float32  n int4  r resource
 *     [bf]  one of these        .  any but int4        =  the one that stands for the first [] or .        -  none
 * So "[bf]i:=" takes int8 or float32 and an int32, and gives the type of the first. A * in front of them all says that
 * the operator leaves out what it does in types that a build lacks; see te_has(). */
int te_types(te_op_t *op, const char *signatures);

/* Looks at another subgraph of a model that is measured. */
void te_select(te_graph_t *g, uint32_t number);

/* How many there are in all subgraphs together. */
typedef struct {
    uint32_t graphs, tensors, ops;
    uint32_t slots;   /* operators, their inputs and outputs, and those of the subgraphs */
    uint32_t params;  /* bytes; while a model is measured, the position behind the last ones */
} te_extent_t;

/* Counts all but the parameters, within limits. */
int te_verify_extent(te_graph_t *g, te_extent_t *e);

/* Counts those. */
int te_verify_params(te_graph_t *g, te_extent_t *e);

/* Counts n slots more. */
int te_verify_slots(te_graph_t *g, te_extent_t *e, uint32_t n);

/* What is said of an operator that is not in the table; a build for few operators tells how to add it. */
#ifndef TE_NO_ROW
#define TE_NO_ROW "this operator is not supported"
#endif

/* Proves what concerns the subgraph that is looked at: before its operators, and after them. */
int te_verify_begin(te_graph_t *g);
int te_verify_end(te_graph_t *g);

/* Proves what an operator's slots have to do with others: before it is prepared, and what that described. */
int te_verify_writes(te_graph_t *g, const te_op_t *op);
int te_verify_reads(te_graph_t *g, const te_op_t *op);
int te_verify_sizes(te_graph_t *g, const te_op_t *op);

/* Places all that the subgraph needs in the arena. */
int te_plan(te_graph_t *g);

/* A size in the arena. */
static inline uint32_t te_padded(uint32_t size) {
    return (size + TE_ARENA_ALIGN - 1) & ~(uint32_t)(TE_ARENA_ALIGN - 1);
}

#endif
