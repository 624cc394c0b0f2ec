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
#include "model.h"

#define PLAN_WALKS 24
#define PLAN_STEPS (1 << 20)  /* looks at what is alive that one walk may take, and all that come after it together */
#define PLAN_NO_LIMIT UINT32_C(0x3FFFFFF0)  /* beyond it TE_IN_STATE begins */

/* An input that dies and that the output may run over. */
typedef struct {
    int32_t tensor;
    te_lag_t lag;
} plan_over_t;

typedef struct {
    te_graph_t *graph;
    const te_need_t *need;  /* of the current operator */
    int now;                /* the current operator, -1 before the first */
    uint16_t *live;         /* tensors that are alive, the lowest place first */
    int n;
    bool counting;          /* the first walk */
    uint32_t limit;         /* bytes that may be used */
    uint32_t top;           /* bytes that were used */
    uint32_t missing;       /* if it failed: the least limit that it would have gone on with */
    uint32_t steps, walked; /* looks at what is alive: in this walk, and in those before */
    uint64_t bound;         /* bytes without which no plan exists */
    plan_over_t over[TE_LAG_SLOTS];
    int n_over;
} plan_t;

/* A block that is to be placed. */
typedef struct {
    uint32_t size;
    bool stays;          /* beyond the current operator */
    int n_over;          /* inputs that it may run over */
    uint32_t start, end; /* free bytes that are looked at; `end` is beyond the limit if nothing lies above */
    uint32_t low, high;  /* the same once the current operator is done */
    uint32_t others;     /* the largest gap elsewhere then */
    uint32_t best;       /* the largest gap that is left with the block at best_at */
    int64_t best_at;     /* -1: nowhere yet */
} plan_block_t;

static uint32_t plan_size(const plan_t *p, int32_t tensor) {
    return p->graph->lives[tensor].size;
}

static bool plan_stays(const plan_t *p, int32_t tensor) {
    return p->graph->lives[tensor].last > p->now;
}

/* ---- Overlap ---- */

/* Whether an operator reads a tensor in a slot whose overlap it does not describe. */
static bool plan_read_elsewhere(const plan_t *p, int32_t tensor) {
    for (uint32_t slot = TE_LAG_SLOTS; slot < p->need->inputs.n; slot++) {
        if (te_graph_index(p->graph, p->need->inputs, slot) == tensor) {
            return true;
        }
    }
    return false;
}

/* Adds what input `slot` allows; a tensor in two slots must be allowed by both. */
static void plan_allow(plan_t *p, int32_t tensor, const te_lag_t *lag) {
    for (int i = 0; i < p->n_over; i++) {
        te_lag_t *own = &p->over[i].lag;
        if (p->over[i].tensor == tensor) {
            own->forward = own->forward > lag->forward ? own->forward : lag->forward;
            own->backward = own->backward > lag->backward ? own->backward : lag->backward;
            return;
        }
    }
    p->over[p->n_over++] = (plan_over_t){tensor, *lag};
}

/* Lists the inputs that die with the current operator and that its output may run over. */
static void plan_overlaps(plan_t *p) {
    p->n_over = 0;
    for (uint32_t slot = 0; slot < TE_LAG_SLOTS && slot < p->need->inputs.n; slot++) {
        int32_t tensor = te_graph_index(p->graph, p->need->inputs, slot);
        if (tensor >= 0 && plan_size(p, tensor) > 0 && !plan_stays(p, tensor) && !plan_read_elsewhere(p, tensor)) {
            plan_allow(p, tensor, &p->need->lag[slot]);
        }
    }
}

/* Whether `size` bytes from `at` on are allowed beside the inputs that they may run over. */
static bool plan_runs_over(const plan_t *p, int n_over, uint32_t at, uint32_t size) {
    for (int i = 0; i < n_over; i++) {
        const plan_over_t *o = &p->over[i];
        uint32_t from = p->graph->where[o->tensor];
        bool below = o->lag.forward != TE_NO_OVERLAP && (int64_t)at + o->lag.forward <= from;
        bool above = o->lag.backward != TE_NO_OVERLAP && (int64_t)at >= (int64_t)from + o->lag.backward;
        if (at < from + plan_size(p, o->tensor) && from < at + size && !below && !above) {
            return false;
        }
    }
    return true;
}

/* ---- Placing ---- */

/* Tries the block at a place; keeps it there if that is the best so far. */
static void plan_try(plan_t *p, plan_block_t *b, int64_t at) {
    if (at < b->start || at + b->size > b->end || !plan_runs_over(p, b->n_over, (uint32_t)at, b->size)) {
        return;
    }
    uint32_t end = (uint32_t)at + b->size, gap = 0;
    if (end > p->limit) {
        p->missing = end < p->missing ? end : p->missing;
        return;
    }
    if (b->stays) {
        uint32_t below = (uint32_t)at - b->low, above = b->high - end;
        gap = below > above ? below : above;
        gap = gap > b->others ? gap : b->others;
    }
    if (b->best_at < 0 || gap > b->best || (gap == b->best && at < b->best_at)) {
        b->best = gap;
        b->best_at = at;
    }
}

