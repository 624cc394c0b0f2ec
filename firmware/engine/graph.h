/* SPDX-License-Identifier: MIT
 * A model file as operators see it: tensors by index, an operator with its slots.
 * All of it is read from the file on demand; nothing is copied. */
#ifndef TORPOR_GRAPH_H
#define TORPOR_GRAPH_H

#include "engine.h"
#include "flatbuf.h"
#include "scale.h"

/* Leaves the function with the error of a call that failed. */
#define TE_TRY(call) do { int te_code = (call); if (te_code != TE_OK) { return te_code; } } while (0)

/* Keeps a hot loop in a function of its own, so that it has all registers. */
#define TE_APART __attribute__((noinline))

#ifdef TE_CHECK
#include <assert.h>
#define TE_ASSERT(condition) assert(condition)
#else
#define TE_ASSERT(condition) ((void)0)
#endif

typedef struct {
    te_file_t file;
    te_vec_t codes, buffers, metadata;
    te_vec_t tensors, inputs, outputs, ops;  /* of the main subgraph */
    bool proved;       /* every operator was verified once: loops over channels may be left out */
    uint32_t state;    /* bytes of state, of the operators verified so far */
    uint32_t variables;  /* bytes of state of all variables, which lie at its end */
    te_error_t *why;
} te_graph_t;

/* A tensor as the file describes it; te_graph_tensor() has proved every field. */
typedef struct {
    te_table_t table;
    uint8_t type;         /* te_type_t */
    uint8_t rank;
    int32_t shape[TE_MAX_RANK];
    uint32_t count;       /* elements, 1 .. 2^31 - 1 */
    uint32_t nbytes;
    uint32_t constant;    /* position of its nbytes in the file, 0 for an activation */
    bool variable;        /* keeps its values from run to run */
    te_vec_t scales;      /* floats; none if not quantised */
    int32_t axis;         /* that the scales run along, if there are several */
    float scale;          /* the first */
    int32_t zero_point;   /* the first */
    bool symmetric;       /* every zero point is 0 (looked at while the graph is not proved) */
} te_desc_t;

/* Where bytes lie at run time: an offset in the arena, or with the top bit set in the file, or else with the
 * second bit set in the state. */
typedef uint32_t te_ref_t;
#define TE_REF_FILE UINT32_C(0x80000000)
#define TE_REF_STATE UINT32_C(0x40000000)

/* How far ahead of an input's bytes an output may be written in place (bytes), for an operator that
 * finishes row after row: forward, it may start at most at input - forward; backward (last row first),
 * at least at input + backward. TE_NO_OVERLAP: not at all. */
#define TE_NO_OVERLAP INT32_MAX
typedef struct {
    int32_t forward;
    int32_t backward;
} te_lag_t;

#define TE_LAG_SLOTS 2

/* One operator while it is verified, planned or prepared. */
typedef struct {
    te_graph_t *graph;
    int index;
    int code;               /* BuiltinOperator */
    te_vec_t custom;        /* name of a custom operator, in the file */
    te_vec_t custom_options;  /* its bytes */
    te_table_t options;
    uint8_t options_type;
    te_vec_t inputs, outputs;
    const te_ref_t *where;  /* of each tensor; NULL until planned */
    te_ref_t scratch_at;    /* once planned */
    te_ref_t keep_at;
    void *kept;             /* once planned, its `keep` bytes: zero, and prepare() may fill them */

    /* What prepare() says to the planner. */
    uint32_t out_nbytes;          /* bytes of its first output */
    uint32_t scratch;             /* bytes of the arena while it runs */
    uint32_t keep;                /* bytes of the state that it keeps from run to run; aligned to 8 */
    te_lag_t lag[TE_LAG_SLOTS];   /* by input slot */
    bool alias;                   /* the output is input 0 under another shape */
    uint64_t macs;
} te_op_t;

/* Reads the root and the main subgraph. */
int te_graph_open(te_graph_t *g, const void *file, size_t len, te_error_t *why);

/* Describes tensor `index`; any contradiction is an error. */
int te_graph_tensor(te_graph_t *g, int32_t index, te_desc_t *t);

/* Reads operator `index`: code, name, slots, options. Its row in the table of operators is looked up apart. */
int te_graph_op(te_graph_t *g, int index, te_op_t *op);

/* Element i < v.n of a vector of int32, which is known to lie in the file. */
static inline int32_t te_graph_index(const te_graph_t *g, te_vec_t v, uint32_t i) {
    TE_ASSERT(i < v.n);
    return te_load_i32(g->file.data + v.at + 4 * i);
}

/* Position of a tensor's constant bytes; 0 if it has none. */
uint32_t te_graph_constant_at(te_graph_t *g, int32_t tensor);

/* BuiltinOperator of an operator that is known by its name. */
#define TE_CUSTOM 32

/* How many inputs and outputs operator `index` has. */
uint32_t te_graph_slots(te_graph_t *g, int index);

/* Whether a tensor that exists keeps its values from run to run. */
bool te_graph_variable(te_graph_t *g, int32_t tensor);

/* What nbytes of the state take: an operator's parameters, or what it keeps. */
static inline uint32_t te_state_size(uint32_t nbytes) {
    return (nbytes + TE_STATE_ALIGN - 1) & ~(uint32_t)(TE_STATE_ALIGN - 1);
}

/* Bytes of the state that a variable takes. */
static inline uint32_t te_variable_size(const te_desc_t *t) {
    return te_state_size(t->nbytes);
}

/* What operator `index` writes. */
te_vec_t te_graph_outputs(te_graph_t *g, int index);

/* A tensor's name. */
te_vec_t te_graph_name(te_graph_t *g, const te_desc_t *t);

/* Bytes of metadata entry i, if that is its name. */
bool te_graph_metadata(te_graph_t *g, uint32_t i, const char *name, te_vec_t *data);

bool te_graph_lists(te_graph_t *g, te_vec_t v, int32_t tensor);

/* The last operator that reads a tensor; the number of operators if the caller reads it; -1 if none. */
int te_graph_last_use(te_graph_t *g, int32_t tensor);

/* Fills *why and returns `code`. `reason` is constant text with at most one %d for `value`. */
int te_fail(te_graph_t *g, int code, const char *reason, int32_t value);

/* Bytes of an element; 0 for a type that the engine does not know, and for int4. */
uint32_t te_type_size(int type);

#endif
