/* SPDX-License-Identifier: MIT
 * The simplest planner there can be, in the place of firmware/engine/plan.c: every tensor and every operator's
 * scratch has bytes of its own for good, with a gap behind them. Tests compare with it and watch the gaps. */
#include "roomy_plan.h"

#include "model.h"

#define GAP 64

uint32_t roomy_scratch[ROOMY_OPERATORS];

typedef struct {
    te_graph_t *graph;
    te_ref_t *where;  /* NULL if only the size is asked for */
    te_step_t *steps;
    uint32_t top;
} roomy_t;

static uint32_t roomy_take(roomy_t *r, uint32_t nbytes) {
    uint32_t at = r->top;
    r->top += ((nbytes + TE_ARENA_ALIGN - 1) & ~(uint32_t)(TE_ARENA_ALIGN - 1)) + GAP;
    return at;
}

static int roomy_tensors(roomy_t *r, te_vec_t list, const te_ref_t *place) {
    te_desc_t t;
    for (uint32_t i = 0; i < list.n && r->top < ROOMY_BYTES; i++) {
        int32_t tensor = te_graph_index(r->graph, list, i);
        TE_TRY(te_graph_tensor(r->graph, tensor, &t));
        uint32_t at = place ? *place : roomy_take(r, t.nbytes);
        if (r->where) {
            r->where[tensor] = at;
        }
    }
    return TE_OK;
}

static int roomy_operator(roomy_t *r, int index) {
    te_op_t op;
    uint64_t params[TE_MAX_PARAMS / 8];
    TE_TRY(te_graph_op(r->graph, index, &op));
    TE_TRY(te_verify_op(&op, params));
    const te_ref_t *place = op.alias && r->where ? &r->where[te_graph_index(r->graph, op.inputs, 0)] : NULL;
    TE_TRY(roomy_tensors(r, op.outputs, place));
    uint32_t scratch = roomy_take(r, op.scratch);
    if (r->steps && index < ROOMY_OPERATORS) {
        r->steps[index].scratch = scratch;
        roomy_scratch[index] = op.scratch;
    }
    return TE_OK;
}

static int roomy_walk(roomy_t *r) {
    r->top = 0;
    TE_TRY(roomy_tensors(r, r->graph->inputs, NULL));
    for (int i = 0; i < (int)r->graph->ops.n; i++) {
        TE_TRY(roomy_operator(r, i));
    }
    r->graph->why->op_index = r->graph->why->op_code = -1;
    return TE_OK;
}

int te_plan(te_graph_t *g, te_plan_t *plan) {
    roomy_t r = {g, NULL, NULL, 0};
    TE_TRY(roomy_walk(&r));
    g->proved = true;
    plan->arena = r.top;
    plan->limit = 0;
    return TE_OK;
}

int te_plan_place(te_graph_t *g, const te_plan_t *plan, te_ref_t *where, te_step_t *steps) {
    roomy_t r = {g, where, steps, 0};
    te_desc_t t;
    uint32_t state = g->state;
    (void)plan;
    for (uint32_t i = 0; i < g->tensors.n; i++) {
        uint32_t constant = te_graph_constant_at(g, (int32_t)i);
        where[i] = constant ? TE_REF_FILE | constant : 0;
        if (te_graph_variable(g, (int32_t)i) && te_graph_tensor(g, (int32_t)i, &t) == TE_OK) {
            where[i] = TE_REF_STATE | state;
            state += te_variable_size(&t);
        }
    }
    return roomy_walk(&r);
}
