/* SPDX-License-Identifier: MIT
 * SPACE_TO_DEPTH: square blocks of an image become its channels. */
#include "blocks.h"

static int space_to_depth_prepare(te_op_t *op, void *params) {
    return te_depth_prepare(op, params, TE_SPACE_TO_DEPTH_OPTIONS, true);
}

const te_row_t te_row_space_to_depth = {"SPACE_TO_DEPTH", 26, sizeof(te_depth_t), space_to_depth_prepare, te_depth_run};
