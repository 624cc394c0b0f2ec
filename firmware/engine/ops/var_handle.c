/* SPDX-License-Identifier: MIT
 * VAR_HANDLE: y is the number of the variable that container and shared name stand for. */
#include "variable.h"

enum { VAR_HANDLE_CONTAINER, VAR_HANDLE_NAME };

static bool var_handle_equal(const te_op_t *op, te_vec_t a, te_vec_t b) {
    const uint8_t *data = op->graph->file.data;
    return a.n == b.n && (a.at == b.at || memcmp(data + a.at, data + b.at, a.n) == 0);
}

/* No container stands for any, as in TFLM. */
static bool var_handle_same(const te_op_t *op, const te_variable_t *own, const te_variable_t *other) {
    return (own->any || var_handle_equal(op, own->container, other->container))
        && var_handle_equal(op, own->name, other->name);
}

/* Numbers the variable as the first of its name was, or makes it the last owner. */
static void var_handle_number(te_op_t *op, te_variable_t *own) {
    te_model_t *m = op->graph->model;
    uint16_t *link = &m->variables;
    for (own->id = 0; *link != 0; own->id++) {
        te_variable_t *other = (te_variable_t *)((uint8_t *)m + 8 * (size_t)*link);
        if (var_handle_same(op, own, other)) {
            return;
        }
        link = &other->next;
    }
    *link = (uint16_t)(((uint8_t *)own - (uint8_t *)m) / 8);
}

static int var_handle_prepare(te_op_t *op, void *params) {
    te_variable_t *p = params;
    te_desc_t y;
    TE_TRY(te_op_slots(op, 0, 0, TE_VAR_HANDLE_OPTIONS));
    TE_TRY(te_op_output(op, &y));
    if (y.count != 1) {
        return te_op_fail(op, TE_ERR_MODEL, "its output must be one resource", 0);
    }
    p->container = te_fb_field_vec(&op->graph->file, &op->options, VAR_HANDLE_CONTAINER, 1);
    p->any = te_fb_field(&op->graph->file, &op->options, VAR_HANDLE_CONTAINER, 4) == 0;
    p->name = te_fb_field_vec(&op->graph->file, &op->options, VAR_HANDLE_NAME, 1);
    p->at = TE_NO_REF;
    p->nbytes = 0;
    p->next = 0;
    p->y = te_op_out_at(op);
    var_handle_number(op, p);
    return TE_OK;
}

static void var_handle_run(const te_model_t *m, const void *params) {
    const te_variable_t *p = params;
    memcpy(te_out(m, p->y), &p->id, sizeof(p->id));
}

const te_row_t te_row_var_handle = {"VAR_HANDLE", ":[ri]",
    TE_VAR_HANDLE, sizeof(te_variable_t), var_handle_prepare, var_handle_run};
