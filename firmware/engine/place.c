/* SPDX-License-Identifier: MIT
 * Finds room in the arena: of all places at the edges of what is alive, the one that leaves the largest gap for what
 * comes next. */
#include "plan.h"

#define PLACE_STEPS (1 << 20)  /* looks at what is alive in one walk; then everything goes above all */

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
} place_block_t;

/* Whether an operator reads a tensor in a slot whose overlap it does not describe. */
static bool place_read_elsewhere(const te_plan_t *p, int32_t tensor) {
    for (uint32_t slot = TE_LAG_SLOTS; slot < p->need->inputs.n; slot++) {
        if (te_graph_index(p->graph, p->need->inputs, slot) == tensor) {
            return true;
        }
    }
    return false;
}

static bool place_any_lag(const te_lag_t *lag) {
    return lag->forward != TE_NO_OVERLAP || lag->backward != TE_NO_OVERLAP;
}

/* Adds what input `slot` allows; a tensor in two slots must be allowed by both. */
static void place_allow(te_plan_t *p, int32_t tensor, const te_lag_t *lag) {
    for (int i = 0; i < p->n_over; i++) {
        te_lag_t *own = &p->over[i].lag;
        if (p->over[i].tensor == tensor) {
            own->forward = own->forward > lag->forward ? own->forward : lag->forward;
            own->backward = own->backward > lag->backward ? own->backward : lag->backward;
            return;
        }
    }
    p->over[p->n_over++] = (te_over_t){tensor, *lag};
}

void te_plan_overlaps(te_plan_t *p) {
    p->n_over = 0;
    if (!place_any_lag(&p->need->lag[0]) && !place_any_lag(&p->need->lag[1])) {
        return;
    }
    for (uint32_t slot = 0; slot < TE_LAG_SLOTS && slot < p->need->inputs.n; slot++) {
        int32_t tensor = te_graph_index(p->graph, p->need->inputs, slot);
        if (tensor >= 0 && te_plan_size(p, tensor) > 0 && !te_plan_stays(p, tensor) && !place_read_elsewhere(p, tensor)) {
            place_allow(p, tensor, &p->need->lag[slot]);
        }
    }
    int allowed = 0;
    for (int i = 0; i < p->n_over; i++) {
        if (place_any_lag(&p->over[i].lag)) {
            p->over[allowed++] = p->over[i];
        }
    }
    p->n_over = allowed;
}

/* Whether `size` bytes from `at` on are allowed beside the inputs that they may run over. */
static bool place_runs_over(const te_plan_t *p, int n_over, uint32_t at, uint32_t size) {
    for (int i = 0; i < n_over; i++) {
        const te_over_t *o = &p->over[i];
        uint32_t from = p->graph->where[o->tensor];
        bool below = o->lag.forward != TE_NO_OVERLAP && (int64_t)at + o->lag.forward <= from;
        bool above = o->lag.backward != TE_NO_OVERLAP && (int64_t)at >= (int64_t)from + o->lag.backward;
        if (at < from + te_plan_size(p, o->tensor) && from < at + size && !below && !above) {
            return false;
        }
    }
    return true;
}

