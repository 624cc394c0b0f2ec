/* SPDX-License-Identifier: MIT
 * LOGICAL_AND, LOGICAL_OR: y = a and b, y = a or b, of bools. */
#include "broadcast.h"

static void logical_and(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, uint8_t, uint8_t, a != 0 && b != 0);
}

static void logical_or(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, uint8_t, uint8_t, a != 0 || b != 0);
}

static const te_run_table_t logical_and_table = {.boolean = logical_and};
static const te_run_table_t logical_or_table = {.boolean = logical_or};

static void logical_and_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &logical_and_table);
}

static void logical_or_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &logical_or_table);
}

const te_row_t te_row_logical_and = {"LOGICAL_AND", "??:?", 86, sizeof(te_binary_t), te_binary_prepare, logical_and_run};
const te_row_t te_row_logical_or = {"LOGICAL_OR", "??:?", 84, sizeof(te_binary_t), te_binary_prepare, logical_or_run};
