/* SPDX-License-Identifier: MIT
 * The seam between Torpor and an inference engine; this header is the manual.
 *
 * An engine opens a plain TensorFlow Lite model where it lies, proves it safe,
 * plans its memory and runs it. It allocates nothing, keeps no global state and
 * knows no Python. A caller goes through it in this order:
 *
 *     void *state = NULL;
 *     size_t room = 0;
 *     te_sizes_t need;
 *     te_error_t why;
 *     while ((code = te_measure(file, file_len, state, room, &need, &why)) == TE_ERR_MEMORY) {
 *         state = realloc(state, room = why.needed);                   // to prove and plan in
 *     }
 *     if (code != TE_OK) ...
 *     state = realloc(state, need.state);                              // what stays of it
 *     te_model_t *m;
 *     te_open(&m, state, need.state, arena, need.arena, &why);
 *     te_tensor_t x;
 *     te_input(m, 0, &x);                                              // x.data lies in the arena
 *     memcpy(x.data, samples, x.nbytes);
 *     te_run(m, &why);
 *     te_output(m, 0, &y);
 *
 * Memory:
 *   file   read only; any alignment; must stay where it is while the model is open
 *          (flash, ROMFS, a buffer). Weights are read from it, never copied
 *          (upstream TFLM copies a file into the state that is not aligned to 8).
 *   state  te_sizes_t.state bytes, aligned to TE_STATE_ALIGN; belongs to this model alone. What a model remembers from
 *          run to run lies here. te_measure() fills it and takes more meanwhile; behind te_sizes_t.state nothing is
 *          needed afterwards. Until te_open() it may be moved to another place, and after te_open() not.
 *   arena  te_sizes_t.arena bytes, aligned to TE_ARENA_ALIGN; activations and scratch.
 *          Several models may share one arena if they do not run at the same time:
 *          inputs are written, run, and outputs read before the other model is used.
 *          A run may overwrite the inputs: write all of them before each run.
 *   All sizes are exact: one byte less is TE_ERR_MEMORY.
 */
#ifndef TORPOR_ENGINE_H
#define TORPOR_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#define TE_ARENA_ALIGN 16
#define TE_STATE_ALIGN 8
#define TE_MAX_RANK 6

/* Every call returns TE_OK or one of these, te_run() also TE_WAIT. A code says what kind of failure it is;
 * te_error_t says which operator and why. */
typedef enum {
    TE_WAIT = 1,              /* no error: the model waits for more inputs, see te_run() */
    TE_OK = 0,
    TE_ERR_FORMAT = -1,       /* the bytes are no valid FlatBuffer of a TFLite model */
    TE_ERR_UNSUPPORTED = -2,  /* a valid model that this engine cannot run: operator, type, attribute */
    TE_ERR_MODEL = -3,        /* contradicts itself: shapes, quantisation, indices, order, sizes */
    TE_ERR_MEMORY = -4,       /* state or arena too small; te_error_t has needed and available */
    TE_ERR_ARGUMENT = -5      /* a caller's mistake: index out of range, wrong count or type of values */
} te_err_t;

/* Values of TFLite's TensorType. */
typedef enum {
    TE_FLOAT32 = 0,
    TE_INT32 = 2,
    TE_UINT8 = 3,
    TE_INT64 = 4,
    TE_BOOL = 6,
    TE_INT16 = 7,
    TE_INT8 = 9,
    TE_UINT64 = 12,
    TE_RESOURCE = 13,  /* the number of a variable, never an input or output of a model */
    TE_UINT32 = 15,
    TE_INT4 = 17  /* constant weights only: two in a byte, the first in its low half */
} te_type_t;

/* Why a call failed. te_describe() turns it into one sentence. */
typedef struct {
    int8_t code;          /* te_err_t */
    int16_t graph;        /* the operator's subgraph; 0 is the main one */
    int16_t op_index;     /* its index there, -1 if no operator is to blame */
    int16_t op_code;      /* its BuiltinOperator, -1 if unknown */
    const char *op_name;  /* of a custom operator: its name, not terminated; it may lie in the file. Else NULL */
    uint32_t op_name_len;
    const char *reason;   /* constant English text, with at most one %d for value */
    int32_t value;        /* with %t in the text, for the name of a tensor type: that in the lower 8 bits, %d's above */
    uint32_t needed;      /* bytes, for TE_ERR_MEMORY */
    uint32_t available;
} te_error_t;

