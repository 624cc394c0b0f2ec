/* SPDX-License-Identifier: MIT
 * Reductions: which dimensions, and sums. */
#include "reduce.h"

enum { REDUCE_KEEP_DIMS };

/* Bit i: dimension i is reduced. */
static int reduce_axes(te_op_t *op, int32_t rank, uint32_t *reduced) {
    te_desc_t axes;
    TE_TRY(te_op_input(op, 1, &axes));
    if (!axes.constant) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "axes that are computed are not supported", 0);
    }
    for (uint32_t i = 0; i < axes.count && rank > 0; i++) {
        int32_t axis = te_fb_i32(&op->graph->file, axes.constant + 4 * i);
        if (axis < -rank || axis >= rank) {
            return te_op_fail(op, TE_ERR_MODEL, "the input has no dimension %d", axis);
        }
        *reduced |= 1u << (axis < 0 ? axis + rank : axis);
    }
    return TE_OK;
}

/* The output must be x without what is reduced. */
static int reduce_output(te_op_t *op, const te_desc_t *x, const te_desc_t *y, uint32_t reduced) {
    bool keep = te_fb_field_u8(&op->graph->file, &op->options, REDUCE_KEEP_DIMS, 0) != 0;
    int rank = 0, want = 0;
    for (int i = 0; i < x->rank; i++) {
        want += keep || !(reduced >> i & 1);
    }
    if (y->rank != want) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d dimensions", want);
    }
    for (int i = 0; i < x->rank; i++) {
        bool gone = reduced >> i & 1;
        if (!gone || keep) {
            TE_TRY(te_op_out_dim(op, y, rank++, gone ? 1 : x->shape[i]));
        }
    }
    return TE_OK;
}

/* x as the output of a broadcast of itself and of y, whose reduced dimensions are 1. */
static int reduce_shape(te_op_t *op, const te_desc_t *x, uint32_t reduced, te_broadcast_t *shape) {
    te_desc_t in[2] = {*x, *x};
    for (int i = 0; i < x->rank; i++) {
        in[0].shape[i] = reduced >> i & 1 ? 1 : x->shape[i];
    }
    return te_broadcast(op, in, 2, x, shape);
}

int te_reduce(te_op_t *op, te_desc_t *x, te_desc_t *y, te_reduce_t *p) {
    uint32_t reduced = 0;
    TE_TRY(te_op_slots(op, 2, 2, TE_REDUCER_OPTIONS));
    TE_TRY(te_op_activation(op, 0, x));
    TE_TRY(te_op_output(op, y));
    TE_TRY(reduce_axes(op, x->rank, &reduced));
    TE_TRY(reduce_output(op, x, y, reduced));
    p->type = x->type;
    p->outputs = (int32_t)y->count;
    p->elements = (int32_t)(x->count / y->count);
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return reduce_shape(op, x, reduced, &p->shape);
}

void te_reduce_run(const te_model_t *m, const te_reduce_t *p, void *into, int32_t size, te_reduce_function_t take) {
    const uint8_t *x = te_in(m, p->x);
    int32_t n = te_run_length(&p->shape), step = te_run_step(&p->shape, 0);
    int32_t run_bytes = n * (int32_t)te_type_size(p->type);
    te_walk_t w;
    memset(&w, 0, sizeof(w));
    do {
        take((uint8_t *)into + w.at[0] * size, x, n, step);
        x += run_bytes;
    } while (te_walk_next(&w, &p->shape));
}

/* The greatest number of elements whose sum, less their zero points, fits an int32. */
static int32_t reduce_limit(int type) {
    return te_is(type, TE_INT8) ? 1 << 22 : 1 << 15;
}

/* TFLM puts the division by the number of elements into the multiplier, with as many bits as fit. */
static void reduce_mean_scale(te_scale_t *scale, int32_t elements) {
    int32_t bits = 31 - __builtin_clz((uint32_t)elements);
    bits = bits > 31 + scale->shift ? 31 + scale->shift : bits;
    scale->mult = (int32_t)(((int64_t)scale->mult << bits) / elements);
    scale->shift -= bits;
}

int te_totals(te_op_t *op, bool mean, te_totals_t *p) {
    te_desc_t x, y;
    TE_TRY(te_reduce(op, &x, &y, &p->tensors));
    if (te_is(x.type, TE_FLOAT32)) {
        return TE_OK;
    }
    TE_TRY(te_op_quantised(op, &x));
    TE_TRY(te_op_quantised(op, &y));
    if (p->tensors.elements > reduce_limit(x.type)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a reduction of %d elements is not supported", p->tensors.elements);
    }
    p->scale = te_scale(x.scale, 1, y.scale);
    if (mean) {
        reduce_mean_scale(&p->scale, p->tensors.elements);
    }
    p->x_zero = (int16_t)x.zero_point;
    p->y_zero = (int16_t)y.zero_point;
    op->lag[0].forward = op->lag[0].backward = 0;  /* the output is written when the input has been read */
    p->sums = te_op_scratch(op, y.count * (uint32_t)sizeof(int32_t));
    return te_op_scale(op, p->scale);
}

static void totals_s8(void *into, const void *from, int32_t n, int32_t step) {
    const int8_t *x = from;
    int32_t *sums = into;
    for (int32_t i = 0; i < n; i++) {
        sums[i * step] += x[i];
    }
}

static void totals_s16(void *into, const void *from, int32_t n, int32_t step) {
    const int16_t *x = from;
    int32_t *sums = into;
    for (int32_t i = 0; i < n; i++) {
        sums[i * step] += x[i];
    }
}

static void totals_f32(void *into, const void *from, int32_t n, int32_t step) {
    const float *x = from;
    float *sums = into;
    for (int32_t i = 0; i < n; i++) {
        sums[i * step] += x[i];
    }
}

/* The sums as outputs. */
static void totals_finish(const te_totals_t *p, const int32_t *sums, uint8_t *y) {
    bool wide = te_is(p->tensors.type, TE_INT16);
    int32_t high = wide ? INT16_MAX : INT8_MAX, low = -high - 1, offset = p->x_zero * p->tensors.elements;
    for (int32_t i = 0; i < p->tensors.outputs; i++) {
        int32_t v = te_clamp(te_rescale(sums[i] - offset, p->scale), low - p->y_zero, high - p->y_zero) + p->y_zero;
        if (wide) {
            ((int16_t *)(void *)y)[i] = (int16_t)v;
        } else {
            ((int8_t *)y)[i] = (int8_t)v;
        }
    }
}

void te_totals_run(const te_model_t *m, const te_totals_t *p) {
    int type = p->tensors.type;
    void *y = te_out(m, p->tensors.y), *sums = te_is(type, TE_FLOAT32) ? y : te_out(m, p->sums);
    memset(sums, 0, 4 * (size_t)p->tensors.outputs);
    te_reduce_run(m, &p->tensors, sums, 4, te_is(type, TE_INT8) ? totals_s8 : te_is(type, TE_INT16) ? totals_s16 : totals_f32);
    if (!te_is(type, TE_FLOAT32)) {
        totals_finish(p, sums, y);
    }
}
