/* SPDX-License-Identifier: MIT
 * The simplest planner there can be, in the place of firmware/engine/plan.c: every tensor and every operator's
 * scratch has bytes of its own for good, with a gap behind them. Tests compare with it and watch the gaps. */
#include "roomy_plan.h"

#include "model.h"

#define GAP 64

roomy_block_t roomy_scratch[ROOMY_OPERATORS];

typedef struct {
    te_graph_t *graph;
    uint32_t top;
} roomy_t;

static te_place_t roomy_take(roomy_t *r, uint32_t nbytes) {
    te_place_t at = r->top;
    r->top += te_padded(nbytes) + GAP;
    return at;
}

static void roomy_tensors(roomy_t *r, te_vec_t list) {
    for (uint32_t i = 0; i < list.n && r->top < ROOMY_BYTES; i++) {
        int32_t tensor = te_graph_index(r->graph, list, i);
        if (r->graph->where[tensor] == TE_NOWHERE) {
            r->graph->where[tensor] = roomy_take(r, r->graph->lives[tensor].size);
        }
    }
}

/* What a subgraph needs that an operator calls. */
static uint32_t roomy_called(const roomy_t *r, const te_need_t *need) {
    uint32_t most = need->scratch;
    for (int i = 0; i < TE_CALLS; i++) {
        if (need->calls[i] >= 0 && r->graph->parts[need->calls[i]].arena > most) {
            most = r->graph->parts[need->calls[i]].arena;
        }
    }
    return most;
}

static void roomy_operator(roomy_t *r, uint32_t index) {
    const te_need_t *need = &r->graph->needs[index];
    te_place_t *where = r->graph->where;
    if (need->alias) {
        where[te_graph_index(r->graph, need->outputs, 0)] = where[te_graph_index(r->graph, need->inputs, 0)];
    }
    roomy_tensors(r, need->outputs);
    uint32_t scratch = roomy_called(r, need);
    if (scratch > 0 || need->calls[0] >= 0) {
        te_place_t at = roomy_take(r, scratch);
        for (uint32_t k = 0; k < need->scratch_refs; k++) {
            where[need->scratch_at - r->graph->part.first_tensor + k] += at;
        }
        if (r->graph->part.number == 0 && index < ROOMY_OPERATORS) {
            roomy_scratch[index] = (roomy_block_t){at, scratch};
        }
    }
}

int te_plan(te_graph_t *g) {
    roomy_t r = {g, 0};
    if (g->part.number == 0) {
        memset(roomy_scratch, 0, sizeof(roomy_scratch));
    }
    roomy_tensors(&r, g->part.inputs);
    for (uint32_t i = 0; i < g->part.ops.n; i++) {
        roomy_operator(&r, i);
    }
    g->parts[g->part.number].arena = r.top < ROOMY_BYTES ? r.top : ROOMY_BYTES;
    return TE_OK;
}
