/* SPDX-License-Identifier: MIT
 * The planner: which bytes of the arena each activation has, and while which operators.
 *
 * It walks through the operators in their order and keeps a list of what is alive; that is all the memory it
 * needs, so te_measure() can plan with a bounded stack. A tensor goes, of all places at the edges of what is
 * alive, to the one that leaves the largest gap for what comes next. An output may share bytes with an input
 * that dies, as far as the operator's lag allows (te_lag_t): a convolution then overwrites the rows of its
 * input that it has done with. RESHAPE's output is its input.
 *
 * The walk is told how many bytes it may use. The first walk has no limit, verifies every operator and learns a
 * lower bound; if it used more, walks with that bound follow, raised by what was missing, until one succeeds. */
#include "model.h"

#define PLAN_LIVE 32      /* tensors alive at once */
#define PLAN_WALKS 24
#define PLAN_NO_LIMIT UINT32_C(0x3FFFFFF0)  /* beyond it TE_REF_STATE begins */

typedef struct {
    uint32_t at, size;  /* bytes, multiples of TE_ARENA_ALIGN */
    int16_t tensor;     /* -1: scratch */
    int16_t last;       /* operator that it is alive up to */
} plan_block_t;

typedef struct {
    te_graph_t *graph;
    const te_op_t *op;   /* current, NULL before the first */
    uint32_t limit;      /* bytes that may be used */
    uint32_t top;        /* bytes that were used */
    uint32_t bound;      /* bytes without which no plan exists, by the walk so far */
    uint32_t missing;    /* if it failed: the least limit that it would have gone on with */
    te_ref_t *where;     /* results, NULL if only the size is asked for */
    te_step_t *steps;
    int n;
    plan_block_t live[PLAN_LIVE];
} plan_t;

static uint32_t plan_round(uint32_t size) {
    return (size + TE_ARENA_ALIGN - 1) & ~(uint32_t)(TE_ARENA_ALIGN - 1);
}

static int plan_index(const plan_t *p) {
    return p->op ? p->op->index : -1;
}

/* How the current operator's output may overlap a block: not, unless the block dies with the operator and every
 * slot that reads it allows it. */
static te_lag_t plan_lag(const plan_t *p, const plan_block_t *b) {
    te_lag_t lag = {TE_NO_OVERLAP, TE_NO_OVERLAP};
    if (p->op == NULL || b->tensor < 0 || b->last != p->op->index) {
        return lag;
    }
    bool read = false;
    for (uint32_t slot = 0; slot < p->op->inputs.n; slot++) {
        if (te_graph_index(p->graph, p->op->inputs, slot) != b->tensor) {
            continue;
        }
        if (slot >= TE_LAG_SLOTS) {
            return (te_lag_t){TE_NO_OVERLAP, TE_NO_OVERLAP};
        }
        const te_lag_t *own = &p->op->lag[slot];
        lag.forward = read && lag.forward > own->forward ? lag.forward : own->forward;
        lag.backward = read && lag.backward > own->backward ? lag.backward : own->backward;
        read = true;
    }
    return lag;
}

/* Whether the current operator's output (or scratch, if not `output`) may lie there beside everything alive. */
static bool plan_fits(const plan_t *p, uint32_t at, uint32_t size, bool output) {
    for (int i = 0; i < p->n; i++) {
        const plan_block_t *b = &p->live[i];
        if (at + size <= b->at || b->at + b->size <= at) {
            continue;
        }
        te_lag_t lag = plan_lag(p, b);
        bool below = lag.forward != TE_NO_OVERLAP && (int64_t)at + lag.forward <= b->at;
        bool above = lag.backward != TE_NO_OVERLAP && (int64_t)at >= (int64_t)b->at + lag.backward;
        if (!output || !(below || above)) {
            return false;
        }
    }
    return true;
}

