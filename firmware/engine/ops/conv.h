/* SPDX-License-Identifier: MIT
 * What the files of CONV_2D share. */
#ifndef TORPOR_CONV_H
#define TORPOR_CONV_H

#include "kernels.h"

typedef struct {
    te_window_t w;
    te_channels_t c;
    te_ref_t x, y, block;
    te_range_t range;
    uint16_t x_depth, k_depth;  /* channels of the input, and of it those that one filter sees */
} te_conv_t;

/* Weights of one output channel. */
static inline int32_t te_conv_filter(const te_conv_t *p) {
    return p->w.k_h * p->w.k_w * p->k_depth;
}

/* Output channels of a group. */
static inline int32_t te_conv_group(const te_conv_t *p) {
    return p->c.channels * p->k_depth / p->x_depth;
}

/* int8 (ops/conv_blocks.c): the scratch beyond the scales, how far in place it may go, and a run. */
uint32_t te_conv_blocks_size(const te_conv_t *p);
te_lag_t te_conv_blocks_lag(const te_conv_t *p, te_lag_t row_by_row);
void te_conv_blocks_run(const te_model_t *m, const te_conv_t *p);

#endif
