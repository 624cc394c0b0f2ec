/* SPDX-License-Identifier: MIT
 * SVDF: each filter keeps what x gave it in the last `memory` runs, and weighs that; a unit is the sum of its `rank`
 * filters and a bias:
 *
 *     s[n, f, :] moves left by one, s[n, f, memory - 1] = sum of x[n, :] * k[f, :]
 *     y[n, u] = b[u] + sum over the unit's filters f of s[n, f, :] * w[f, :]
 *
 * The state s is a variable. int8 rounds to the state's scale and to the output's. */
#include "op.h"

enum { SVDF_X, SVDF_K, SVDF_W, SVDF_BIAS, SVDF_STATE, SVDF_INPUTS };
enum { SVDF_RANK, SVDF_ACTIVATION, SVDF_OPTIONS = 6 };

typedef struct {
    te_ref_t x, k, w, bias, state, y;
    int32_t batches, inputs, filters, rank, memory;
    te_scale_t in, out;
    te_range_t range;
    int16_t x_zero, state_zero, y_zero;
    uint8_t type, state_type;
} svdf_t;

static int svdf_shape(te_op_t *op, const te_desc_t *t, int32_t rows, int32_t columns) {
    if (t->rank != 2 || t->shape[0] != rows || t->shape[1] != columns) {
        return te_op_fail(op, TE_ERR_MODEL, "a tensor's shape does not suit %d filters or batches", rows);
    }
    return TE_OK;
}

static int svdf_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *w, const te_desc_t *s,
    svdf_t *p) {
    if (x->rank != 2 || k->rank != 2 || w->rank != 2) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "input and weights must have 2 dimensions", 0);
    }
    p->batches = x->shape[0];
    p->inputs = x->shape[1];
    p->filters = k->shape[0];
    p->memory = w->shape[1];
    p->rank = te_fb_field_i32(&op->graph->file, &op->options, SVDF_RANK, 0);
    if (p->rank < 1 || p->filters % p->rank != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "rank %d does not suit the filters", p->rank);
    }
    if (p->inputs > TE_MAX_DEPTH || p->memory > TE_MAX_DEPTH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 65536 inputs or runs are not supported", 0);
    }
    TE_TRY(svdf_shape(op, k, p->filters, p->inputs));
    TE_TRY(svdf_shape(op, w, p->filters, p->memory));
    if ((int64_t)s->count != (int64_t)p->batches * (int64_t)w->count) {
        return te_op_fail(op, TE_ERR_MODEL, "its state should have %d rows", p->batches);
    }
    return svdf_shape(op, s, p->batches, (int32_t)w->count);
}

static int svdf_bias(te_op_t *op, svdf_t *p, te_desc_t *b) {
    b->scale = 0;
    p->bias = TE_NO_REF;
    if (!te_op_has(op, SVDF_BIAS)) {
        return te_is(p->type, TE_FLOAT32) ? TE_OK : te_op_fail(op, TE_ERR_UNSUPPORTED, "int8 without a bias is not supported", 0);
    }
    TE_TRY(te_op_input(op, SVDF_BIAS, b));
    if (b->rank != 1 || b->shape[0] != p->filters / p->rank) {
        return te_op_fail(op, TE_ERR_MODEL, "its bias should have %d elements", p->filters / p->rank);
    }
    p->bias = te_op_in_at(op, SVDF_BIAS);
    return TE_OK;
}

/* A factor that TFLM computes in single precision. */
static int svdf_factor(te_op_t *op, float factor, te_scale_t *scale) {
    if (!(factor > 0 && factor <= 3.4e38f)) {
        return te_op_fail(op, TE_ERR_MODEL, "its scales do not suit each other", 0);
    }
    *scale = te_scale(factor, 1, 1);
    return scale->shift <= 30 ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "its scales do not suit each other", 0);
}

static int svdf_int8(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *w, const te_desc_t *s,
    const te_desc_t *b, svdf_t *p) {
    te_desc_t y;
    TE_TRY(te_op_output(op, &y));
    if (!k->symmetric || !w->symmetric) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "weights with a zero point are not supported", 0);
    }
    const te_desc_t *const all[] = {x, k, w, s, &y};
    for (int i = 0; i < 5; i++) {
        TE_TRY(te_op_quantised(op, all[i]));
    }
    float product = s->scale * w->scale, difference = b->scale - product;
    if (!(difference < 1e-5f && difference > -1e-5f)) {
        return te_op_fail(op, TE_ERR_MODEL, "the bias's scale is not that of the state times its weights'", 0);
    }
    p->x_zero = (int16_t)x->zero_point;
    p->state_zero = (int16_t)s->zero_point;
    p->y_zero = (int16_t)y.zero_point;
    TE_TRY(svdf_factor(op, x->scale * k->scale / s->scale, &p->in));
    return svdf_factor(op, product / y.scale, &p->out);
}

static int svdf_output(te_op_t *op, const te_desc_t *x, svdf_t *p) {
    te_desc_t y;
    TE_TRY(te_op_output(op, &y));
    TE_TRY(svdf_shape(op, &y, p->batches, p->filters / p->rank));
    TE_TRY(te_activation(op, SVDF_ACTIVATION, &y, &p->range));
    if (te_is(x->type, TE_INT8)) {  /* as TFLM, which leaves it out */
        p->range.low = INT8_MIN;
        p->range.high = INT8_MAX;
    }
    return TE_OK;
}

