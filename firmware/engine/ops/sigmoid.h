/* SPDX-License-Identifier: MIT
 * What LOGISTIC and TANH share: how integers reach the scale that their functions are computed on (ops/sigmoid.c). */
#ifndef TORPOR_SIGMOID_H
#define TORPOR_SIGMOID_H

#include "gate.h"
#include "unary.h"

typedef struct {
    te_unary_t u;
    int16_t x_zero;
    int32_t radius;     /* int8: from so far on on either side of the zero point the result is saturated */
    te_scale_t scale;   /* int8: to Q4.27 */
    te_steps_t steps;   /* int16 */
} te_sigmoid_t;

/* Checks the operator. `most_bits`: int16 scales that are 1 / 4096 times a power of two up to 2^most_bits are
 * taken as such, although a trifle off. */
int te_sigmoid(te_op_t *op, int most_bits, te_desc_t *y, te_sigmoid_t *p);

/* int8: -1 or 1 if saturated, else 0 and x in Q4.27. */
int te_sigmoid_s8(const te_sigmoid_t *p, int32_t x, int32_t *q);

#endif
