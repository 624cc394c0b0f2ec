/* SPDX-License-Identifier: MIT
 * LOGICAL_NOT: true of false, and false of true. */
#include "unary.h"

static void logical_not_run(const te_model_t *m, const void *params) {
    const te_unary_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = !x[i];
    }
}

const te_row_t te_row_logical_not = {"LOGICAL_NOT", "?:?",
    87, sizeof(te_unary_t), te_unary_prepare, logical_not_run};
