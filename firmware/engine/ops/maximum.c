/* SPDX-License-Identifier: MIT
 * MAXIMUM: y = a > b ? a : b, of the stored numbers: scales do not matter, NaN gives b. */
#include "broadcast.h"

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
    TE_S8(maximum_s8), TE_S16(maximum_s16), TE_S32(maximum_s32),
    TE_S64(maximum_s64), TE_F32(maximum_f32)};

static void maximum_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &maximum_table);
}

const te_row_t te_row_maximum = {"MAXIMUM", "*[bhiqf]=:=", 55, sizeof(te_binary_t), te_binary_prepare, maximum_run};
