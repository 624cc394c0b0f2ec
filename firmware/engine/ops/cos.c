/* SPDX-License-Identifier: MIT
 * COS: the cosine of radians, of float32. */
#include "../math.h"
#include "unary.h"

static void cos_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, te_cos);
}

const te_row_t te_row_cos = {"COS", "f:f", 108, sizeof(te_unary_t), te_unary_prepare, cos_run};