/* Free bytes from `from` up to the next block that survives the current operator, or to the limit; 0 inside one. */
static uint32_t plan_gap(const plan_t *p, uint32_t from) {
    uint32_t end = p->limit;
    for (int i = 0; i < p->n; i++) {
        const plan_block_t *b = &p->live[i];
        if (b->last <= plan_index(p)) {
            continue;
        }
        if (b->at <= from && from < b->at + b->size) {
            return 0;
        }
        if (b->at > from && b->at < end) {
            end = b->at;
        }
    }
    return end - from;
}

/* The largest gap after the current operator, if the newest block lies where it does. */
static uint32_t plan_largest_gap(const plan_t *p) {
    uint32_t largest = plan_gap(p, 0);
    for (int i = 0; i < p->n; i++) {
        const plan_block_t *b = &p->live[i];
        if (b->last > plan_index(p) && b->at + b->size < p->limit) {
            uint32_t gap = plan_gap(p, b->at + b->size);
            largest = gap > largest ? gap : largest;
        }
    }
    return largest;
}

/* Tries the newest block, live[n], at a place; keeps it there if that is the best so far. */
static void plan_try(plan_t *p, int64_t at, bool output, uint32_t *best, int64_t *best_at) {
    plan_block_t *b = &p->live[p->n];
    if (at < 0 || at > PLAN_NO_LIMIT || !plan_fits(p, (uint32_t)at, b->size, output)) {
        return;
    }
    if (at + b->size > p->limit) {
        uint32_t end = (uint32_t)at + b->size;
        p->missing = end < p->missing ? end : p->missing;
        return;
    }
    b->at = (uint32_t)at;
    p->n++;
    uint32_t gap = plan_largest_gap(p);
    p->n--;
    if (*best_at < 0 || gap > *best || (gap == *best && at < *best_at)) {
        *best = gap;
        *best_at = at;
    }
}

/* Places live[n], whose size, tensor and last are set, and makes it alive. False if there is no room. */
static bool plan_put(plan_t *p, bool output) {
    plan_block_t *fresh = &p->live[p->n];
    uint32_t best = 0;
    int64_t best_at = -1;
    p->missing = UINT32_MAX;
    plan_try(p, 0, output, &best, &best_at);
    if (p->limit != PLAN_NO_LIMIT) {
        plan_try(p, (int64_t)p->limit - fresh->size, output, &best, &best_at);
    }
    for (int i = 0; i < p->n; i++) {
        const plan_block_t *b = &p->live[i];
        te_lag_t lag = plan_lag(p, b);
        plan_try(p, (int64_t)b->at + b->size, output, &best, &best_at);
        plan_try(p, (int64_t)b->at - fresh->size, output, &best, &best_at);
        if (output && lag.forward != TE_NO_OVERLAP) {
            plan_try(p, (int64_t)b->at - plan_round((uint32_t)lag.forward), output, &best, &best_at);
        }
        if (output && lag.backward != TE_NO_OVERLAP) {
            plan_try(p, (int64_t)b->at + plan_round((uint32_t)lag.backward), output, &best, &best_at);
        }
    }
    if (best_at < 0) {
        return false;
    }
    fresh->at = (uint32_t)best_at;
    p->top = fresh->at + fresh->size > p->top ? fresh->at + fresh->size : p->top;
    p->n++;
    return true;
}

static int plan_full(plan_t *p) {
    return te_fail(p->graph, TE_ERR_UNSUPPORTED, "more than %d tensors alive at once are not supported", PLAN_LIVE - 2);
}

/* Makes a tensor of the graph the newest block: alive from now to its last use. */
static int plan_start(plan_t *p, int32_t tensor, uint32_t nbytes) {
    if (p->n >= PLAN_LIVE - 1) {
        return plan_full(p);
    }
    int last = te_graph_last_use(p->graph, tensor);
    plan_block_t *b = &p->live[p->n];
    b->size = plan_round(nbytes);
    b->tensor = (int16_t)tensor;
    b->last = (int16_t)(last < plan_index(p) ? plan_index(p) : last);
    return TE_OK;
}

