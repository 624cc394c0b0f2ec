/* SPDX-License-Identifier: MIT
 * RESHAPE: the same elements under another shape. The planner puts both in one place, so nothing is copied. */
#include "move.h"

/* A constant second input must agree with the output's shape; -1 in it stands for any size. */
static int reshape_wanted(te_op_t *op, const te_desc_t *y) {
    te_desc_t shape;
    if (!te_op_has(op, 1)) {
        return TE_OK;
    }
    TE_TRY(te_op_input(op, 1, &shape));
    if (!shape.constant) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a shape that is computed is not supported", 0);
    }
    if (shape.count != y->rank) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d dimensions", (int32_t)shape.count);
    }
    for (uint32_t i = 0; i < shape.count; i++) {
        int32_t want = te_fb_i32(&op->graph->file, shape.constant + 4 * i);
        if (want != -1) {
            TE_TRY(te_op_out_dim(op, y, (int)i, want));
        }
    }
    return TE_OK;
}

static int reshape_prepare(te_op_t *op, void *params) {
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 2, 0));
    TE_TRY(te_op_input(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(reshape_wanted(op, &y));
    if (x.count != y.count) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d elements", (int32_t)x.count);
    }
    te_alias(op, &x, params);
    return TE_OK;
}

const te_row_t te_row_reshape = {"RESHAPE", ".i:=", 22, sizeof(te_alias_t), reshape_prepare, te_alias_run};
