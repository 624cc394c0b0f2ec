/* SPDX-License-Identifier: MIT
 * What the planner's files share: plan.c walks through the operators, place.c finds room. */
#ifndef TORPOR_PLAN_H
#define TORPOR_PLAN_H

#include "model.h"

#define TE_PLAN_NO_LIMIT UINT32_C(0x3FFFFFF0)  /* beyond it TE_IN_STATE begins */

/* An input that dies and that the output may run over. */
typedef struct {
    int32_t tensor;
    te_lag_t lag;
} te_over_t;

typedef struct {
    te_graph_t *graph;
    const te_need_t *need;  /* of the current operator */
    int now;                /* the current operator, -1 before the first */
    uint16_t *live;         /* tensors that are alive, the lowest place first */
    int n;
    bool counting;          /* the first walk: nothing is placed */
    const uint8_t *given;   /* int32 of each tensor: its place as the file plans it; NULL if it does not */
    uint32_t limit;         /* bytes that may be used */
    uint32_t top;           /* bytes that were used */
    uint32_t missing;       /* if it failed: the least limit that it would have gone on with */
    uint32_t steps, walked; /* looks at what is alive: in this walk, and in those before */
    uint64_t bound;         /* bytes without which no plan exists */
    te_over_t over[TE_LAG_SLOTS];
    int n_over;
} te_plan_t;

static inline uint32_t te_plan_size(const te_plan_t *p, int32_t tensor) {
    return p->graph->lives[tensor].size;
}

static inline bool te_plan_stays(const te_plan_t *p, int32_t tensor) {
    return p->graph->lives[tensor].last > p->now;
}

/* Lists the inputs that die with the current operator and that its output may run over. */
void te_plan_overlaps(te_plan_t *p);

/* Finds room for `size` bytes that are alive up to operator `last`, beside all that is alive but the first n_over
 * listed inputs. False if there is none. */
bool te_plan_put(te_plan_t *p, uint32_t size, int last, int n_over, te_place_t *at);

/* Whether they may lie there. */
bool te_plan_put_at(te_plan_t *p, uint32_t size, int n_over, te_place_t at);

#endif
