/* SPDX-License-Identifier: MIT
 * What operators share that compute every element of one input by itself (ops/unary.c). */
#ifndef TORPOR_UNARY_H
#define TORPOR_UNARY_H

#include "op.h"

/* Stands first in such an operator's parameters. */
typedef struct {
    te_ref_t x, y;
    int32_t count;
    uint8_t type;
} te_unary_t;

/* Describes input and output, which have one shape and one type. May be computed in place. */
int te_unary(te_op_t *op, te_desc_t *x, te_desc_t *y, te_unary_t *p);

/* The same with one scale each, if they are int8 or int16. */
int te_unary_quantised(te_op_t *op, te_desc_t *x, te_desc_t *y, te_unary_t *p);

/* The prepare() of an operator that needs no more. */
int te_unary_prepare(te_op_t *op, void *params);

/* The factor x->scale * b / c of differences of elements of x, which it must not make greater than 31 bits hold. */
int te_unary_scale(te_op_t *op, const te_desc_t *x, float b, float c, te_scale_t *scale);

/* y = f(x) for every element. */
void te_unary_run_f32(const te_model_t *m, const te_unary_t *p, float (*f)(float x));

/* The same for int8 or int16, saturated; f takes the operator's parameters, too. */
void te_unary_run_quantised(const te_model_t *m, const te_unary_t *p, int32_t (*f)(const void *params, int32_t x));

#endif
