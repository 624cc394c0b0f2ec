/* SPDX-License-Identifier: MIT
 * What operators share that reduce some dimensions of their input (ops/reduce.c). */
#ifndef TORPOR_REDUCE_H
#define TORPOR_REDUCE_H

#include "broadcast.h"

typedef struct {
    te_ref_t x, y;
    te_broadcast_t shape;        /* of x, with y as an input that is repeated along what is reduced */
    uint8_t type;
    int32_t outputs, elements;   /* elements that one output is made of */
} te_reduce_t;

/* Checks x and y, and the axes, a constant second input. */
int te_reduce(te_op_t *op, te_desc_t *x, te_desc_t *y, te_reduce_t *p);

/* Takes n elements of x into one element of `into`, or into n (step 0 or 1). */
typedef void (*te_reduce_function_t)(void *into, const void *x, int32_t n, int32_t step);

/* Takes all of x into `into`, an element of `size` bytes for each output, in the order of x. */
void te_reduce_run(const te_model_t *m, const te_reduce_t *p, void *into, int32_t size, te_reduce_function_t take);

/* MEAN and SUM. int8 and int16 are added up in int32, less their zero points, and rescaled once. */
typedef struct {
    te_reduce_t tensors;
    te_ref_t sums;     /* int32 of each output; not for float32 */
    te_scale_t scale;
    int16_t x_zero, y_zero;
} te_totals_t;

int te_totals(te_op_t *op, bool mean, te_totals_t *p);
void te_totals_run(const te_model_t *m, const te_totals_t *p);

#endif
