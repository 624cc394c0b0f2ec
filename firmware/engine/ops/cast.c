/* SPDX-License-Identifier: MIT
 * CAST: numbers as they are, without scales, from one type to another: from int8, int16, int32, float32 or bool to
 * int8, int16, int32 or float32.
 *
 * Floats lose what is behind the point and are saturated, NaN becomes 0; integers that a smaller type cannot hold lose
 * their upper bits. */
#include "op.h"

typedef struct {
    te_ref_t x, y;
    int32_t count;
    uint8_t x_type, y_type;
} cast_t;

static int cast_prepare(te_op_t *op, void *params) {
    cast_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_input(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_same_shape(op, &x, &y));
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->count = (int32_t)x.count;
    p->x_type = x.type;
    p->y_type = y.type;
    if (te_type_size(x.type) >= te_type_size(y.type)) {
        op->lag[0].forward = 0;
    } else {
        op->lag[0].backward = 0;
    }
    return TE_OK;
}

/* A float in the range of an integer type of so many bytes. */
static int32_t cast_whole(float x, uint32_t size) {
    int32_t high = INT32_MAX >> (32 - 8 * size);
    if (!(x > -2147483648.0f && x < 2147483648.0f)) {
        return x != x ? 0 : x < 0 ? -high - 1 : high;
    }
    return te_clamp((int32_t)x, -high - 1, high);
}

static void cast_element(const cast_t *p, const uint8_t *x, uint8_t *y, int32_t i) {
    bool real = p->x_type == TE_FLOAT32;
    uint32_t size = te_type_size(p->y_type);
    y += (uint32_t)i * size;
    if (p->y_type == TE_FLOAT32) {
        float v = real ? te_load_f32(x + 4 * i) : (float)te_load_integer(p->x_type, x, i);
        memcpy(y, &v, sizeof(v));
        return;
    }
    int32_t v = real ? cast_whole(te_load_f32(x + 4 * i), size) : te_load_integer(p->x_type, x, i);
    memcpy(y, &v, size);  /* little-endian */
}

/* In that order in which the output may lie over the input: see cast_prepare(). */
static void cast_run(const te_model_t *m, const void *params) {
    const cast_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    bool forward = te_type_size(p->x_type) >= te_type_size(p->y_type);
    for (int32_t i = 0; i < p->count; i++) {
        cast_element(p, x, y, forward ? i : p->count - 1 - i);
    }
}

const te_row_t te_row_cast = {"CAST", "[bhif?]:[bhif]", 53, sizeof(cast_t), cast_prepare, cast_run};
