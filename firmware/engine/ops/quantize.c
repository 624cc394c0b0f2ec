/* SPDX-License-Identifier: MIT
 * QUANTIZE: float32 to integers (halves away from zero, saturated), or integers to those of another scale. */
#include "op.h"

typedef struct {
    te_ref_t x, y;
    int32_t count;
    te_scale_t scale;  /* integers to integers */
    float y_scale;     /* float32 to integers */
    int32_t x_zero, y_zero, low, high;
    uint8_t x_type, y_type;
} quantize_t;

static void quantize_range(quantize_t *p) {
    int32_t half = p->y_type == TE_INT32 ? INT32_MAX : p->y_type == TE_INT16 ? INT16_MAX : INT8_MAX;
    p->low = p->y_type == TE_UINT8 ? 0 : -half - 1;
    p->high = p->y_type == TE_UINT8 ? UINT8_MAX : half;
}

/* The most bits to the left that leave a difference of two elements in 31 bits. An int32 should be one that is scaled
 * down; it loses its upper bits if not, as in TFLM. */
static int quantize_scale(te_op_t *op, const te_desc_t *x, const te_desc_t *y, te_scale_t *scale) {
    uint32_t size = te_type_size(x->type);
    *scale = te_scale(x->scale, 1, y->scale);
    if (scale->shift > (size == 1 ? 22 : size == 2 ? 14 : 30)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output scale this small is not supported", 0);
    }
    return TE_OK;
}

static int quantize_prepare(te_op_t *op, void *params) {
    quantize_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_one_scale(op, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    if (x.type != TE_FLOAT32) {
        TE_TRY(te_op_one_scale(op, &x));
        TE_TRY(quantize_scale(op, &x, &y, &p->scale));
    }
    p->x_type = x.type;
    p->y_type = y.type;
    p->count = (int32_t)x.count;
    p->y_scale = y.scale;
    p->x_zero = x.zero_point;
    p->y_zero = y.zero_point;
    quantize_range(p);
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    if (te_type_size(x.type) >= te_type_size(y.type)) {
        op->lag[0].forward = 0;
    }
    return TE_OK;
}

/* a + b, or what overflows is cut off. */
static int32_t quantize_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static int32_t quantize_element(const quantize_t *p, const void *x, int32_t i) {
    if (p->x_type == TE_FLOAT32) {
        int32_t q = te_round(((const float *)x)[i] / p->y_scale);
        return te_clamp(q, p->low - p->y_zero, p->high - p->y_zero) + p->y_zero;
    }
    int32_t difference = quantize_add(te_load_integer(p->x_type, x, i), -p->x_zero);
    return te_clamp(quantize_add(te_rescale(difference, p->scale), p->y_zero), p->low, p->high);
}

static void quantize_run(const te_model_t *m, const void *params) {
    const quantize_t *p = params;
    const void *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    uint32_t size = te_type_size(p->y_type);
    for (int32_t i = 0; i < p->count; i++, y += size) {
        int32_t q = quantize_element(p, x, i);
        memcpy(y, &q, size);  /* little-endian */
    }
}

const te_row_t te_row_quantize = {"QUANTIZE", "b:[bhiB] h:[bhi] [if]:[bh] B:b",
    114, sizeof(quantize_t), quantize_prepare, quantize_run};
