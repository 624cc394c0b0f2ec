/* SPDX-License-Identifier: MIT
 * The engine with a planner that shares nothing (roomy_plan.c). What roomy_open() opens, the engine under test runs. */
#ifndef TORPOR_ROOMY_PLAN_H
#define TORPOR_ROOMY_PLAN_H

#include "engine.h"

#define ROOMY_BYTES (UINT32_C(1) << 24)
#define ROOMY_OPERATORS 256

/* Bytes of scratch of each operator of the model that was opened last. */
extern uint32_t roomy_scratch[ROOMY_OPERATORS];

int roomy_measure(const void *file, size_t file_len, te_sizes_t *need, te_error_t *why);
int roomy_open(te_model_t **m, const void *file, size_t file_len, void *state, size_t state_len, void *arena,
    size_t arena_len, te_error_t *why);

#endif
