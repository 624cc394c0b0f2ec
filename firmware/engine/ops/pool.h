/* SPDX-License-Identifier: MIT
 * What the two pooling operators share: shapes, options, and how they walk over an image (ops/pool.c). */
#ifndef TORPOR_POOL_H
#define TORPOR_POOL_H

#include "op.h"

typedef struct {
    te_window_t w;
    te_ref_t x, y;
    te_range_t range;
    int32_t channels;
    uint8_t type;
} te_pool_t;

/* Checks a pooling operator; input and output must have the same scale, as TFLM demands. */
int te_pool_prepare(te_op_t *op, void *params);

/* Pools one channel of one window: taps x[i * row + j * channels], i < h, j < w. */
typedef int8_t (*te_pool_s8_t)(const int8_t *x, const te_pool_t *p, int32_t h, int32_t w);
typedef int16_t (*te_pool_s16_t)(const int16_t *x, const te_pool_t *p, int32_t h, int32_t w);
typedef float (*te_pool_f32_t)(const float *x, const te_pool_t *p, int32_t h, int32_t w);

void te_pool_run(const te_model_t *m, const te_pool_t *p, te_pool_s8_t s8, te_pool_s16_t s16, te_pool_f32_t f32);

#endif
