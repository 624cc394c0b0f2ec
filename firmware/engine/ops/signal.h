/* SPDX-License-Identifier: MIT
 * What the signal operators share (ops/signal.c). */
#ifndef TORPOR_SIGNAL_H
#define TORPOR_SIGNAL_H

#include "options.h"

/* Describes an input that is a vector in the arena. */
int te_signal_input(te_op_t *op, uint32_t slot, te_desc_t *x);

/* The same for int16 weights, which may lie in the file: te_load_s16() reads them. */
int te_signal_weights(te_op_t *op, uint32_t slot, te_desc_t *k);

/* Checks that output `slot` is a vector of `count` elements, or a single number. */
int te_signal_output(te_op_t *op, uint32_t slot, int64_t count);
int te_signal_scalar(te_op_t *op, uint32_t slot);

/* An option as te_op_option() has it, in a range. */
int te_signal_option(te_op_t *op, const te_map_t *map, int i, const char *name, te_range_t range, int32_t *value);

/* Element i of int16 at any alignment. */
static inline int32_t te_load_s16(const uint8_t *data, int32_t i) {
    int16_t v;
    memcpy(&v, data + 2 * i, sizeof(v));
    return v;
}

/* Bits up to the highest that is 1; 32 for 0, as TFLM counts them. */
static inline int32_t te_signal_bits(uint32_t x) {
    return x ? 32 - __builtin_clz(x) : 32;
}

#endif
