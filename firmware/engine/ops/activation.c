/* SPDX-License-Identifier: MIT
 * Fused activations as a range that results are clamped to. */
#include "op.h"

#include <float.h>

enum { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_RELU_N1_TO_1, ACTIVATION_RELU6, ACTIVATION_KINDS };

static const struct {
    float low, high;
} activation_ranges[ACTIVATION_KINDS] = {{-FLT_MAX, FLT_MAX}, {0, FLT_MAX}, {-1, 1}, {0, 6}};

static int32_t activation_bits(float x) {
    return te_load_i32(&x);
}

/* A bound in units of the output's scale; an open end is the type's. */
static int32_t activation_quantise(float bound, const te_desc_t *y) {
    int32_t high = te_is(y->type, TE_INT32) ? INT32_MAX : te_is(y->type, TE_INT16) ? INT16_MAX : INT8_MAX, low = -high - 1;
    if (bound == FLT_MAX || bound == -FLT_MAX) {
        return bound > 0 ? high : low;
    }
    int32_t q = te_round(te_is(y->type, TE_INT32) ? bound : bound / y->scale);
    return te_clamp(te_clamp(q, -(1 << 17), 1 << 17) + y->zero_point, low, high);
}

int te_activation(te_op_t *op, int id, const te_desc_t *y, te_range_t *range) {
    int kind = te_fb_field_u8(&op->graph->file, &op->options, id, ACTIVATION_NONE);
    if (kind >= ACTIVATION_KINDS) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "fused activation %d is not supported", kind);
    }
    float low = activation_ranges[kind].low, high = activation_ranges[kind].high;
    bool real = te_is(y->type, TE_FLOAT32);
    range->low = real ? activation_bits(low) : activation_quantise(low, y);
    range->high = real ? activation_bits(high) : activation_quantise(high, y);
    return TE_OK;
}
