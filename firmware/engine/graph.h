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

/* Puts a function into its caller's loop, also where size counts. */
#define TE_INLINE __attribute__((always_inline))

#ifdef TE_CHECK
#include <assert.h>
#define TE_ASSERT(condition) assert(condition)
#else
#define TE_ASSERT(condition) ((void)0)
#endif

/* A subgraph. Tensors and operators of all subgraphs are numbered through. */
typedef struct {
    te_vec_t tensors, inputs, outputs, ops;
    uint16_t number;                  /* 0: the main one */
    uint16_t first_tensor, first_op;  /* how many the subgraphs before it have */
    uint8_t level;                    /* of calls: higher than that of each subgraph that calls it */
    uint32_t arena;                   /* bytes that a run of it takes, once planned */
} te_part_t;

/* Where bytes lie at run time: an offset in the arena, or with the top bit set in the file, or else with the
 * second bit set in what the state keeps from run to run. */
typedef uint32_t te_place_t;
#define TE_IN_FILE UINT32_C(0x80000000)
#define TE_IN_STATE UINT32_C(0x40000000)
#define TE_NOWHERE UINT32_MAX

/* What stands for bytes in an operator's parameters: a place, if it was known early, or the number of one, which is
 * below TE_IN_STATE: a tensor's, or behind all tensors that of an operator's scratch. */
typedef uint32_t te_ref_t;
#define TE_NO_REF UINT32_MAX

/* What is known of a tensor while its subgraph is proved and planned. Operators count from 0 in each subgraph. */
typedef struct {
    uint32_t size;   /* bytes of the arena, a multiple of TE_ARENA_ALIGN */
    int16_t writer;  /* operator, or one of the two below */
    int16_t last;    /* the last operator that reads it; the number of operators if the caller does */
} te_life_t;

#define TE_CALLER (-1)
#define TE_NOBODY (-2)

#define TE_SET(type) (UINT32_C(1) << (type))

/* The types that operators can compute in: all of them, unless a build sets TE_TYPES to those that its models use. What
 * lies behind te_has() of another type is left out; an operator that does so has a * in its row. */
#ifndef TE_TYPES
#define TE_TYPES UINT32_MAX
#endif
#define te_has(type) ((TE_TYPES >> (type) & 1) != 0)

/* What is only called if a type is built in. */
#define te_if(type, what) (te_has(type) ? (what) : NULL)

/* Whether the type of an operator's first input or output is T, which the compiler knows where there is no other. */
static inline bool te_is(int type, int T) {
    return te_has(T) && ((TE_TYPES & ~TE_SET(TE_INT4)) == TE_SET(T) || type == T);
}

/* A tensor as the file describes it; te_graph_tensor() has proved every field. */
typedef struct {
    uint8_t type;         /* te_type_t */
    uint8_t rank;
    bool variable;        /* keeps its values from run to run */
    bool symmetric;       /* every zero point is 0; looked at only while a model is measured, as the next */
    float greatest;       /* scale */
    int32_t shape[TE_MAX_RANK];
    uint32_t count;       /* elements, 1 .. 2^31 - 1 */
    uint32_t nbytes;
    uint32_t constant;    /* position of its nbytes in the file, 0 for an activation */
    te_vec_t scales;      /* floats; none if not quantised */
    int32_t axis;         /* that the scales run along, if there are several */
    float scale;          /* the first */
    int32_t zero_point;   /* the first */
} te_desc_t;

/* What operators have in common that name one entry in the file's list of operator codes. */
typedef struct {
    uint32_t number;  /* of that entry, counted from 1; 0 if nothing is known here yet */
    int32_t code;     /* BuiltinOperator */
    te_vec_t custom;  /* name of a custom operator, in the file */
    int32_t row;      /* in the table of operators, -1 if it is not there */
    uint64_t types;   /* of the slots of one that suited, see te_types(); 0 if none did yet */
} te_kind_t;

#define TE_KINDS 4

/* BuiltinOperator of an operator that is known by its name. */
#define TE_CUSTOM 32

typedef struct {
    te_file_t file;
    te_vec_t codes, buffers, metadata, graphs;
    te_part_t part;      /* the subgraph that is looked at */
    te_kind_t kinds[TE_KINDS];  /* some that were asked for: n is at n % TE_KINDS */
    te_error_t *why;

    /* While a model is measured, else NULL: what is open was proved. */
    struct te_model *model;
    te_part_t *parts;
    struct te_need *needs;  /* of the subgraph's operators */
    te_life_t *lives;       /* of the subgraph's tensors */
    te_place_t *where;      /* of the subgraph's tensors */
    uint16_t *living;       /* room for the planner, a number for each tensor */
    int32_t output;         /* the output, or input of the subgraph, that was described last, or -1, */
    te_desc_t output_desc;  /* and how: mostly it is the next operator's input */
    uint32_t given;         /* position in the file of the places that it plans itself; 0: none */
    uint32_t refs;          /* places numbered so far */
    uint32_t kept;          /* bytes that operators keep from run to run, so far */
    uint32_t variables;     /* bytes of variables, so far */
} te_graph_t;

