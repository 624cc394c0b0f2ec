/* SPDX-License-Identifier: MIT
 * Options of custom operators: a FlexBuffers map (ops/options.c). */
#ifndef TORPOR_OPTIONS_H
#define TORPOR_OPTIONS_H

#include "../flexbuf.h"
#include "op.h"

/* The map. An error if there is none, or if it is damaged. */
int te_op_options(te_op_t *op, te_map_t *map);

/* Integer i of the map, which must be called `name`: TFLM reads options by their number, and looks at no name. */
int te_op_option(te_op_t *op, const te_map_t *map, int i, const char *name, int32_t *value);

#endif
