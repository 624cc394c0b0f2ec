/* SPDX-License-Identifier: MIT
 * What operators share that move elements without computing: index tensors, and walks over two layouts (ops/move.c). */
#ifndef TORPOR_MOVE_H
#define TORPOR_MOVE_H

#include "op.h"

/* Which options table an operator has: the schema's BuiltinOptions. */
enum { TE_CONCATENATION_OPTIONS = 10, TE_SPACE_TO_DEPTH_OPTIONS = 19, TE_GATHER_OPTIONS = 23, TE_SQUEEZE_OPTIONS = 30,
       TE_STRIDED_SLICE_OPTIONS = 32, TE_PACK_OPTIONS = 59, TE_UNPACK_OPTIONS = 64, TE_MIRROR_PAD_OPTIONS = 77,
       TE_DEPTH_TO_SPACE_OPTIONS = 94 };

/* Describes input `slot` and the output. */
int te_move_ends(te_op_t *op, uint32_t slot, te_desc_t *x, te_desc_t *y);

/* The output must have that many dimensions. */
int te_move_rank(te_op_t *op, const te_desc_t *y, int rank);

/* axis, counted from the end if negative, must be one of `rank` dimensions; *out is 0 .. rank - 1. */
int te_move_axis(te_op_t *op, int64_t axis, int rank, int *out);

/* Element i of a tensor of int32 or (wide) int64 at any alignment; what int32 cannot hold becomes its nearest end. */
int32_t te_whole(const void *data, bool wide, uint32_t i);

/* Describes an input, of int32 or int64, of `count` constant elements. */
int te_constant_wholes(te_op_t *op, uint32_t slot, uint32_t count, te_desc_t *t);

/* Element i of such a constant. */
static inline int32_t te_constant_whole(te_op_t *op, const te_desc_t *t, uint32_t i) {
    return te_whole(op->graph->file.data + t->constant, t->type == TE_INT64, i);
}

/* Product of dimensions first .. last - 1. */
static inline int32_t te_product(const te_desc_t *t, int first, int last) {
    int32_t n = 1;
    for (int i = first; i < last; i++) {
        n *= t->shape[i];
    }
    return n;
}

/* The same elements in two layouts: size[d] runs of bytes along dimension d, the innermost first, which lie x_step[d]
 * bytes apart in one and y_step[d] in the other. Steps may be negative, and 0 in x. */
typedef struct {
    int32_t size[TE_MAX_RANK], x_step[TE_MAX_RANK], y_step[TE_MAX_RANK];
    int32_t run;  /* bytes that are neighbours in both */
    int32_t n;
} te_move_t;

/* Begins a walk over elements of so many bytes, and adds dimensions to it, the innermost first. */
static inline void te_move_begin(te_move_t *move, uint32_t element) {
    move->n = 0;
    move->run = (int32_t)element;
}

void te_move_dimension(te_move_t *move, int32_t size, int32_t x_step, int32_t y_step);

/* Copies every element of x to its place in y; they don't overlap. */
void te_move(const te_move_t *move, const uint8_t *x, uint8_t *y);

/* n times the same element. */
void te_repeat(uint8_t *y, const uint8_t *value, uint32_t element, uint32_t n);

/* An operator whose output is its input, in the same bytes if it can be. */
typedef struct {
    te_ref_t x, y;
    uint32_t nbytes;
} te_alias_t;

void te_alias(te_op_t *op, const te_desc_t *x, te_alias_t *p);
void te_alias_run(const te_model_t *m, const void *params);

#endif
