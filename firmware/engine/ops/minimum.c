/* SPDX-License-Identifier: MIT
 * MINIMUM: y = a < b ? a : b, of the stored numbers: scales do not matter, NaN gives b. */
#include "broadcast.h"

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
    TE_S8(minimum_s8), TE_S16(minimum_s16), TE_S32(minimum_s32),
    TE_S64(minimum_s64), TE_F32(minimum_f32)};

static void minimum_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &minimum_table);
}

const te_row_t te_row_minimum = {"MINIMUM", "*[bhiqf]=:=", 57, sizeof(te_binary_t), te_binary_prepare, minimum_run};
