/* SPDX-License-Identifier: MIT
 * Tensors of several shapes walked together, element by element, as NumPy broadcasts them (ops/broadcast.c). */
#ifndef TORPOR_BROADCAST_H
#define TORPOR_BROADCAST_H

#include "op.h"

#define TE_BROADCAST_INPUTS 3

/* The output's dimensions; neighbours that every input either has or repeats are taken together. */
typedef struct {
    int32_t size[TE_MAX_RANK];
    uint8_t n;                           /* how many, at least 1 */
    uint8_t moves[TE_BROADCAST_INPUTS];  /* bit i: the input has size[i]; else it has 1, which is repeated */
} te_broadcast_t;

/* Checks that the shapes of `inputs` tensors agree and make the output's. */
int te_broadcast(te_op_t *op, const te_desc_t *in, int inputs, const te_desc_t *y, te_broadcast_t *b);

/* Run by run through the output; a run is the last of its dimensions. Start with zeros. */
typedef struct {
    int32_t at[TE_BROADCAST_INPUTS];  /* the element of each input that a run starts with */
    int32_t index[TE_MAX_RANK];
} te_walk_t;

/* Steps to the next run; false after the last. */
bool te_walk_next(te_walk_t *w, const te_broadcast_t *b);

/* Elements in a run. */
static inline int32_t te_run_length(const te_broadcast_t *b) {
    return b->size[b->n - 1];
}

/* Elements of an input from one element of a run to the next: 1, or 0 if it is repeated. */
static inline int32_t te_run_step(const te_broadcast_t *b, int input) {
    return b->moves[input] >> (b->n - 1) & 1;
}

/* An operator of two inputs of one type. */
typedef struct {
    te_ref_t a, b, y;
    te_broadcast_t shape;
    uint8_t type, y_type;
} te_binary_t;

/* Describes the tensors of an operator with two inputs of one type. It may be computed in place. */
int te_binary(te_op_t *op, te_desc_t in[2], te_desc_t *y, te_binary_t *p);

/* The prepare() of such an operator that needs no more. */
int te_binary_prepare(te_op_t *op, void *params);

/* The same as te_binary() with one scale each, if they are int8 or int16. */
int te_arithmetic(te_op_t *op, te_desc_t in[2], te_desc_t *y, te_binary_t *p);

/* A run of n elements: y[i] from elements of a and b, which lie at any alignment. */
typedef struct {
    const uint8_t *a, *b;
    int32_t a_step, b_step;  /* bytes to the next element, 0 for the same again */
    void *y;
    int32_t n;
    const te_model_t *model;  /* for te_fault() */
} te_run_t;

typedef void (*te_run_function_t)(const void *params, const te_run_t *r);

/* How an operator computes a run, by the type of its inputs; NULL for those that it never has. */
typedef struct {
    te_run_function_t s8, s16, s32, s64, f32, boolean;
} te_run_table_t;

/* Its members, of an operator that is parted by type. */
#define TE_S8(run) .s8 = te_if(TE_INT8, run)
#define TE_S16(run) .s16 = te_if(TE_INT16, run)
#define TE_S32(run) .s32 = te_if(TE_INT32, run)
#define TE_S64(run) .s64 = te_if(TE_INT64, run)
#define TE_F32(run) .f32 = te_if(TE_FLOAT32, run)

/* Calls the function for p's type for every run of the output; p stands first in the operator's parameters. */
void te_binary_run(const te_model_t *m, const te_binary_t *p, const te_run_table_t *table);

/* In a te_run_function_t: y[i] = an expression of a and b, for every i. */
#define TE_EACH(r, in_type, out_type, expression) \
    do { \
        const uint8_t *at_a = (r)->a, *at_b = (r)->b; \
        int32_t a_step = (r)->a_step, b_step = (r)->b_step; \
        out_type *to = (r)->y, *end = to + (r)->n; \
        for (; to != end; to++, at_a += a_step, at_b += b_step) { \
            in_type a, b; \
            memcpy(&a, at_a, sizeof(a)); \
            memcpy(&b, at_b, sizeof(b)); \
            *to = (out_type)(expression); \
        } \
    } while (0)

#endif
