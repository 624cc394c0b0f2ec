/* SPDX-License-Identifier: MIT
 * ASSIGN_VARIABLE: the variable that input 0 stands for = x. The first one in the file keeps the variable's bytes,
 * which begin as the zero point of its x. */
#include "variable.h"

static int assign_variable_slots(te_op_t *op, te_desc_t *x) {
    if (op->inputs.n != 2 || op->outputs.n != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "it should have 2 inputs and no output", 0);
    }
    return te_op_input(op, 1, x);
}

static int assign_variable_prepare(te_op_t *op, void *params) {
    te_access_t *p = params;
    te_variable_t *v;
    te_desc_t x;
    TE_TRY(assign_variable_slots(op, &x));
    if (op->kept) {
        op->keep = x.nbytes;
        memset(op->kept, x.zero_point, x.nbytes);
        return TE_OK;
    }
    TE_TRY(te_variable_access(op, x.nbytes, p, &v));
    p->value = te_op_in_at(op, 1);
    if (v && v->at == TE_NO_REF) {
        op->keep = x.nbytes;
        v->at = op->keep_at;
    }
    return TE_OK;
}

static void assign_variable_run(const te_model_t *m, const void *params) {
    const te_access_t *p = params;
    void *bytes = te_variable_bytes(m, p);
    if (bytes) {
        memcpy(bytes, te_in(m, p->value), p->nbytes);
    }
}

const te_row_t te_row_assign_variable = {"ASSIGN_VARIABLE", "[ri].:",
    144, sizeof(te_access_t), assign_variable_prepare, assign_variable_run};
