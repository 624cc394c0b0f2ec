/* SPDX-License-Identifier: MIT
 * What the two operators share that resize images (ops/resize.c). */
#ifndef TORPOR_RESIZE_H
#define TORPOR_RESIZE_H

#include "op.h"

typedef struct {
    te_ref_t x, y;
    uint16_t batches, in_h, in_w, out_h, out_w;
    int32_t depth;        /* channels */
    uint8_t type;
    bool align_corners;   /* first and last pixels of both images lie upon each other */
    bool half_pixel;      /* a pixel is where its middle is */
} te_resize_t;

/* Checks images [batches, height, width, channels], and the constant output size. */
int te_resize_prepare(te_op_t *op, te_resize_t *p, int options_type);

/* Pixels of an input of `in` pixels from one of the output to the next. */
float te_resize_step(const te_resize_t *p, int32_t in, int32_t out);

#endif
