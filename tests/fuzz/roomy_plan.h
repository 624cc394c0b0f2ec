/* SPDX-License-Identifier: MIT
 * The engine with a planner that shares nothing (roomy_plan.c). What roomy_open() opens, the engine under test runs. */
#ifndef TORPOR_ROOMY_PLAN_H
#define TORPOR_ROOMY_PLAN_H

#include "engine.h"

#define ROOMY_BYTES (UINT32_C(1) << 24)
#define ROOMY_OPERATORS 256

/* The scratch of each operator of the main subgraph of the model that was measured last. */
typedef struct {
    uint32_t at, nbytes;
} roomy_block_t;
extern roomy_block_t roomy_scratch[ROOMY_OPERATORS];

int roomy_measure(const void *file, size_t file_len, void *state, size_t state_len, te_sizes_t *need, te_error_t *why);
int roomy_open(te_model_t **m, void *state, size_t state_len, void *arena, size_t arena_len, te_error_t *why);

#endif
