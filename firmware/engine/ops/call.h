/* SPDX-License-Identifier: MIT
 * What operators share that run subgraphs (ops/call.c): IF, WHILE, CALL_ONCE.
 *
 * A called subgraph has its arena in the operator's scratch. Values go in and out by copies, as in TFLM, so subgraphs
 * may be called from several places. */
#ifndef TORPOR_CALL_H
#define TORPOR_CALL_H

#include "op.h"

/* Which options table an operator has: the schema's BuiltinOptions. */
enum { TE_IF_OPTIONS = 92, TE_WHILE_OPTIONS = 93, TE_CALL_ONCE_OPTIONS = 103 };

/* Counts of inputs and outputs, and the options table. */
int te_call_slots(te_op_t *op, uint32_t inputs, uint32_t outputs, int options_type);

/* The subgraph that options field `call` names, which must exist: the operator's call number `call`. */
int te_call_part(te_op_t *op, int call, const te_part_t **part);

/* Describes a tensor of the operator's own subgraph. */
int te_call_own(te_op_t *op, te_vec_t slots, uint32_t slot, te_desc_t *t);

/* Describes element i of a list of another subgraph's tensors, and says what stands for it at run time. */
int te_call_other(te_op_t *op, const te_part_t *part, te_vec_t list, uint32_t i, te_desc_t *t, te_ref_t *ref);

/* Lets column `to` of a link stand for element i of such a list, which must be a tensor like `own`. */
int te_call_link(te_op_t *op, const te_part_t *part, te_vec_t list, uint32_t i, const te_desc_t *own, uint16_t *to);

/* One side of a copy: a column of links, and the arena that it lies in. */
typedef struct {
    int column;
    uint8_t *arena;
} te_side_t;

/* Copies the values of n links from one side to the other. */
void te_call_copy(const te_model_t *m, const te_link_t *links, uint32_t n, te_side_t from, te_side_t to);

/* What a place is if the arena begins there. */
static inline void *te_call_at(const te_model_t *m, te_ref_t ref, uint8_t *arena) {
    te_place_t at = te_place(m, ref);
    return at < TE_IN_STATE ? arena + at : te_at(m, at);
}

#endif
