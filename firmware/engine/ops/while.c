/* SPDX-License-Identifier: MIT
 * WHILE: its outputs begin as its inputs; while subgraph `condition` says so of them, subgraph `body` replaces them. */
#include "call.h"

enum { WHILE_CONDITION, WHILE_BODY };
enum { WHILE_X, WHILE_FIRST_Y, WHILE_FIRST_CONDITION };             /* columns of the links of inputs */
enum { WHILE_Y, WHILE_BODY_IN, WHILE_BODY_OUT, WHILE_CONDITION_IN };  /* and of outputs */

/* Links of the inputs and of the outputs follow. */
typedef struct {
    te_ref_t scratch, verdict;
    uint16_t n;  /* values that the loop carries */
    uint16_t condition, body;
} while_t;

/* The condition's first output is one bool, or more, of which the first counts. */
static int while_verdict(te_op_t *op, const te_part_t *part, while_t *p) {
    te_desc_t t;
    if (part->outputs.n == 0) {
        return te_op_fail(op, TE_ERR_MODEL, "its condition has no output", 0);
    }
    TE_TRY(te_call_other(op, part, part->outputs, 0, &t, &p->verdict));
    return t.type == TE_BOOL ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "the output of its condition must be a bool", 0);
}

/* Links value i: the input, the output and what the subgraphs call it. */
static int while_link(te_op_t *op, const te_part_t *condition, const te_part_t *body, uint32_t i, te_link_t *in) {
    te_desc_t x, y;
    te_link_t *out = in + op->inputs.n;
    uint32_t first = op->graph->part.first_tensor;
    TE_TRY(te_call_own(op, op->inputs, i, &x));
    TE_TRY(te_call_own(op, op->outputs, i, &y));
    if (x.type != y.type || x.nbytes != y.nbytes) {
        return te_op_fail(op, TE_ERR_MODEL, "its input and output %d differ in type or size", (int32_t)i);
    }
    in->nbytes = out->nbytes = x.nbytes;
    in->ref[WHILE_X] = (uint16_t)(first + te_graph_index(op->graph, op->inputs, i));
    in->ref[WHILE_FIRST_Y] = out->ref[WHILE_Y] = (uint16_t)(first + te_graph_index(op->graph, op->outputs, i));
    TE_TRY(te_call_link(op, condition, condition->inputs, i, &x, &in->ref[WHILE_FIRST_CONDITION]));
    out->ref[WHILE_CONDITION_IN] = in->ref[WHILE_FIRST_CONDITION];
    TE_TRY(te_call_link(op, body, body->inputs, i, &x, &out->ref[WHILE_BODY_IN]));
    TE_TRY(te_call_link(op, body, body->outputs, i, &x, &out->ref[WHILE_BODY_OUT]));
    op->out_nbytes = i == 0 ? y.nbytes : op->out_nbytes;
    return TE_OK;
}

static int while_prepare(te_op_t *op, void *params) {
    while_t *p = params;
    te_link_t *links = (te_link_t *)(p + 1);
    const te_part_t *condition, *body;
    TE_TRY(te_call_part(op, WHILE_CONDITION, &condition));
    TE_TRY(te_call_part(op, WHILE_BODY, &body));
    TE_TRY(te_call_slots(op, condition->inputs.n, body->outputs.n, TE_WHILE_OPTIONS));
    TE_TRY(te_call_slots(op, body->inputs.n, body->inputs.n, TE_WHILE_OPTIONS));
    TE_TRY(while_verdict(op, condition, p));
    for (uint32_t i = 0; i < op->inputs.n; i++) {
        TE_TRY(while_link(op, condition, body, i, links + i));
    }
    p->n = (uint16_t)op->inputs.n;
    p->condition = condition->number;
    p->body = body->number;
    p->scratch = te_op_scratch(op, TE_ARENA_ALIGN);
    return TE_OK;
}

/* Both subgraphs run in the same bytes: what the loop carries is in the outputs meanwhile. */
static bool while_goes_on(const te_model_t *m, const while_t *p, uint8_t *arena) {
    return te_call(m, p->condition, arena) && *(const uint8_t *)te_call_at(m, p->verdict, arena) != 0;
}

static void while_run(const te_model_t *m, const void *params) {
    const while_t *p = params;
    const te_link_t *in = (const te_link_t *)(p + 1), *out = in + p->n;
    uint8_t *own = m->arena, *arena = te_out(m, p->scratch);
    te_side_t y = {WHILE_Y, own}, x = {WHILE_X, own};
    te_call_copy(m, in, p->n, x, (te_side_t){WHILE_FIRST_CONDITION, arena});
    te_call_copy(m, in, p->n, x, (te_side_t){WHILE_FIRST_Y, own});
    while (while_goes_on(m, p, arena)) {
        te_call_copy(m, out, p->n, y, (te_side_t){WHILE_BODY_IN, arena});
        if (!te_call(m, p->body, arena)) {
            return;
        }
        te_call_copy(m, out, p->n, (te_side_t){WHILE_BODY_OUT, arena}, y);
        te_call_copy(m, out, p->n, y, (te_side_t){WHILE_CONDITION_IN, arena});
    }
}

const te_row_t te_row_while = {"WHILE", ".:.", TE_WHILE, sizeof(while_t), while_prepare, while_run};
