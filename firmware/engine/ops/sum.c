/* SPDX-License-Identifier: MIT
 * SUM over the dimensions that a constant second input lists. */
#include "reduce.h"

static int sum_prepare(te_op_t *op, void *params) {
    return te_totals(op, false, params);
}

static void sum_run(const te_model_t *m, const void *params) {
    te_totals_run(m, params);
}

const te_row_t te_row_sum = {"SUM", "*[bhf]i:=", 74, sizeof(te_totals_t), sum_prepare, sum_run};