static void plan_tell(const plan_t *p, int32_t tensor, uint32_t at) {
    if (p->where) {
        p->where[tensor] = at;
    }
}

static const plan_block_t *plan_find(const plan_t *p, int32_t tensor) {
    for (int i = 0; i < p->n; i++) {
        if (p->live[i].tensor == tensor) {
            return &p->live[i];
        }
    }
    return NULL;
}

static void plan_drop_dead(plan_t *p) {
    int kept = 0;
    for (int i = 0; i < p->n; i++) {
        if (p->live[i].last > plan_index(p)) {
            p->live[kept++] = p->live[i];
        }
    }
    p->n = kept;
}

/* What the current operator needs at least: all that is alive, its output and scratch and other outputs, less the
 * best overlap. */
static void plan_bound(plan_t *p, uint32_t out, uint32_t others) {
    uint32_t sum = out + others, saved = 0;
    for (int i = 0; i < p->n; i++) {
        const plan_block_t *b = &p->live[i];
        te_lag_t lag = plan_lag(p, b);
        int32_t least = lag.forward < lag.backward ? lag.forward : lag.backward;
        uint32_t greater = b->size > out ? b->size : out, lesser = b->size + out - greater;
        uint32_t overlap = least == TE_NO_OVERLAP || (uint32_t)least > lesser ? 0 : lesser - plan_round((uint32_t)least);
        saved = (int32_t)overlap > (int32_t)saved ? overlap : saved;
        sum += plan_find(p, b->tensor) == b && b->tensor >= 0 ? b->size : 0;
    }
    p->bound = sum - saved > p->bound ? sum - saved : p->bound;
}

/* The output is the input's block under another tensor's name. */
static int plan_alias(plan_t *p, int32_t output) {
    const plan_block_t *from = plan_find(p, te_graph_index(p->graph, p->op->inputs, 0));
    TE_ASSERT(from != NULL);
    uint32_t at = from->at, size = from->size;
    TE_TRY(plan_start(p, output, size));
    p->live[p->n++].at = at;
    plan_tell(p, output, at);
    return TE_OK;
}

static int plan_output_size(const plan_t *p, uint32_t slot, uint32_t *size) {
    te_desc_t y;
    y.nbytes = p->op->out_nbytes;
    if (slot > 0) {
        TE_TRY(te_graph_tensor(p->graph, te_graph_index(p->graph, p->op->outputs, slot), &y));
    }
    *size = plan_round(y.nbytes);
    return TE_OK;
}

/* Bytes of all outputs but the first. No room if that is more than any arena has. */
static int plan_rest(const plan_t *p, uint32_t *rest, bool *room) {
    uint32_t size = 0;
    *rest = 0;
    for (uint32_t slot = 1; slot < p->op->outputs.n && *room; slot++) {
        TE_TRY(plan_output_size(p, slot, &size));
        *room = size <= PLAN_NO_LIMIT - *rest;
        *rest += size;
    }
    return TE_OK;
}

/* Places every output. Only the first may share bytes with inputs. */
static int plan_outputs(plan_t *p, bool *room) {
    uint32_t size = 0, rest = 0;
    if (p->op->alias) {
        return plan_alias(p, te_graph_index(p->graph, p->op->outputs, 0));
    }
    TE_TRY(plan_rest(p, &rest, room));
    plan_bound(p, plan_round(p->op->out_nbytes), rest + plan_round(p->op->scratch));
    for (uint32_t slot = 0; slot < p->op->outputs.n && *room; slot++) {
        int32_t output = te_graph_index(p->graph, p->op->outputs, slot);
        TE_TRY(plan_output_size(p, slot, &size));
        TE_TRY(plan_start(p, output, size));
        *room = plan_put(p, slot == 0);
        if (*room) {
            plan_tell(p, output, p->live[p->n - 1].at);
        }
    }
    return TE_OK;
}