static int svdf_prepare(te_op_t *op, void *params) {
    svdf_t *p = params;
    te_desc_t x, k, w, s, b;
    TE_TRY(te_op_slots(op, SVDF_INPUTS, SVDF_INPUTS, SVDF_OPTIONS));
    TE_TRY(te_op_activation(op, SVDF_X, &x));
    TE_TRY(te_op_input(op, SVDF_K, &k));
    TE_TRY(te_op_input(op, SVDF_W, &w));
    TE_TRY(te_op_variable(op, SVDF_STATE, &s));
    TE_TRY(svdf_shapes(op, &x, &k, &w, &s, p));
    TE_TRY(svdf_output(op, &x, p));
    p->type = x.type;
    p->state_type = s.type;
    TE_TRY(svdf_bias(op, p, &b));
    if (te_is(x.type, TE_INT8)) {
        TE_TRY(svdf_int8(op, &x, &k, &w, &s, &b, p));
    }
    p->x = te_op_in_at(op, SVDF_X);
    p->k = te_op_in_at(op, SVDF_K);
    p->w = te_op_in_at(op, SVDF_W);
    p->state = te_op_in_at(op, SVDF_STATE);
    p->y = te_op_out_at(op);
    op->macs = (uint64_t)p->batches * (k.count + w.count);
    return TE_OK;
}

/* What filter f of batch n gets from x. */
static void svdf_feed(const te_model_t *m, const svdf_t *p, int32_t n, int32_t f, void *state) {
    int32_t at = (n * p->filters + f + 1) * p->memory - 1;
    if (te_is(p->type, TE_FLOAT32)) {
        const uint8_t *k = (const uint8_t *)te_in(m, p->k) + 4 * f * p->inputs;
        ((float *)state)[at] = te_dot_f32(0, (const float *)te_in(m, p->x) + n * p->inputs, k, p->inputs);
        return;
    }
    const int8_t *x = (const int8_t *)te_in(m, p->x) + n * p->inputs;
    int32_t sum = te_dot_s8(x, (const int8_t *)te_in(m, p->k) + f * p->inputs, p->inputs, -p->x_zero);
    sum = te_rescale(sum, p->in);
    if (p->state_type == TE_INT8) {
        ((int8_t *)state)[at] = (int8_t)(p->state_zero + te_clamp(sum, INT8_MIN, INT8_MAX));
    } else {
        ((int16_t *)state)[at] = (int16_t)te_clamp(sum, INT16_MIN, INT16_MAX);
    }
}

/* Filter f of batch n, over its memory; sums wrap, as TFLM's do. */
static uint32_t svdf_filter_int(const svdf_t *p, const void *state, const uint8_t *w, int32_t n, int32_t f) {
    int32_t at = (n * p->filters + f) * p->memory;
    uint32_t sum = 0;
    for (int32_t i = 0; i < p->memory; i++) {
        if (p->state_type == TE_INT8) {
            sum += (uint32_t)((int8_t)w[f * p->memory + i] * (((const int8_t *)state)[at + i] - p->state_zero));
        } else {
            int16_t weight;
            memcpy(&weight, w + 2 * (f * p->memory + i), sizeof(weight));
            sum += (uint32_t)(weight * ((const int16_t *)state)[at + i]);
        }
    }
    return sum;
}

static int8_t svdf_unit_int(const te_model_t *m, const svdf_t *p, int32_t n, int32_t unit) {
    uint32_t sum = (uint32_t)te_bias_s32(te_in(m, p->bias), unit);
    for (int32_t r = 0; r < p->rank; r++) {
        sum += svdf_filter_int(p, te_in(m, p->state), te_in(m, p->w), n, unit * p->rank + r);
    }
    int32_t v = te_rescale((int32_t)sum, p->out);
    return (int8_t)(te_clamp(v, p->range.low - p->y_zero, p->range.high - p->y_zero) + p->y_zero);
}

static float svdf_unit_f32(const te_model_t *m, const svdf_t *p, int32_t n, int32_t unit) {
    const float *state = (const float *)te_in(m, p->state) + n * p->filters * p->memory;
    const uint8_t *w = te_in(m, p->w);
    float sum = p->bias == TE_NO_REF ? 0 : te_bias_f32(te_in(m, p->bias), unit);
    for (int32_t r = 0; r < p->rank; r++) {
        int32_t at = (unit * p->rank + r) * p->memory;
        sum += te_dot_f32(0, state + at, w + 4 * at, p->memory);
    }
    return te_clamp_f32(sum, te_bits_f32(p->range.low), te_bits_f32(p->range.high));
}

static void svdf_run(const te_model_t *m, const void *params) {
    const svdf_t *p = params;
    uint8_t *state = te_out(m, p->state);
    void *y = te_out(m, p->y);
    uint32_t size = te_type_size(p->state_type);
    int32_t units = p->filters / p->rank;
    memmove(state, state + size, ((uint32_t)(p->batches * p->filters * p->memory) - 1) * size);
    for (int32_t n = 0; n < p->batches; n++) {
        for (int32_t f = 0; f < p->filters; f++) {
            svdf_feed(m, p, n, f, state);
        }
        for (int32_t unit = 0; unit < units; unit++) {
            if (te_is(p->type, TE_INT8)) {
                ((int8_t *)y)[n * units + unit] = svdf_unit_int(m, p, n, unit);
            } else {
                ((float *)y)[n * units + unit] = svdf_unit_f32(m, p, n, unit);
            }
        }
    }
}

const te_row_t te_row_svdf = {"SVDF", "*bbbib:b bbhih:b fffff:f", 27, sizeof(svdf_t), svdf_prepare, svdf_run};
