/* SPDX-License-Identifier: MIT
 * MINIMUM: y = a < b ? a : b, of the stored numbers: scales do not matter, NaN gives b. */
#include "broadcast.h"

static int minimum_prepare(te_op_t *op, void *params) {
    uint32_t types = TE_SET(TE_INT8) | TE_SET(TE_INT16) | TE_SET(TE_INT32) | TE_SET(TE_INT64) | TE_SET(TE_FLOAT32);
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_binary(op, types, in, &y, params));
    return te_op_same_type(op, &in[0], &y);
}

static void minimum_s8(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, int8_t, int8_t, a < b ? a : b);
}

static void minimum_s16(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, int16_t, int16_t, a < b ? a : b);
}

static void minimum_s32(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, int32_t, int32_t, a < b ? a : b);
}

static void minimum_s64(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, int64_t, int64_t, a < b ? a : b);
}

static void minimum_f32(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, float, float, a < b ? a : b);
}

static const te_run_table_t minimum_table = {
    .s8 = minimum_s8, .s16 = minimum_s16, .s32 = minimum_s32, .s64 = minimum_s64, .f32 = minimum_f32};

static void minimum_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &minimum_table);
}

const te_row_t te_row_minimum = {"MINIMUM", 57, sizeof(te_binary_t), minimum_prepare, minimum_run};
