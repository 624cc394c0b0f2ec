/* SPDX-License-Identifier: MIT
 * SQRT: the square root, of float32. */
#include "../math.h"
#include "unary.h"

static void sqrt_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, te_sqrt);
}

const te_row_t te_row_sqrt = {"SQRT", "f:f", 75, sizeof(te_unary_t), te_unary_prepare, sqrt_run};