/* Tries all places at the edges of the free bytes, and of inputs in them that it may run over. */
static void plan_try_edges(plan_t *p, plan_block_t *b) {
    int64_t end = b->end > p->limit ? p->limit : b->end;
    plan_try(p, b, b->start);
    if (end != PLAN_NO_LIMIT) {
        plan_try(p, b, end - b->size);
    }
    for (int i = 0; i < b->n_over; i++) {
        const plan_over_t *o = &p->over[i];
        int64_t from = p->graph->where[o->tensor];
        plan_try(p, b, from + plan_size(p, o->tensor));
        plan_try(p, b, from - b->size);
        if (o->lag.forward != TE_NO_OVERLAP) {
            plan_try(p, b, from - te_padded((uint32_t)o->lag.forward));
        }
        if (o->lag.backward != TE_NO_OVERLAP) {
            plan_try(p, b, from + te_padded((uint32_t)o->lag.backward));
        }
    }
}

/* The next tensor from live[i] on that stays beyond the current operator; the number of live ones if none does. */
static int plan_next_stay(const plan_t *p, int i) {
    while (i < p->n && !plan_stays(p, p->live[i])) {
        i++;
    }
    return i;
}

/* The two largest gaps between what stays, as (size, where it begins) and size. */
typedef struct {
    uint32_t first, first_at, second;
} plan_gaps_t;

static plan_gaps_t plan_gaps(const plan_t *p) {
    plan_gaps_t g = {0, 0, 0};
    uint32_t from = 0;
    for (int i = plan_next_stay(p, 0);; i = plan_next_stay(p, i + 1)) {
        uint32_t at = i < p->n ? p->graph->where[p->live[i]] : p->limit;
        uint32_t gap = at > from ? at - from : 0;
        if (gap > g.first) {
            g = (plan_gaps_t){gap, from, g.first};
        } else if (gap > g.second) {
            g.second = gap;
        }
        if (i >= p->n) {
            return g;
        }
        uint32_t end = at + plan_size(p, p->live[i]);
        from = end > from ? end : from;
    }
}

static bool plan_may_run_over(const plan_t *p, const plan_block_t *b, int32_t tensor) {
    for (int i = 0; i < b->n_over; i++) {
        if (p->over[i].tensor == tensor) {
            return true;
        }
    }
    return false;
}

/* Looks for the block's best place. */
static void plan_search(plan_t *p, plan_block_t *b) {
    plan_gaps_t gaps = plan_gaps(p);
    int stay = plan_next_stay(p, 0);
    b->best_at = -1;
    b->start = b->low = 0;
    for (int i = 0; i <= p->n; i++) {
        int32_t tensor = i < p->n ? p->live[i] : -1;
        if (plan_may_run_over(p, b, tensor)) {
            continue;
        }
        b->end = tensor >= 0 ? p->graph->where[tensor] : UINT32_MAX;
        b->high = stay < p->n ? p->graph->where[p->live[stay]] : p->limit;
        b->others = gaps.first_at == b->low ? gaps.second : gaps.first;
        if (b->end > b->start) {
            plan_try_edges(p, b);
        }
        if (tensor < 0) {
            return;
        }
        uint32_t end = b->end + plan_size(p, tensor);
        b->start = end > b->start ? end : b->start;
        if (i == stay) {
            b->low = end > b->low ? end : b->low;
            stay = plan_next_stay(p, i + 1);
        }
    }
}

/* Where thousands are alive: above all, without looking. */
static void plan_above(const plan_t *p, plan_block_t *b) {
    b->best_at = p->limit - p->top >= b->size ? (int64_t)p->top : -1;
}

/* Finds room for `size` bytes that are alive up to operator `last`. False if there is none. */
static bool plan_put(plan_t *p, uint32_t size, int last, int n_over, te_place_t *at) {
    plan_block_t b;
    memset(&b, 0, sizeof(b));
    b.size = size;
    b.stays = last > p->now;
    b.n_over = n_over;
    p->missing = UINT32_MAX;
    p->steps += (uint32_t)p->n;
    if (p->steps < PLAN_STEPS) {
        plan_search(p, &b);
    } else {
        plan_above(p, &b);
    }
    if (b.best_at < 0) {
        return false;
    }
    *at = (te_place_t)b.best_at;
    p->top = *at + size > p->top ? *at + size : p->top;
    return true;
}

/* ---- The walk ---- */

static void plan_live(plan_t *p, int32_t tensor) {
    int i = p->n++;
    for (; !p->counting && i > 0 && p->graph->where[p->live[i - 1]] > p->graph->where[tensor]; i--) {
        p->live[i] = p->live[i - 1];
    }
    p->live[i] = (uint16_t)tensor;
}

