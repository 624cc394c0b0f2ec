/* SPDX-License-Identifier: MIT
 * FLOOR: the next integer below, of float32. */
#include "../math.h"
#include "unary.h"

static void floor_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, te_floor);
}

const te_row_t te_row_floor = {"FLOOR", "f:f", 8, sizeof(te_unary_t), te_unary_prepare, floor_run};
