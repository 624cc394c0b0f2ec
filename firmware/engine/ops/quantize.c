/* SPDX-License-Identifier: MIT
 * QUANTIZE: float32 to int8 (halves away from zero, saturated), or int8 to int8 of another scale. */
#include "op.h"

typedef struct {
    te_ref_t x, y;
    int32_t count;
    te_scale_t scale;  /* int8 to int8 */
    float y_scale;     /* float32 to int8 */
    int16_t x_zero, y_zero;
    uint8_t type;
} quantize_t;

static int quantize_prepare(te_op_t *op, void *params) {
    quantize_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_per_tensor(op, &x));
    TE_TRY(te_op_per_tensor(op, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    if (y.type != TE_INT8) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output of tensor type %d is not supported", y.type);
    }
    if (x.type == TE_INT8) {
        p->scale = te_scale(x.scale, 1, y.scale);
        if (p->scale.shift > 22) {
            return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output scale this small is not supported", 0);
        }
    }
    p->type = x.type;
    p->count = (int32_t)x.count;
    p->y_scale = y.scale;
    p->x_zero = (int16_t)x.zero_point;
    p->y_zero = (int16_t)y.zero_point;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->lag[0].forward = 0;
    return TE_OK;
}

static void quantize_run(const te_model_t *m, const void *params) {
    const quantize_t *p = params;
    const void *x = te_in(m, p->x);
    int8_t *y = te_out(m, p->y);
    int32_t low = -128 - p->y_zero, high = 127 - p->y_zero;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t q = p->type == TE_INT8 ? te_rescale(((const int8_t *)x)[i] - p->x_zero, p->scale)
            : te_round(((const float *)x)[i] / p->y_scale);
        y[i] = (int8_t)(te_clamp(q, low, high) + p->y_zero);
    }
}

const te_row_t te_row_quantize = {"QUANTIZE", 114, sizeof(quantize_t), quantize_prepare, quantize_run};
