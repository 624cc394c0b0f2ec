/* SPDX-License-Identifier: MIT
 * DEPTH_TO_SPACE: the channels of an image become square blocks of it. */
#include "blocks.h"

static int depth_to_space_prepare(te_op_t *op, void *params) {
    return te_depth_prepare(op, params, TE_DEPTH_TO_SPACE_OPTIONS, false);
}

const te_row_t te_row_depth_to_space = {"DEPTH_TO_SPACE", 5, sizeof(te_depth_t), depth_to_space_prepare, te_depth_run};
