/* SPDX-License-Identifier: MIT
 * ADD: y = a + b. */
#include "add_sub.h"
#include "kernels.h"

static int add_prepare(te_op_t *op, void *params) {
    te_add_sub_t *p = params;
    TE_TRY(te_add_sub(op, TE_ADD_OPTIONS, p));
    if (te_is(p->tensors.type, TE_INT32)) {  /* TFLM leaves the activation out */
        p->range.low = INT32_MIN;
        p->range.high = INT32_MAX;
    }
#if TE_KERNELS != TE_REFERENCE
    p->table = te_op_scratch(op, te_is(p->tensors.type, TE_INT8) ? te_add_table_size(te_run_length(&p->tensors.shape)) : 0);
#endif
    return TE_OK;
}

static void add_s8(const void *params, const te_run_t *r) {
#if TE_KERNELS != TE_REFERENCE
    if (te_add_s8_quick(params, r)) {
        return;
    }
#endif
    te_add_sub_s8(params, r, 1);
}

static void add_s16(const void *params, const te_run_t *r) {
    te_add_sub_s16(params, r, 1);
}

static void add_s32(const void *params, const te_run_t *r) {
    te_add_sub_s32(params, r, 1);
}

static void add_f32(const void *params, const te_run_t *r) {
    te_add_sub_f32(params, r, 1);
}

static const te_run_table_t add_table = {TE_S8(add_s8), TE_S16(add_s16), TE_S32(add_s32), TE_F32(add_f32)};

static void add_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &add_table);
}

const te_row_t te_row_add = {"ADD", "*[bhif]=:=", 0, sizeof(te_add_sub_t), add_prepare, add_run};
