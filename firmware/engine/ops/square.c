/* SPDX-License-Identifier: MIT
 * SQUARE: x^2, of float32. */
#include "unary.h"

static float square_f32(float x) {
    return x * x;
}

static void square_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, square_f32);
}

const te_row_t te_row_square = {"SQUARE", "f:f", 92, sizeof(te_unary_t), te_unary_prepare, square_run};
