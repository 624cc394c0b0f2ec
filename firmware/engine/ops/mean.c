/* SPDX-License-Identifier: MIT
 * MEAN over the dimensions that a constant second input lists.
 *
 * int8 sums are rescaled by input_scale / (output_scale * n); the division by n goes into the multiplier with
 * as many bits as fit, as TFLM does it. */
#include "op.h"

enum { MEAN_KEEP_DIMS };

typedef struct {
    te_ref_t x, y, sums;          /* sums: int32 of each output, int8 only */
    int32_t size[TE_MAX_RANK];    /* neighbouring dimensions of one kind taken together */
    uint8_t n, reduced;           /* how many; bit i: size[i] is reduced */
    uint8_t type;
    int32_t outputs, elements;    /* elements that one output is the mean of */
    int16_t x_zero, y_zero;
    te_scale_t scale;
} mean_t;

/* Bit i: dimension i is reduced. */
static int mean_axes(te_op_t *op, int32_t rank, uint32_t *reduced) {
    te_desc_t axes;
    TE_TRY(te_op_input(op, 1, &axes));
    if (axes.type != TE_INT32 || !axes.constant) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "axes that are computed are not supported", 0);
    }
    for (uint32_t i = 0; i < axes.count; i++) {
        int32_t axis = te_fb_i32(&op->graph->file, axes.constant + 4 * i);
        if (axis < -rank || axis >= rank) {
            return te_op_fail(op, TE_ERR_MODEL, "the input has no dimension %d", axis);
        }
        *reduced |= 1u << (axis < 0 ? axis + rank : axis);
    }
    return TE_OK;
}

static int mean_output(te_op_t *op, const te_desc_t *x, const te_desc_t *y, uint32_t reduced) {
    bool keep = te_fb_field_u8(&op->graph->file, &op->options, MEAN_KEEP_DIMS, 0) != 0;
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

static void mean_groups(mean_t *p, const te_desc_t *x, uint32_t reduced) {
    p->n = 0;
    p->reduced = 0;
    for (int i = 0; i < x->rank; i++) {
        uint32_t kind = reduced >> i & 1;
        if (p->n > 0 && (p->reduced >> (p->n - 1) & 1u) == kind) {
            p->size[p->n - 1] *= x->shape[i];
        } else {
            p->reduced |= (uint8_t)(kind << p->n);
            p->size[p->n++] = x->shape[i];
        }
    }
}

static int mean_int8(te_op_t *op, const te_desc_t *x, const te_desc_t *y, mean_t *p) {
    if (p->elements > 1 << 22) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a mean of %d elements is not supported", p->elements);
    }
    p->scale = te_scale(x->scale, 1, y->scale);
    int32_t bits = 31 - __builtin_clz((uint32_t)p->elements);
    bits = bits > 31 + p->scale.shift ? 31 + p->scale.shift : bits;
    p->scale.mult = (int32_t)(((int64_t)p->scale.mult << bits) / p->elements);
    p->scale.shift -= bits;
    if (p->scale.shift > 30) {
        return te_op_fail(op, TE_ERR_MODEL, "its scales are far too large for the output's", 0);
    }
    p->x_zero = (int16_t)x->zero_point;
    p->y_zero = (int16_t)y->zero_point;
    op->scratch = y->count * sizeof(int32_t);
    op->lag[0].forward = op->lag[0].backward = 0;  /* the output is written when the input has been read */
    p->sums = op->scratch_at;
    return TE_OK;
}

static int mean_prepare(te_op_t *op, void *params) {
    mean_t *p = params;
    te_desc_t x, y;
    uint32_t reduced = 0;
    TE_TRY(te_op_slots(op, 2, 2, TE_REDUCER_OPTIONS));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_same_type(op, &x, &y));
    TE_TRY(te_op_per_tensor(op, &x));
    TE_TRY(te_op_per_tensor(op, &y));
    TE_TRY(mean_axes(op, x.rank, &reduced));
    TE_TRY(mean_output(op, &x, &y, reduced));
    mean_groups(p, &x, reduced);
    p->type = x.type;
    p->outputs = (int32_t)y.count;
    p->elements = (int32_t)(x.count / y.count);
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return x.type == TE_INT8 ? mean_int8(op, &x, &y, p) : TE_OK;
}

/* The output that element 0 of run i belongs to; a run is the last group of dimensions. */
static int32_t mean_target(const mean_t *p, int32_t i) {
    bool kept = !(p->reduced >> (p->n - 1) & 1);
    int32_t at = 0, stride = kept ? p->size[p->n - 1] : 1;
    for (int g = p->n - 2; g >= 0; g--) {
        if (!(p->reduced >> g & 1)) {
            at += i % p->size[g] * stride;
            stride *= p->size[g];
        }
        i /= p->size[g];
    }
    return at;
}

/* Adds a run of n elements to one sum, or to n sums: step is 0 or 1. */
static void mean_add_s8(int32_t *sums, const int8_t *x, int32_t n, int32_t step) {
    for (int32_t i = 0; i < n; i++) {
        sums[i * step] += x[i];
    }
}

static void mean_add_f32(float *sums, const float *x, int32_t n, int32_t step) {
    for (int32_t i = 0; i < n; i++) {
        sums[i * step] += x[i];
    }
}

static void mean_run(const te_model_t *m, const void *params) {
    const mean_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    void *sums = te_out(m, p->type == TE_INT8 ? p->sums : p->y), *y = te_out(m, p->y);
    int32_t n = p->n ? p->size[p->n - 1] : 1, step = p->n ? !(p->reduced >> (p->n - 1) & 1) : 0;
    int32_t runs = p->outputs * p->elements / n;
    memset(sums, 0, 4 * (size_t)p->outputs);
    for (int32_t i = 0; i < runs; i++) {
        int32_t at = p->n ? mean_target(p, i) : 0;
        if (p->type == TE_INT8) {
            mean_add_s8((int32_t *)sums + at, (const int8_t *)x + i * n, n, step);
        } else {
            mean_add_f32((float *)sums + at, (const float *)x + i * n, n, step);
        }
    }
    for (int32_t i = 0; i < p->outputs; i++) {
        if (p->type == TE_INT8) {
            int32_t v = te_rescale(((int32_t *)sums)[i] - p->x_zero * p->elements, p->scale);
            ((int8_t *)y)[i] = (int8_t)(te_clamp(v, -128 - p->y_zero, 127 - p->y_zero) + p->y_zero);
        } else {
            ((float *)y)[i] /= (float)p->elements;
        }
    }
}

const te_row_t te_row_mean = {"MEAN", 40, sizeof(mean_t), mean_prepare, mean_run};
