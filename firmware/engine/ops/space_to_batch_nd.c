/* SPDX-License-Identifier: MIT
 * SPACE_TO_BATCH_ND: each place in the blocks of a padded image becomes a batch. The padding is zero (the zero
 * point, if int8), as in TensorFlow Lite; TFLM never sets the value that it pads with. */
#include "blocks.h"

static int space_to_batch_nd_prepare(te_op_t *op, void *params) {
    return te_batches_prepare(op, params, true);
}

static void space_to_batch_nd_run(const te_model_t *m, const void *params) {
    te_batches_run(m, params, true);
}

const te_row_t te_row_space_to_batch_nd = {"SPACE_TO_BATCH_ND", 38, sizeof(te_batches_t), space_to_batch_nd_prepare,
    space_to_batch_nd_run};
