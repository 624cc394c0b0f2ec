/* SPDX-License-Identifier: MIT
 * SUB: y = a - b. */
#include "add_sub.h"

static int sub_prepare(te_op_t *op, void *params) {
    return te_add_sub(op, TE_SUB_OPTIONS, params);
}

static void sub_s8(const void *params, const te_run_t *r) {
    te_add_sub_s8(params, r, -1);
}

static void sub_s16(const void *params, const te_run_t *r) {
    te_add_sub_s16(params, r, -1);
}

static void sub_s32(const void *params, const te_run_t *r) {
    te_add_sub_s32(params, r, -1);
}

static void sub_f32(const void *params, const te_run_t *r) {
    te_add_sub_f32(params, r, -1);
}

static const te_run_table_t sub_table = {TE_S8(sub_s8), TE_S16(sub_s16), TE_S32(sub_s32), TE_F32(sub_f32)};

static void sub_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &sub_table);
}

const te_row_t te_row_sub = {"SUB", "*[bhif]=:=", 41, sizeof(te_add_sub_t), sub_prepare, sub_run};
