/* SPDX-License-Identifier: MIT
 * CAST: numbers as they are, without scales, from one type to another: int8, int16, int32, uint32, float32 and bool. All
 * but 0 is true.
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

/* A float in the range of uint32. */
static int32_t cast_unsigned(float x) {
    return x > 0 ? (int32_t)(x < 4294967296.0f ? (uint32_t)x : UINT32_MAX) : 0;
}

/* A float in the range of an integer type; the bits of one of 32 bits. */
static int32_t cast_whole(float x, int type) {
    if (type == TE_UINT32) {
        return cast_unsigned(x);
    }
    int32_t high = INT32_MAX >> (32 - 8 * te_type_size(type));
    if (!(x > -2147483648.0f && x < 2147483648.0f)) {
        return x != x ? 0 : x < 0 ? -high - 1 : high;
    }
    return te_clamp((int32_t)x, -high - 1, high);
}

/* One conversion for signed and unsigned ones: GCC 12 makes a conditional one of two that its assembler for the
 * Cortex-M55 takes for another instruction. */
static float cast_real(const cast_t *p, const uint8_t *x, int32_t i) {
    if (p->x_type == TE_FLOAT32) {
        return te_load_f32(x + 4 * i);
    }
    uint32_t v = (uint32_t)te_load_integer(p->x_type, x, i);
    bool minus = p->x_type != TE_UINT32 && v >> 31;
    float size = (float)(minus ? 0 - v : v);
    return minus ? -size : size;
}

static void cast_element(const cast_t *p, const uint8_t *x, uint8_t *y, int32_t i) {
    uint32_t size = te_type_size(p->y_type);
    y += (uint32_t)i * size;
    if (p->y_type == TE_BOOL) {
        *y = p->x_type == TE_FLOAT32 ? te_load_f32(x + 4 * i) != 0 : te_load_integer(p->x_type, x, i) != 0;
        return;
    }
    if (p->y_type == TE_FLOAT32) {
        float v = cast_real(p, x, i);
        memcpy(y, &v, sizeof(v));
        return;
    }
    int32_t v = p->x_type == TE_FLOAT32 ? cast_whole(te_load_f32(x + 4 * i), p->y_type) : te_load_integer(p->x_type, x, i);
    memcpy(y, &v, size);  /* little-endian */
}

/* Whether the bytes stay as they are: from one integer to another of its size. */
static bool cast_keeps_bytes(const cast_t *p) {
    uint32_t others = TE_SET(TE_FLOAT32) | TE_SET(TE_BOOL);
    return te_type_size(p->x_type) == te_type_size(p->y_type) && !((TE_SET(p->x_type) | TE_SET(p->y_type)) & others);
}

/* In that order in which the output may lie over the input: see cast_prepare(). */
static void cast_run(const te_model_t *m, const void *params) {
    const cast_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    if (cast_keeps_bytes(p)) {
        memmove(y, x, (uint32_t)p->count * te_type_size(p->x_type));
        return;
    }
    bool forward = te_type_size(p->x_type) >= te_type_size(p->y_type);
    for (int32_t i = 0; i < p->count; i++) {
        cast_element(p, x, y, forward ? i : p->count - 1 - i);
    }
}

const te_row_t te_row_cast = {"CAST", "[bhiIf?]:[bhiIf?]", 53, sizeof(cast_t), cast_prepare, cast_run};
