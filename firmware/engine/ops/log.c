/* SPDX-License-Identifier: MIT
 * LOG: the natural logarithm, of float32. */
#include "../math.h"
#include "unary.h"

static void log_run(const te_model_t *m, const void *params) {
    te_unary_run_f32(m, params, te_log);
}

const te_row_t te_row_log = {"LOG", "f:f", 73, sizeof(te_unary_t), te_unary_prepare, log_run};
