/* SPDX-License-Identifier: MIT
 * Finds resource variables. */
#include "variable.h"

te_variable_t *te_variable(const te_model_t *m, int32_t id) {
    for (uint16_t at = m->variables; at != 0; id--) {
        te_variable_t *v = (te_variable_t *)((uint8_t *)m + 8 * (size_t)at);
        if (id == 0) {
            return v;
        }
        at = v->next;
    }
    return NULL;
}

/* The variable of the VAR_HANDLE that wrote a tensor of the subgraph. */
static te_variable_t *variable_of(te_op_t *op, int32_t tensor) {
    const te_graph_t *g = op->graph;
    int writer = g->lives[tensor].writer;
    if (writer < 0 || writer >= op->index) {
        return NULL;
    }
    const te_step_t *step = &te_model_steps(g->model)[g->part.first_op + writer];
    if (te_row(step->row)->code != TE_VAR_HANDLE) {
        return NULL;
    }
    const te_variable_t *handle = te_model_params(g->model, step);
    return te_variable(g->model, handle->id);
}

int te_variable_access(te_op_t *op, uint32_t nbytes, te_access_t *p, te_variable_t **v) {
    te_desc_t handle;
    TE_TRY(te_op_input(op, 0, &handle));
    if (handle.count != 1) {
        return te_op_fail(op, TE_ERR_MODEL, "its input 0 must be one resource", 0);
    }
    *v = variable_of(op, te_graph_index(op->graph, op->inputs, 0));
    if (*v && (*v)->nbytes != 0 && (*v)->nbytes != nbytes) {
        return te_op_fail(op, TE_ERR_MODEL, "its variable has %d bytes elsewhere", (int32_t)(*v)->nbytes);
    }
    if (*v) {
        (*v)->nbytes = nbytes;
    }
    p->handle = te_op_in_at(op, 0);
    p->nbytes = nbytes;
    return TE_OK;
}

void *te_variable_bytes(const te_model_t *m, const te_access_t *p) {
    int32_t id = te_load_i32(te_in(m, p->handle));
    const te_variable_t *v = te_variable(m, id);
    if (v == NULL || v->at == TE_NO_REF) {
        te_fault(m, v ? "nothing assigns variable %d" : "there is no variable %d", id);
        return NULL;
    }
    if (v->nbytes != p->nbytes) {
        te_fault(m, "variable %d has another size", id);
        return NULL;
    }
    return te_out(m, v->at);
}