typedef struct {
    uint32_t state;  /* bytes of per-model state: tensor table, prepared operators, variables */
    uint32_t arena;  /* bytes of activations and scratch */
} te_sizes_t;

/* One input or output. */
typedef struct {
    void *data;           /* in the arena; aligned to 16 */
    uint32_t nbytes;
    uint8_t type;         /* te_type_t */
    uint8_t rank;         /* 0..TE_MAX_RANK */
    int32_t shape[TE_MAX_RANK];
    float scale;          /* 0 if not quantised; per tensor */
    int32_t zero_point;
    const char *name;     /* in the file, not terminated */
    uint32_t name_len;
} te_tensor_t;

typedef struct te_model te_model_t;

/* Proves the file safe, plans its memory, and leaves in `state` all that running it takes. TE_ERR_MEMORY if state_len
 * is too little to work in: why->needed says how much to come again with (0 and NULL are fine at first; upstream TFLM
 * has to try, and may say so several times). The file must not change from here on. */
int te_measure(const void *file, size_t file_len, void *state, size_t state_len, te_sizes_t *need, te_error_t *why);

/* Opens what te_measure() left in `state`, once; *m lies at its start. What a model remembers begins anew. */
int te_open(te_model_t **m, void *state, size_t state_len, void *arena, size_t arena_len, te_error_t *why);

/* What a model remembers begins anew, as upstream's Reset() does it: variables are zero, or their zero point. What
 * CALL_ONCE did is not done again. */
void te_reset(te_model_t *m);

/* Runs all operators once. Allocates nothing. TE_WAIT if an operator waits for more inputs (CIRCULAR_BUFFER, in a
 * streaming model): it has kept this run's, those after it did not run, and the outputs are worth nothing.
 * TE_ERR_ARGUMENT if an index that the inputs hold, or that was computed from them, leads outside a tensor, or if loops
 * call subgraphs a million times; the outputs are then worth nothing, and the model may be run again. */
int te_run(te_model_t *m, te_error_t *why);

/* Runs operator i alone (0 <= i < te_op_count); calling it for every i in order is te_run. */
int te_run_op(te_model_t *m, int i, te_error_t *why);

int te_input_count(const te_model_t *m);
int te_output_count(const te_model_t *m);
int te_input(const te_model_t *m, int i, te_tensor_t *out);
int te_output(const te_model_t *m, int i, te_tensor_t *out);

/* Operators of the main subgraph: how many, and the TFLite name of one ("CONV_2D"). */
int te_op_count(const te_model_t *m);
const char *te_op_name(const te_model_t *m, int i);

/* Names of what this build can run: i = 0, 1, ... until NULL. For tflm.OPS. */
const char *te_supported(int i);

/* Multiply-accumulates of one run: of convolutions, layers (recurrent ones, too), matrix products, Fourier transforms and
 * filter banks; of detections what comparing their boxes takes at most. Each operator of a subgraph counts once, however
 * often it runs. */
uint64_t te_macs(const te_model_t *m);

/* Bytes of the metadata entry `name` of the file, or NULL. */
const void *te_metadata(const void *file, size_t file_len, const char *name, size_t *len);

/* n floats into a tensor: float32 as they are; integer types as round-half-away(v / scale) + zero_point,
 * saturated to the type; NaN becomes the zero point. n must equal the number of elements. */
int te_write_floats(const te_tensor_t *t, const float *v, size_t n);

/* A tensor as n floats: (q - zero_point) * scale, or the floats themselves. */
int te_read_floats(const te_tensor_t *t, float *v, size_t n);

/* A type's name as NumPy has it, "int8"; NULL for one that the engine does not know. */
const char *te_type_name(int type);

/* One sentence about an error: `conv #4: ...`. Writes at most len bytes with the terminator, returns text. The file must
 * still lie where it did. */
char *te_describe(const te_error_t *why, char *text, size_t len);

/* "torpor" here; another engine behind this header names itself. */
extern const char *te_engine_name(void);

#endif
