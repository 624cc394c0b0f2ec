/* SPDX-License-Identifier: MIT
 * BATCH_TO_SPACE_ND: batches become the places in the blocks of an image, which is then cropped. */
#include "blocks.h"

static int batch_to_space_nd_prepare(te_op_t *op, void *params) {
    return te_batches_prepare(op, params, false);
}

static void batch_to_space_nd_run(const te_model_t *m, const void *params) {
    te_batches_run(m, params, false);
}

const te_row_t te_row_batch_to_space_nd = {"BATCH_TO_SPACE_ND", 37, sizeof(te_batches_t), batch_to_space_nd_prepare,
    batch_to_space_nd_run};
