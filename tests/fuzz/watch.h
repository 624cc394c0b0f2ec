/* SPDX-License-Identifier: MIT
 * Runs one operator with nothing allowed of the arena but its own inputs, outputs and scratch. */
#ifndef TORPOR_WATCH_H
#define TORPOR_WATCH_H

#include "engine.h"

/* As te_run_op(), of a model that roomy_open() opened with an arena of `arena_len` bytes. *broken becomes the
 * promise that the operator broke, NULL if none. AddressSanitizer ends the program at any other byte of the arena. */
int watch_run_op(te_model_t *m, int i, size_t arena_len, const char **broken, te_error_t *why);

/* Whether the model has a CALL_ONCE, which is not run again after a reset. */
int watch_calls_once(const te_model_t *m);

#endif