/* Tries the block at a place; keeps it there if that is the best so far. */
static void place_try(te_plan_t *p, place_block_t *b, int64_t at) {
    if (at < b->start || at + b->size > b->end || !place_runs_over(p, b->n_over, (uint32_t)at, b->size)) {
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
static void place_try_edges(te_plan_t *p, place_block_t *b) {
    int64_t end = b->end > p->limit ? p->limit : b->end;
    place_try(p, b, b->start);
    if (end != TE_PLAN_NO_LIMIT) {
        place_try(p, b, end - b->size);
    }
    for (int i = 0; i < b->n_over; i++) {
        const te_over_t *o = &p->over[i];
        int64_t from = p->graph->where[o->tensor];
        place_try(p, b, from + te_plan_size(p, o->tensor));
        place_try(p, b, from - b->size);
        if (o->lag.forward != TE_NO_OVERLAP) {
            place_try(p, b, from - te_padded((uint32_t)o->lag.forward));
        }
        if (o->lag.backward != TE_NO_OVERLAP) {
            place_try(p, b, from + te_padded((uint32_t)o->lag.backward));
        }
    }
}

/* The next tensor from live[i] on that stays beyond the current operator; the number of live ones if none does. */
static int place_next_stay(const te_plan_t *p, int i) {
    while (i < p->n && !te_plan_stays(p, p->live[i])) {
        i++;
    }
    return i;
}

/* The two largest gaps between what stays, as (size, where it begins) and size. */
typedef struct {
    uint32_t first, first_at, second;
} place_gaps_t;

static place_gaps_t place_gaps(const te_plan_t *p) {
    place_gaps_t g = {0, 0, 0};
    uint32_t from = 0;
    for (int i = place_next_stay(p, 0);; i = place_next_stay(p, i + 1)) {
        uint32_t at = i < p->n ? p->graph->where[p->live[i]] : p->limit;
        uint32_t gap = at > from ? at - from : 0;
        if (gap > g.first) {
            g = (place_gaps_t){gap, from, g.first};
        } else if (gap > g.second) {
            g.second = gap;
        }
        if (i >= p->n) {
            return g;
        }
        uint32_t end = at + te_plan_size(p, p->live[i]);
        from = end > from ? end : from;
    }
}

static bool place_may_run_over(const te_plan_t *p, int n_over, int32_t tensor) {
    for (int i = 0; i < n_over; i++) {
        if (p->over[i].tensor == tensor) {
            return true;
        }
    }
    return false;
}

/* Looks for the block's best place; if it does not stay, that is the lowest. */
static void place_search(te_plan_t *p, place_block_t *b) {
    place_gaps_t gaps = {0, 0, 0};
    b->best = 0;
    b->best_at = -1;
    if (b->stays) {
        gaps = place_gaps(p);
    }
    int stay = place_next_stay(p, 0);
    b->start = b->low = 0;
    for (int i = 0; i <= p->n; i++) {
        int32_t tensor = i < p->n ? p->live[i] : -1;
        if (place_may_run_over(p, b->n_over, tensor)) {
            continue;
        }
        b->end = tensor >= 0 ? p->graph->where[tensor] : UINT32_MAX;
        b->high = stay < p->n ? p->graph->where[p->live[stay]] : p->limit;
        b->others = gaps.first_at == b->low ? gaps.second : gaps.first;
        if (b->end > b->start) {
            place_try_edges(p, b);
        }
        if (tensor < 0 || (!b->stays && b->best_at >= 0)) {
            return;
        }
        uint32_t end = b->end + te_plan_size(p, tensor);
        b->start = end > b->start ? end : b->start;
        if (i == stay) {
            b->low = end > b->low ? end : b->low;
            stay = place_next_stay(p, i + 1);
        }
    }
}

/* Whether `size` bytes lie apart from all that is alive, or over an input as far as that is allowed. */
static bool place_free(const te_plan_t *p, uint32_t size, int n_over, uint32_t at) {
    for (int i = 0; i < p->n; i++) {
        int32_t tensor = p->live[i];
        uint32_t from = p->graph->where[tensor];
        bool apart = at + size <= from || from + te_plan_size(p, tensor) <= at;
        if (!apart && !place_may_run_over(p, n_over, tensor)) {
            return false;
        }
    }
    return place_runs_over(p, n_over, at, size);
}

/* Where nothing that is alive stays, no place leaves more than the first bytes and the last do. */
static bool place_at_end(const te_plan_t *p, place_block_t *b) {
    if (!b->stays || b->size > p->limit || place_next_stay(p, 0) < p->n) {
        return false;
    }
    b->best_at = 0;
    if (!place_free(p, b->size, b->n_over, 0)) {
        b->best_at = p->limit - b->size;
        return p->limit != TE_PLAN_NO_LIMIT && place_free(p, b->size, b->n_over, (uint32_t)b->best_at);
    }
    return true;
}

/* Where thousands are alive: above all, without looking. */
static void place_above(const te_plan_t *p, place_block_t *b) {
    b->best_at = p->limit - p->top >= b->size ? (int64_t)p->top : -1;
}

bool te_plan_put(te_plan_t *p, uint32_t size, int last, int n_over, te_place_t *at) {
    place_block_t b;
    b.size = size;
    b.stays = last > p->now;
    b.n_over = n_over;
    p->missing = UINT32_MAX;
    p->steps += (uint32_t)p->n;
    if (p->steps >= PLACE_STEPS) {
        place_above(p, &b);
    } else if (!place_at_end(p, &b)) {
        place_search(p, &b);
    }
    if (b.best_at < 0) {
        return false;
    }
    *at = (te_place_t)b.best_at;
    p->top = *at + size > p->top ? *at + size : p->top;
    return true;
}

bool te_plan_put_at(te_plan_t *p, uint32_t size, int n_over, te_place_t at) {
    if (at % TE_ARENA_ALIGN || at > TE_PLAN_NO_LIMIT || size > TE_PLAN_NO_LIMIT - at) {
        return false;
    }
    p->steps += (uint32_t)p->n;
    p->top = at + size > p->top ? at + size : p->top;
    return p->steps < PLACE_STEPS && place_free(p, size, n_over, at);
}
