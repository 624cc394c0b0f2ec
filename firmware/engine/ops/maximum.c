/* SPDX-License-Identifier: MIT
 * MAXIMUM: y = a > b ? a : b, of the stored numbers: scales do not matter, NaN gives b. */
#include "broadcast.h"

static int maximum_prepare(te_op_t *op, void *params) {
    uint32_t types = TE_SET(TE_INT8) | TE_SET(TE_INT16) | TE_SET(TE_INT32) | TE_SET(TE_INT64) | TE_SET(TE_FLOAT32);
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_binary(op, types, in, &y, params));
    return te_op_same_type(op, &in[0], &y);
}

static void maximum_s8(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, int8_t, int8_t, a > b ? a : b);
}

static void maximum_s16(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, int16_t, int16_t, a > b ? a : b);
}

static void maximum_s32(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, int32_t, int32_t, a > b ? a : b);
}

static void maximum_s64(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, int64_t, int64_t, a > b ? a : b);
}

static void maximum_f32(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, float, float, a > b ? a : b);
}

static const te_run_table_t maximum_table = {
    .s8 = maximum_s8, .s16 = maximum_s16, .s32 = maximum_s32, .s64 = maximum_s64, .f32 = maximum_f32};

static void maximum_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &maximum_table);
}

const te_row_t te_row_maximum = {"MAXIMUM", 55, sizeof(te_binary_t), maximum_prepare, maximum_run};
