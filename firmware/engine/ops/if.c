/* SPDX-License-Identifier: MIT
 * IF: runs one of two subgraphs, on all inputs but the first, which says which; their outputs are its own. */
#include "call.h"

enum { IF_THEN, IF_ELSE };
enum { IF_OWN, IF_BRANCH };  /* columns of links: its own tensor, then one for each branch */

/* Links of the inputs and of the outputs follow. */
typedef struct {
    te_ref_t condition, scratch;
    uint16_t inputs, outputs;
    uint16_t part[TE_CALLS];
} if_t;

static int if_condition(te_op_t *op) {
    te_desc_t t;
    if (op->inputs.n == 0) {
        return te_op_fail(op, TE_ERR_MODEL, "it has no condition", 0);
    }
    TE_TRY(te_op_input(op, 0, &t));
    return t.count == 1 ? TE_OK
        : te_op_fail(op, TE_ERR_MODEL, "its condition must be one bool", 0);
}

/* Links tensor `slot` of the operator with tensor i of both branches. */
static int if_link(te_op_t *op, bool output, uint32_t i, te_link_t *link) {
    te_desc_t own;
    te_vec_t slots = output ? op->outputs : op->inputs;
    uint32_t slot = output ? i : i + 1;
    TE_TRY(te_call_own(op, slots, slot, &own));
    link->nbytes = own.nbytes;
    link->ref[IF_OWN] = (uint16_t)(op->graph->part.first_tensor + te_graph_index(op->graph, slots, slot));
    for (int branch = IF_THEN; branch <= IF_ELSE; branch++) {
        const te_part_t *part = &op->graph->parts[op->calls[branch]];
        TE_TRY(te_call_link(op, part, output ? part->outputs : part->inputs, i, &own, &link->ref[IF_BRANCH + branch]));
    }
    if (output && i == 0) {
        op->out_nbytes = own.nbytes;
    }
    return TE_OK;
}

static int if_prepare(te_op_t *op, void *params) {
    if_t *p = params;
    te_link_t *links = (te_link_t *)(p + 1);
    const te_part_t *part;
    TE_TRY(if_condition(op));
    for (int branch = IF_THEN; branch <= IF_ELSE; branch++) {
        TE_TRY(te_call_part(op, branch, &part));
        TE_TRY(te_call_slots(op, part->inputs.n + 1, part->outputs.n, TE_IF_OPTIONS));
        p->part[branch] = part->number;
    }
    p->inputs = (uint16_t)(op->inputs.n - 1);
    p->outputs = (uint16_t)op->outputs.n;
    for (uint32_t i = 0; i < p->inputs; i++) {
        TE_TRY(if_link(op, false, i, links++));
    }
    for (uint32_t i = 0; i < p->outputs; i++) {
        TE_TRY(if_link(op, true, i, links++));
    }
    p->condition = te_op_in_at(op, 0);
    p->scratch = te_op_scratch(op, TE_ARENA_ALIGN);
    return TE_OK;
}

static void if_run(const te_model_t *m, const void *params) {
    const if_t *p = params;
    const te_link_t *in = (const te_link_t *)(p + 1), *out = in + p->inputs;
    int branch = *(const uint8_t *)te_in(m, p->condition) ? IF_THEN : IF_ELSE;
    te_side_t own = {IF_OWN, m->arena}, other = {IF_BRANCH + branch, te_out(m, p->scratch)};
    te_call_copy(m, in, p->inputs, own, other);
    if (te_call(m, p->part[branch], other.arena)) {
        te_call_copy(m, out, p->outputs, other, own);
    }
}

const te_row_t te_row_if = {"IF", "?.:.", TE_IF, sizeof(if_t), if_prepare, if_run};
