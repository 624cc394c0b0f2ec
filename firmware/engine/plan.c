/* SPDX-License-Identifier: MIT
 * The planner: which bytes of the arena each activation has, and while which operators.
 *
 * It walks through the operators of a subgraph in their order and keeps a list of what is alive, the lowest place
 * first. A tensor goes, of all places at the edges of what is alive, to the one that leaves the largest gap for what
 * comes next. An output may share bytes with an input that dies, as far as the operator's lag allows (te_lag_t): a
 * convolution then overwrites the rows of its input that it has done with. RESHAPE's output is its input. A subgraph
 * that an operator calls has its arena in the operator's scratch.
 *
 * A first walk places nothing and learns without how many bytes no plan exists. The next is told to use no more;
 * where it failed, walks follow that may use what was missing, until one succeeds. */
#include "plan.h"

#define PLAN_WALKS 24
#define PLAN_STEPS (1 << 20)  /* looks at what is alive, in all walks, after which no other begins */

static void plan_live(te_plan_t *p, int32_t tensor) {
    int i = p->n++;
    for (; !p->counting && i > 0 && p->graph->where[p->live[i - 1]] > p->graph->where[tensor]; i--) {
        p->live[i] = p->live[i - 1];
    }
    p->live[i] = (uint16_t)tensor;
}

static bool plan_any_dead(const te_plan_t *p, te_vec_t tensors) {
    for (uint32_t i = 0; i < tensors.n; i++) {
        int32_t tensor = te_graph_index(p->graph, tensors, i);
        if (tensor >= 0 && !te_plan_stays(p, tensor)) {
            return true;
        }
    }
    return false;
}

static void plan_drop_dead(te_plan_t *p) {
    int kept = 0;
    for (int i = 0; i < p->n; i++) {
        if (te_plan_stays(p, p->live[i])) {
            p->live[kept++] = p->live[i];
        }
    }
    p->n = kept;
}

static te_place_t plan_given(const te_plan_t *p, int32_t tensor) {
    return (te_place_t)te_load_i32(p->given + 4 * tensor);
}

/* Makes a tensor alive, unless it is a variable, which lies in the state. */
static bool plan_start(te_plan_t *p, int32_t tensor, int n_over) {
    const te_life_t *life = &p->graph->lives[tensor];
    if (te_is_kept(p->graph->where[tensor])) {
        return true;
    }
    te_place_t *at = &p->graph->where[tensor];
    if (p->given) {
        if (!te_plan_put_at(p, life->size, n_over, plan_given(p, tensor))) {
            return false;
        }
        *at = plan_given(p, tensor);
    } else if (!p->counting && !te_plan_put(p, life->size, life->last, n_over, at)) {
        return false;
    }
    plan_live(p, tensor);
    return true;
}

/* The output is the input under another name. What has two names is counted once. */
static bool plan_alias(te_plan_t *p) {
    int32_t from = te_graph_index(p->graph, p->need->inputs, 0), output = te_graph_index(p->graph, p->need->outputs, 0);
    TE_ASSERT(te_plan_size(p, from) == te_plan_size(p, output));
    if (p->given && plan_given(p, output) != p->graph->where[from]) {
        return plan_start(p, output, 0);
    }
    p->graph->where[output] = p->graph->where[from];
    if (!p->counting || !te_plan_stays(p, from)) {
        plan_live(p, output);
    }
    return true;
}

/* The most bytes that the first output can share with an input. */
static uint32_t plan_shared(const te_plan_t *p, uint32_t out) {
    uint32_t shared = 0;
    for (int i = 0; i < p->n_over; i++) {
        const te_lag_t *lag = &p->over[i].lag;
        uint32_t least = (uint32_t)(lag->forward < lag->backward ? lag->forward : lag->backward);
        uint32_t in = te_plan_size(p, p->over[i].tensor), lesser = in < out ? in : out;
        uint32_t overlap = least > lesser ? 0 : lesser - te_padded(least);
        shared = (int32_t)overlap > (int32_t)shared ? overlap : shared;
    }
    return shared;
}

/* What the current operator needs at least: all that is alive, its outputs and scratch, less the best overlap. */
static void plan_bound(te_plan_t *p) {
    uint64_t sum = te_padded(p->need->scratch);
    for (int i = 0; i < p->n; i++) {
        sum += te_plan_size(p, p->live[i]);
    }
    for (uint32_t slot = 0; slot < p->need->outputs.n; slot++) {
        sum += te_plan_size(p, te_graph_index(p->graph, p->need->outputs, slot));
    }
    if (p->need->outputs.n > 0) {
        sum -= plan_shared(p, te_plan_size(p, te_graph_index(p->graph, p->need->outputs, 0)));
    }
    p->bound = sum > p->bound ? sum : p->bound;
}

