/* SPDX-License-Identifier: MIT
 * What operators share that join tensors along a dimension into one, or cut one into several (ops/parts.c). */
#ifndef TORPOR_PARTS_H
#define TORPOR_PARTS_H

#include "move.h"

/* The whole is `rows` rows of `step` bytes; each part has some bytes of every row. */
typedef struct {
    te_ref_t whole;
    te_slots_t list;  /* the parts */
    int32_t n;        /* of them */
    int32_t rows, step;
} te_parts_t;

/* Describes tensor t as the whole, whose rows hold the dimensions from `axis` on. */
void te_parts(te_op_t *op, te_vec_t list, te_ref_t whole, const te_desc_t *t, int axis, te_parts_t *p);

/* Copies part i to or from the `run` bytes of each row that begin at byte `at`. */
void te_parts_join(const te_model_t *m, const te_parts_t *p, int32_t i, int32_t at, int32_t run);
void te_parts_cut(const te_model_t *m, const te_parts_t *p, int32_t i, int32_t at, int32_t run);

/* Cuts parts of one size. */
void te_parts_cut_equal(const te_model_t *m, const void *params);

/* Describes input `slot`, of a type that TFLM cuts, and the dimension that a constant in `axis_slot` names. */
int te_parts_axis(te_op_t *op, uint32_t slot, uint32_t axis_slot, te_desc_t *x, int *axis);

/* Output i must be x with `size` elements in dimension `axis`. */
int te_parts_output(te_op_t *op, uint32_t i, const te_desc_t *x, int axis, int32_t size);

#endif
