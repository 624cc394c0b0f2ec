/* SPDX-License-Identifier: MIT
 * Checks that the signal operators share. */
#include "signal.h"

static int signal_rank(te_op_t *op, const te_desc_t *t, int rank) {
    return t->rank == rank ? TE_OK : te_op_fail(op, TE_ERR_UNSUPPORTED, "a tensor that has not %d dimensions is not supported", rank);
}

int te_signal_input(te_op_t *op, uint32_t slot, te_desc_t *x) {
    TE_TRY(te_op_activation(op, slot, x));
    return signal_rank(op, x, 1);
}

int te_signal_weights(te_op_t *op, uint32_t slot, te_desc_t *k) {
    TE_TRY(te_op_input(op, slot, k));
    return signal_rank(op, k, 1);
}

static int signal_output(te_op_t *op, uint32_t slot, int rank, te_desc_t *y) {
    TE_TRY(slot == 0 ? te_op_output(op, y) : te_op_output_slot(op, slot, y));
    return signal_rank(op, y, rank);
}

int te_signal_output(te_op_t *op, uint32_t slot, int64_t count) {
    te_desc_t y;
    TE_TRY(signal_output(op, slot, 1, &y));
    return te_op_out_dim(op, &y, 0, count);
}

int te_signal_scalar(te_op_t *op, uint32_t slot) {
    te_desc_t y;
    return signal_output(op, slot, 0, &y);
}

int te_signal_option(te_op_t *op, const te_map_t *map, int i, const char *name, te_range_t range, int32_t *value) {
    TE_TRY(te_op_option(op, map, i, name, value));
    if (*value < range.low || *value > range.high) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "its option %d is out of range", i);
    }
    return TE_OK;
}
