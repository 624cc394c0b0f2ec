/* SPDX-License-Identifier: MIT
 * EXP: e^x, of float32. */
#include "../math.h"
#include "unary.h"

static void exp_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, te_exp);
}

const te_row_t te_row_exp = {"EXP", "f:f", 47, sizeof(te_unary_t), te_unary_prepare, exp_run};
