/* SPDX-License-Identifier: MIT
 * Reads and checks the options of custom operators. */
#include "options.h"

int te_op_options(te_op_t *op, te_map_t *map) {
    if (!te_map_open(map, op->graph->file.data + op->custom_options.at, op->custom_options.n)) {
        return te_op_fail(op, TE_ERR_MODEL, "its options are missing or damaged", 0);
    }
    return TE_OK;
}

int te_op_option(te_op_t *op, const te_map_t *map, int i, const char *name, int32_t *value) {
    if (te_map_find(map, name) != i) {
        return te_op_fail(op, TE_ERR_MODEL, "its option %d is missing or has another operator's name", i);
    }
    return te_map_integer(map, i, value) ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "its option %d is not an integer", i);
}
