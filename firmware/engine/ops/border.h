/* SPDX-License-Identifier: MIT
 * What PAD and PADV2 share: the input inside a border of one value (ops/border.c). */
#ifndef TORPOR_BORDER_H
#define TORPOR_BORDER_H

#include "move.h"

typedef struct {
    te_ref_t x, y, value;  /* value: of every element of the border; TE_NO_REF: zero */
    uint32_t y_nbytes;
    te_move_t move;
    uint32_t start;        /* where the input begins in the output */
    uint8_t element;
    int8_t zero;           /* every byte of the border without a value */
} te_border_t;

int te_border_prepare(te_op_t *op, void *params);
void te_border_run(const te_model_t *m, const void *params);

#endif