/* Only the first output may share bytes with inputs. */
static bool plan_outputs(te_plan_t *p) {
    if (p->need->alias) {
        return plan_alias(p);
    }
    te_plan_overlaps(p);
    if (p->counting) {
        plan_bound(p);
    }
    for (uint32_t slot = 0; slot < p->need->outputs.n; slot++) {
        if (!plan_start(p, te_graph_index(p->graph, p->need->outputs, slot), slot == 0 ? p->n_over : 0)) {
            return false;
        }
    }
    return true;
}

/* Scratch is the last to be placed. */
static bool plan_scratch(te_plan_t *p) {
    return p->counting || p->need->scratch_refs == 0
        || te_plan_put(p, te_padded(p->need->scratch), p->now, 0, &p->graph->needs[p->now].at);
}

/* One walk through the operators. False if the limit was too low. */
static bool plan_walk(te_plan_t *p) {
    te_graph_t *g = p->graph;
    p->n = 0;
    p->top = 0;
    p->now = -1;
    for (uint32_t i = 0; i < g->part.inputs.n; i++) {
        if (!plan_start(p, te_graph_index(g, g->part.inputs, i), 0)) {
            return false;
        }
    }
    plan_drop_dead(p);
    for (p->now = 0; p->now < (int)g->part.ops.n; p->now++) {
        p->need = &g->needs[p->now];
        if (!plan_outputs(p) || !plan_scratch(p)) {
            return false;
        }
        if (plan_any_dead(p, p->need->inputs) || plan_any_dead(p, p->need->outputs)) {
            plan_drop_dead(p);
        }
    }
    return true;
}

static bool plan_walk_within(te_plan_t *p, uint32_t limit) {
    p->limit = limit;
    p->walked += p->steps;
    p->steps = 0;
    return plan_walk(p);
}

/* The bound was too low: raises it until it suffices, but not as far as what a plan without a limit takes. */
static bool plan_raise(te_plan_t *p) {
    uint32_t limit = p->missing;
    bool placed = plan_walk_within(p, TE_PLAN_NO_LIMIT);
    uint32_t roomy = p->top;
    for (int walk = 0; walk < PLAN_WALKS && limit < roomy && p->walked < PLAN_STEPS; walk++) {
        placed = plan_walk_within(p, limit);
        if (placed) {
            return true;
        }
        limit = p->missing > limit ? p->missing : roomy;
    }
    return placed || plan_walk_within(p, TE_PLAN_NO_LIMIT);
}

static void plan_count(te_plan_t *p) {
    p->counting = true;
    plan_walk(p);
    p->counting = false;
}

static bool plan_freely(te_plan_t *p) {
    p->given = NULL;
    return p->bound <= TE_PLAN_NO_LIMIT && (plan_walk_within(p, (uint32_t)p->bound) || plan_raise(p));
}

/* As the file plans it, if that is right. It plans for one arena of all subgraphs, which have their own here. */
static bool plan_as_given(te_plan_t *p) {
    const te_graph_t *g = p->graph;
    p->given = g->given ? g->file.data + g->given : NULL;
    return g->given && g->graphs.n == 1 && plan_walk_within(p, TE_PLAN_NO_LIMIT);
}

/* Of the file's plan and ours the one that takes less: TFLM's have no outputs over inputs. */
static bool plan_best(te_plan_t *p) {
    plan_count(p);
    bool right = plan_as_given(p);
    uint32_t given = p->top;
    if (right && given <= p->bound) {
        return true;
    }
    if (plan_freely(p) && (!right || p->top <= given)) {
        return true;
    }
    return right && plan_as_given(p);
}

/* What operators call runs in their scratch. */
static void plan_calls(te_graph_t *g) {
    for (uint32_t i = 0; i < g->part.ops.n * TE_CALLS; i++) {
        te_need_t *need = &g->needs[i / TE_CALLS];
        int called = need->calls[i % TE_CALLS];
        if (called >= 0 && g->parts[called].arena > need->scratch) {
            need->scratch = g->parts[called].arena;
        }
    }
}

/* Where each scratch of an operator lies: it had its offset among them. */
static void plan_scratches(te_graph_t *g) {
    te_place_t *where = g->where - g->part.first_tensor;
    for (uint32_t i = 0; i < g->part.ops.n; i++) {
        const te_need_t *need = &g->needs[i];
        for (uint32_t k = 0; k < need->scratch_refs; k++) {
            where[need->scratch_at + k] += need->at;
        }
    }
}

int te_plan(te_graph_t *g) {
    te_plan_t p;
    memset(&p, 0, sizeof(p));
    p.graph = g;
    p.live = g->living;
    plan_calls(g);
    if (!plan_best(&p)) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "the arena would be larger than 1 GB", 0);
    }
    plan_scratches(g);
    g->parts[g->part.number].arena = p.top;
    return TE_OK;
}
