/* SPDX-License-Identifier: MIT
 * ZEROS_LIKE: a tensor of zeros, which stand for no zero point, in its input's shape and type. */
#include "unary.h"

static int zeros_like_prepare(te_op_t *op, void *params) {
    te_desc_t x, y;
    uint32_t types = TE_SET(TE_INT8) | TE_SET(TE_INT32) | TE_SET(TE_INT64) | TE_SET(TE_FLOAT32);
    return te_unary(op, types, &x, &y, params);
}

static void zeros_like_run(const te_model_t *m, const void *params) {
    const te_unary_t *p = params;
    memset(te_out(m, p->y), 0, (size_t)p->count * te_type_size(p->type));
}

const te_row_t te_row_zeros_like = {"ZEROS_LIKE", 93, sizeof(te_unary_t), zeros_like_prepare, zeros_like_run};
