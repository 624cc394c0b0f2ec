/* SPDX-License-Identifier: MIT
 * MEAN over the dimensions that a constant second input lists. */
#include "reduce.h"

static int mean_prepare(te_op_t *op, void *params) {
    return te_totals(op, true, params);
}

static void mean_run(const te_model_t *m, const void *params) {
    const te_totals_t *p = params;
    te_totals_run(m, p);
    if (te_is(p->tensors.type, TE_FLOAT32)) {
        float *y = te_out(m, p->tensors.y);
        for (int32_t i = 0; i < p->tensors.outputs; i++) {
            y[i] /= (float)p->tensors.elements;
        }
    }
}

const te_row_t te_row_mean = {"MEAN", "*[bhf]i:=", 40, sizeof(te_totals_t), mean_prepare, mean_run};
