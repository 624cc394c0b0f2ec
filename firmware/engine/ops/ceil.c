/* SPDX-License-Identifier: MIT
 * CEIL: the next integer above, of float32. */
#include "../math.h"
#include "unary.h"

static float ceil_f32(float x) {
    return -te_floor(-x);
}

static void ceil_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, ceil_f32);
}

const te_row_t te_row_ceil = {"CEIL", "f:f", 104, sizeof(te_unary_t), te_unary_prepare, ceil_run};