static int plan_scratch(plan_t *p, bool *room) {
    if (p->n >= PLAN_LIVE - 1) {
        return plan_full(p);
    }
    plan_block_t *b = &p->live[p->n];
    b->size = plan_round(p->op->scratch);
    b->tensor = -1;
    b->last = (int16_t)p->op->index;
    *room = plan_put(p, false);
    if (*room && p->steps) {
        p->steps[p->op->index].scratch = p->live[p->n - 1].at;
    }
    return TE_OK;
}

static int plan_operator(plan_t *p, int index, bool *room) {
    te_op_t op;
    uint64_t params[TE_MAX_PARAMS / 8];
    TE_TRY(te_graph_op(p->graph, index, &op));
    p->op = &op;
    TE_TRY(te_verify_op(&op, params));
    TE_TRY(plan_outputs(p, room));
    if (*room && op.scratch) {
        TE_TRY(plan_scratch(p, room));
    }
    plan_drop_dead(p);
    p->op = NULL;
    return TE_OK;
}

static int plan_inputs(plan_t *p, bool *room) {
    for (uint32_t i = 0; i < p->graph->inputs.n && *room; i++) {
        te_desc_t x;
        int32_t input = te_graph_index(p->graph, p->graph->inputs, i);
        TE_TRY(te_graph_tensor(p->graph, input, &x));
        TE_TRY(plan_start(p, input, x.nbytes));
        *room = plan_put(p, false);
        if (*room) {
            plan_tell(p, input, p->live[p->n - 1].at);
        }
    }
    plan_drop_dead(p);
    return TE_OK;
}

/* One walk through the operators. *room says whether the limit was enough. */
static int plan_walk(plan_t *p, bool *room) {
    p->n = 0;
    p->top = 0;
    p->op = NULL;
    *room = true;
    TE_TRY(plan_inputs(p, room));
    for (int i = 0; i < (int)p->graph->ops.n && *room; i++) {
        TE_TRY(plan_operator(p, i, room));
    }
    p->graph->why->op_index = p->graph->why->op_code = -1;
    return TE_OK;
}

static void plan_init(plan_t *p, te_graph_t *g, uint32_t limit) {
    p->graph = g;
    p->limit = limit;
    p->bound = 0;
    p->where = NULL;
    p->steps = NULL;
}

int te_plan(te_graph_t *g, te_plan_t *plan) {
    plan_t p;
    bool room;
    plan_init(&p, g, PLAN_NO_LIMIT);
    TE_TRY(plan_walk(&p, &room));
    if (!room) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "the arena would be larger than 1 GB", 0);
    }
    g->proved = true;
    plan->limit = PLAN_NO_LIMIT;
    plan->arena = p.top;
    p.limit = p.bound;
    for (int walk = 0; walk < PLAN_WALKS && p.limit < plan->arena; walk++) {
        TE_TRY(plan_walk(&p, &room));
        if (room) {
            plan->limit = p.limit;
            plan->arena = p.top;
            return TE_OK;
        }
        p.limit = p.missing > p.limit ? p.missing : plan->arena;
    }
    return TE_OK;
}

/* Places what does not lie in the arena: constants in the file, variables at the end of the state. */
static void plan_others(te_graph_t *g, te_ref_t *where) {
    te_desc_t t;
    uint32_t state = g->state;
    for (uint32_t i = 0; i < g->tensors.n; i++) {
        uint32_t constant = te_graph_constant_at(g, (int32_t)i);
        where[i] = constant ? TE_REF_FILE | constant : 0;
        if (te_graph_variable(g, (int32_t)i) && te_graph_tensor(g, (int32_t)i, &t) == TE_OK) {
            where[i] = TE_REF_STATE | state;
            state += te_variable_size(&t);
        }
    }
}

int te_plan_place(te_graph_t *g, const te_plan_t *plan, te_ref_t *where, te_step_t *steps) {
    plan_t p;
    bool room;
    plan_init(&p, g, plan->limit);
    p.where = where;
    p.steps = steps;
    plan_others(g, where);
    return plan_walk(&p, &room);
}
