/* SPDX-License-Identifier: MIT
 * REDUCE_MAX, REDUCE_MIN and REDUCE_ALL over the dimensions that a constant second input lists.
 *
 * float32: as in TFLM a maximum begins with the lowest finite number and takes what is greater, so that infinities of
 * the wrong sign and NaN are left out. */
#include "reduce.h"

#include <float.h>

/* int8: input and output must have one scale. */
static int reduce_extreme_prepare(te_op_t *op, void *params) {
    te_desc_t x, y;
    TE_TRY(te_reduce(op, &x, &y, params));
    if (te_is(x.type, TE_INT8) && (x.scale != y.scale || x.zero_point != y.zero_point)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "two scales are not supported", 0);
    }
    return TE_OK;
}

static int reduce_all_prepare(te_op_t *op, void *params) {
    te_desc_t x, y;
    return te_reduce(op, &x, &y, params);
}

#define REDUCE_EACH(type, better) \
    do { \
        const type *x = from; \
        type *y = into; \
        for (int32_t i = 0; i < n; i++, x++, y += step) { \
            *y = better ? *x : *y; \
        } \
    } while (0)

static void reduce_max_s8(void *into, const void *from, int32_t n, int32_t step) {
    REDUCE_EACH(int8_t, *x > *y);
}

static void reduce_max_f32(void *into, const void *from, int32_t n, int32_t step) {
    REDUCE_EACH(float, *x > *y);
}

static void reduce_min_s8(void *into, const void *from, int32_t n, int32_t step) {
    REDUCE_EACH(int8_t, *x < *y);
}

static void reduce_min_f32(void *into, const void *from, int32_t n, int32_t step) {
    REDUCE_EACH(float, *x < *y);
}

static void reduce_all_bool(void *into, const void *from, int32_t n, int32_t step) {
    REDUCE_EACH(uint8_t, *x == 0);
}

/* Fills the output with a byte or float to begin with, and reduces. */
static void reduce_from_byte(const te_model_t *m, const te_reduce_t *p, int8_t start, te_reduce_function_t take) {
    memset(te_out(m, p->y), (uint8_t)start, (size_t)p->outputs);
    te_reduce_run(m, p, te_out(m, p->y), 1, take);
}

static void reduce_from_float(const te_model_t *m, const te_reduce_t *p, float start, te_reduce_function_t take) {
    float *y = te_out(m, p->y);
    for (int32_t i = 0; i < p->outputs; i++) {
        y[i] = start;
    }
    te_reduce_run(m, p, y, sizeof(float), take);
}

static void reduce_max_run(const te_model_t *m, const void *params) {
    if (te_is(((const te_reduce_t *)params)->type, TE_INT8)) {
        reduce_from_byte(m, params, INT8_MIN, reduce_max_s8);
    } else {
        reduce_from_float(m, params, -FLT_MAX, reduce_max_f32);
    }
}

static void reduce_min_run(const te_model_t *m, const void *params) {
    if (te_is(((const te_reduce_t *)params)->type, TE_INT8)) {
        reduce_from_byte(m, params, INT8_MAX, reduce_min_s8);
    } else {
        reduce_from_float(m, params, FLT_MAX, reduce_min_f32);
    }
}

static void reduce_all_run(const te_model_t *m, const void *params) {
    reduce_from_byte(m, params, 1, reduce_all_bool);
}

const te_row_t te_row_reduce_max = {"REDUCE_MAX", "*[bf]i:=",
    82, sizeof(te_reduce_t), reduce_extreme_prepare, reduce_max_run};
const te_row_t te_row_reduce_min = {"REDUCE_MIN", "*[bf]i:=",
    89, sizeof(te_reduce_t), reduce_extreme_prepare, reduce_min_run};
const te_row_t te_row_reduce_all = {"REDUCE_ALL", "?i:?", 140, sizeof(te_reduce_t), reduce_all_prepare, reduce_all_run};
