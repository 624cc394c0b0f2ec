/* SPDX-License-Identifier: MIT
 * NEG: -x, of float32. */
#include "unary.h"

static float neg_f32(float x) {
    return -x;
}

static void neg_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, neg_f32);
}

const te_row_t te_row_neg = {"NEG", "f:f", 59, sizeof(te_unary_t), te_unary_prepare, neg_run};
