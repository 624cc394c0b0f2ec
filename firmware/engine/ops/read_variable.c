/* SPDX-License-Identifier: MIT
 * READ_VARIABLE: y = the variable that input 0 stands for. */
#include "variable.h"

static int read_variable_prepare(te_op_t *op, void *params) {
    te_access_t *p = params;
    te_variable_t *v;
    te_desc_t y;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_output(op, &y));
    p->value = te_op_out_at(op);
    return te_variable_access(op, y.nbytes, p, &v);
}

static void read_variable_run(const te_model_t *m, const void *params) {
    const te_access_t *p = params;
    const void *bytes = te_variable_bytes(m, p);
    if (bytes) {
        memcpy(te_out(m, p->value), bytes, p->nbytes);
    }
}

const te_row_t te_row_read_variable = {"READ_VARIABLE", "[ri]:.",
    143, sizeof(te_access_t), read_variable_prepare, read_variable_run};
