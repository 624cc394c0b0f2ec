/* SPDX-License-Identifier: MIT
 * DEQUANTIZE: int8, int16 or uint8 to float32, (q - zero_point) * scale. Runs from the last element to the first, so
 * that the output may lie over the input. */
#include "op.h"

typedef struct {
    te_ref_t x, y;
    int32_t count, zero;
    float scale;
    uint8_t type;
} dequantize_t;

static int dequantize_prepare(te_op_t *op, void *params) {
    dequantize_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_input(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_one_scale(op, &x));
    TE_TRY(te_op_same_shape(op, &x, &y));
    p->type = x.type;
    p->count = (int32_t)x.count;
    p->zero = x.zero_point;
    p->scale = x.scale;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->lag[0].backward = 0;
    return TE_OK;
}

static void dequantize_run(const te_model_t *m, const void *params) {
    const dequantize_t *p = params;
    const void *x = te_in(m, p->x);
    float *y = te_out(m, p->y);
    for (int32_t i = p->count; i-- > 0;) {
        y[i] = (float)(te_load_integer(p->type, x, i) - p->zero) * p->scale;
    }
}

const te_row_t te_row_dequantize = {"DEQUANTIZE", "[bhB]:f",
    6, sizeof(dequantize_t), dequantize_prepare, dequantize_run};