static bool plan_any_dead(const plan_t *p, te_vec_t tensors) {
    for (uint32_t i = 0; i < tensors.n; i++) {
        int32_t tensor = te_graph_index(p->graph, tensors, i);
        if (tensor >= 0 && !plan_stays(p, tensor)) {
            return true;
        }
    }
    return false;
}

static void plan_drop_dead(plan_t *p) {
    int kept = 0;
    for (int i = 0; i < p->n; i++) {
        if (plan_stays(p, p->live[i])) {
            p->live[kept++] = p->live[i];
        }
    }
    p->n = kept;
}

/* Makes a tensor alive, unless it is a variable, which lies in the state. */
static bool plan_start(plan_t *p, int32_t tensor, int n_over) {
    const te_life_t *life = &p->graph->lives[tensor];
    if (te_is_kept(p->graph->where[tensor])) {
        return true;
    }
    if (!p->counting && !plan_put(p, life->size, life->last, n_over, &p->graph->where[tensor])) {
        return false;
    }
    plan_live(p, tensor);
    return true;
}

/* The output is the input under another name. What has two names is counted once. */
static bool plan_alias(plan_t *p) {
    int32_t from = te_graph_index(p->graph, p->need->inputs, 0), output = te_graph_index(p->graph, p->need->outputs, 0);
    TE_ASSERT(plan_size(p, from) == plan_size(p, output));
    p->graph->where[output] = p->graph->where[from];
    if (!p->counting || !plan_stays(p, from)) {
        plan_live(p, output);
    }
    return true;
}

/* The most bytes that the first output can share with an input. */
static uint32_t plan_shared(const plan_t *p, uint32_t out) {
    uint32_t shared = 0;
    for (int i = 0; i < p->n_over; i++) {
        const te_lag_t *lag = &p->over[i].lag;
        uint32_t least = (uint32_t)(lag->forward < lag->backward ? lag->forward : lag->backward);
        uint32_t in = plan_size(p, p->over[i].tensor), lesser = in < out ? in : out;
        uint32_t overlap = least > lesser ? 0 : lesser - te_padded(least);
        shared = (int32_t)overlap > (int32_t)shared ? overlap : shared;
    }
    return shared;
}

/* What the current operator needs at least: all that is alive, its outputs and scratch, less the best overlap. */
static void plan_bound(plan_t *p) {
    uint64_t sum = te_padded(p->need->scratch);
    for (int i = 0; i < p->n; i++) {
        sum += plan_size(p, p->live[i]);
    }
    for (uint32_t slot = 0; slot < p->need->outputs.n; slot++) {
        sum += plan_size(p, te_graph_index(p->graph, p->need->outputs, slot));
    }
    if (p->need->outputs.n > 0) {
        sum -= plan_shared(p, plan_size(p, te_graph_index(p->graph, p->need->outputs, 0)));
    }
    p->bound = sum > p->bound ? sum : p->bound;
}

/* Only the first output may share bytes with inputs. */
static bool plan_outputs(plan_t *p) {
    if (p->need->alias) {
        return plan_alias(p);
    }
    plan_overlaps(p);
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
static bool plan_scratch(plan_t *p) {
    return p->counting || p->need->scratch_refs == 0
        || plan_put(p, te_padded(p->need->scratch), p->now, 0, &p->graph->needs[p->now].at);
}

/* One walk through the operators. False if the limit was too low. */
static bool plan_walk(plan_t *p) {
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

static bool plan_walk_within(plan_t *p, uint32_t limit) {
    p->limit = limit;
    p->walked += p->steps;
    p->steps = 0;
    return plan_walk(p);
}

/* The bound was too low: raises it until it suffices, but not above what a plan without a limit takes. */
static bool plan_raise(plan_t *p) {
    uint32_t limit = p->missing;
    if (!plan_walk_within(p, PLAN_NO_LIMIT)) {
        return false;
    }
    uint32_t roomy = p->top;
    for (int walk = 0; walk < PLAN_WALKS && limit < roomy && p->walked < PLAN_STEPS; walk++) {
        if (plan_walk_within(p, limit)) {
            return true;
        }
        limit = p->missing > limit ? p->missing : roomy;
    }
    return plan_walk_within(p, PLAN_NO_LIMIT);
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
    plan_t p;
    memset(&p, 0, sizeof(p));
    p.graph = g;
    p.live = g->living;
    plan_calls(g);
    p.counting = true;
    plan_walk(&p);
    p.counting = false;
    if (p.bound > PLAN_NO_LIMIT || !(plan_walk_within(&p, (uint32_t)p.bound) || plan_raise(&p))) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "the arena would be larger than 1 GB", 0);
    }
    plan_scratches(g);
    g->parts[g->part.number].arena = p.top;
    return TE_OK;
}
