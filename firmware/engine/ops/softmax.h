/* SPDX-License-Identifier: MIT
 * What SOFTMAX and LOG_SOFTMAX share: rows along the last dimension, and the exponentials of their differences to the
 * greatest (ops/exponentials.c). */
#ifndef TORPOR_SOFTMAX_H
#define TORPOR_SOFTMAX_H

#include "op.h"

typedef struct {
    te_ref_t x, y;
    int32_t rows, depth;
    te_scale_t scale;  /* of a difference: int8, to Q5.26; int16, to 65535 for 10 */
    int32_t least;     /* int8: differences below it count as nothing */
    float beta;
    uint8_t type, y_type;
} te_softmax_t;

/* Describes x and y, of one shape, and fills all but the scale. */
int te_softmax(te_op_t *op, te_desc_t *x, te_desc_t *y, te_softmax_t *p);

/* int8: the factor beta * scale. */
int te_softmax_scale_s8(te_op_t *op, const te_desc_t *x, te_softmax_t *p);

/* int8: a difference of p->least or more, in Q5.26. */
int32_t te_softmax_q5(const te_softmax_t *p, int32_t difference);

/* The greatest of a row, and the sum of exp(beta * (x - greatest)): of int8 in Q12.19. The exponentials of floats are
 * put in `each`, if it is not NULL; it may be x. */
int32_t te_softmax_sum_s8(const te_softmax_t *p, const int8_t *x, int32_t *greatest);
float te_softmax_sum_f32(const te_softmax_t *p, const float *x, float *each, float *greatest);

/* One row of int16 to int16 (ops/softmax_s16.c). */
int te_softmax_scale_s16(te_op_t *op, const te_desc_t *x, te_softmax_t *p);
void te_softmax_row_s16(const te_softmax_t *p, const int16_t *x, int16_t *y);

#endif
