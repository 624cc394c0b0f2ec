/* SPDX-License-Identifier: MIT
 * ZEROS_LIKE: a tensor of zeros, which stand for no zero point, in its input's shape and type. */
#include "unary.h"

static void zeros_like_run(const te_model_t *m, const void *params) {
    const te_unary_t *p = params;
    memset(te_out(m, p->y), 0, (size_t)p->count * te_type_size(p->type));
}

const te_row_t te_row_zeros_like = {"ZEROS_LIKE", "[biqf]:=",
    93, sizeof(te_unary_t), te_unary_prepare, zeros_like_run};