/* How far ahead of an input's bytes an output may be written in place (bytes), for an operator that
 * finishes row after row: forward, it may start at most at input - forward; backward (last row first),
 * at least at input + backward. TE_NO_OVERLAP: not at all. */
#define TE_NO_OVERLAP INT32_MAX
typedef struct {
    int32_t forward;
    int32_t backward;
} te_lag_t;

#define TE_LAG_SLOTS 2
#define TE_CALLS 2

/* One operator while it is prepared. */
typedef struct {
    te_graph_t *graph;
    int index;              /* in its subgraph */
    te_kind_t *kind;        /* until the next operator is read */
    int code;               /* BuiltinOperator */
    te_vec_t custom;        /* name of a custom operator, in the file */
    te_vec_t custom_options;  /* its bytes */
    int row;                /* in the table of operators, -1 if it is not there */
    te_table_t options;
    uint8_t options_type;
    te_vec_t inputs, outputs;
    te_ref_t keep_at;       /* stands for what it keeps */
    void *kept;             /* NULL when it is prepared; when it begins anew, its `keep` bytes, zero */
    te_ref_t scratch_at;    /* number of its first scratch */
    uint32_t scratch_refs;  /* how many it has asked for */

    /* What prepare() says to the planner. */
    uint32_t out_nbytes;          /* bytes of its first output */
    uint32_t scratch;             /* bytes of the arena while it runs */
    uint32_t keep;                /* bytes of the state that it keeps from run to run; aligned to 8. If it asks for some,
                                     prepare() is called again when the model begins anew, to fill them, and then its
                                     parameters are not used */
    te_lag_t lag[TE_LAG_SLOTS];   /* by input slot */
    bool alias;                   /* the output is input 0 under another shape */
    int16_t calls[TE_CALLS];      /* subgraphs that run in its scratch; -1: none */
    uint64_t macs;
} te_op_t;

/* Reads the root and the main subgraph. */
int te_graph_open(te_graph_t *g, const void *file, size_t len, te_error_t *why);

/* Reads subgraph `number`; its place among the others is the caller's to say. */
int te_graph_part(te_graph_t *g, uint32_t number, te_part_t *part);

/* Describes tensor `index`; any contradiction is an error. */
int te_graph_tensor(te_graph_t *g, int32_t index, te_desc_t *t);

/* The same, and keeps it to be found again. */
int te_graph_output(te_graph_t *g, int32_t index, te_desc_t *t);

/* The type of a tensor that exists, be it one that te_graph_tensor() accepts or not. */
int te_graph_type(te_graph_t *g, int32_t tensor);

/* The row of a kind of operators in their table (ops/table.c), or -1. */
int te_row_find(const te_graph_t *g, const te_kind_t *kind);

/* Reads operator `index` of the subgraph: code, name, row, slots. */
int te_graph_kind(te_graph_t *g, int index, te_op_t *op);

/* The same with its options, and what prepare() finds set. */
int te_graph_op(te_graph_t *g, int index, te_op_t *op);

/* Element i < v.n of a vector of int32, which is known to lie in the file. */
static inline int32_t te_graph_index(const te_graph_t *g, te_vec_t v, uint32_t i) {
    TE_ASSERT(i < v.n);
    return te_load_i32(g->file.data + v.at + 4 * i);
}

static inline bool te_graph_exists(const te_graph_t *g, int32_t tensor) {
    return tensor >= 0 && (uint32_t)tensor < g->part.tensors.n;
}

/* What nbytes of the state take. */
static inline uint32_t te_state_size(uint32_t nbytes) {
    return (nbytes + TE_STATE_ALIGN - 1) & ~(uint32_t)(TE_STATE_ALIGN - 1);
}

/* Counts nbytes more of what the state keeps from run to run. */
int te_graph_keep(te_graph_t *g, uint32_t *kept, uint32_t nbytes);

/* A tensor's name. */
te_vec_t te_graph_name(te_graph_t *g, int32_t tensor);

/* Bytes of metadata entry i, if that is its name. */
bool te_graph_metadata(te_graph_t *g, uint32_t i, const char *name, te_vec_t *data);

/* Fills *why and returns `code`; for reason and value see te_error_t. */
int te_fail(te_graph_t *g, int code, const char *reason, int32_t value);

/* What fails from now on is no operator's fault. */
void te_graph_blame_none(te_graph_t *g);

/* Bytes of an element; 0 for a type that the engine does not know, and for int4. */
uint32_t te_type_size(int type);

/* A type's letter in te_types(); 0 for one that the engine does not know. */
char te_type_letter(int type);

#endif
