/* SPDX-License-Identifier: MIT
 * What operators share that turn blocks of an image into channels or batches, and back (ops/blocks.c). */
#ifndef TORPOR_BLOCKS_H
#define TORPOR_BLOCKS_H

#include "move.h"

/* wide[n, h * block + i, w * block + j, c] is deep[n, h, w, (i * block + j) * channels + c]. */
typedef struct {
    te_ref_t x, y;
    te_move_t move;
} te_depth_t;

/* Prepares SPACE_TO_DEPTH if `deepen`, else DEPTH_TO_SPACE; the block's size is the first field of its options. */
int te_depth_prepare(te_op_t *op, te_depth_t *p, int options_type, bool deepen);
void te_depth_run(const te_model_t *m, const void *params);

/* wide[n, h * block_h + i - before_h, w * block_w + j - before_w, ..] is deep[(i * block_w + j) * batches + n, h, w, ..];
 * what is outside `wide` is zero in `deep`, or cropped. */
typedef struct {
    te_ref_t x, y;
    uint32_t y_nbytes;
    int32_t batches, block_h, block_w, before_h, before_w;
    int32_t wide_h, wide_w, deep_h, deep_w;
    int32_t run;  /* bytes of all channels */
    int8_t zero;  /* every byte of a zero */
} te_batches_t;

/* Prepares SPACE_TO_BATCH_ND if `deepen`, else BATCH_TO_SPACE_ND. */
int te_batches_prepare(te_op_t *op, te_batches_t *p, bool deepen);
void te_batches_run(const te_model_t *m, const te_batches_t *p, bool deepen);

#endif
