/* SPDX-License-Identifier: MIT
 * SIN: the sine of radians, of float32. */
#include "../math.h"
#include "unary.h"

static void sin_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, te_sin);
}

const te_row_t te_row_sin = {"SIN", "f:f", 66, sizeof(te_unary_t), te_unary_prepare, sin_run};
