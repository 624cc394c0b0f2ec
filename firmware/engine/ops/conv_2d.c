/* SPDX-License-Identifier: MIT
 * CONV_2D: y[n, h', w', c] = sum over the window of x[n, h, w, :] * k[c, h, w, :] + b[c].
 * Weights [channels, k_h, k_w, depth]; a depth that is a part of the input's makes groups. */
#include "conv.h"

enum { CONV_ACTIVATION = 3, CONV_DILATION_W, CONV_DILATION_H, CONV_BIAS_TYPE };

typedef struct {
    const te_conv_t *p;
    const void *x;
    const uint8_t *k;
    void *y;
    te_finish_t finish;
} conv_run_t;

/* What lies under the window at one output position, as rows of taps. A row is one run of `length` elements where
 * its taps are neighbours in memory, else a run for each tap, `step` input elements apart. */
typedef struct {
    int32_t rows, runs, length, step;
    int32_t x, k;            /* of the first element: index in the input, and in one channel's weights */
    int32_t x_row, k_row;    /* elements from a row to the next */
} conv_patch_t;

static int conv_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *y, te_conv_t *p) {
    if (k->rank != 4 || x->rank != 4 || y->rank != 4) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "images and weights must have 4 dimensions", 0);
    }
    int32_t depth = k->shape[3], groups = x->shape[3] / depth;
    if (groups < 1 || x->shape[3] % depth != 0 || k->shape[0] % groups != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "%d input channels do not suit the weights", x->shape[3]);
    }
    if (x->shape[3] > TE_MAX_CHANNELS || k->shape[0] > TE_MAX_CHANNELS || k->count / (uint32_t)k->shape[0] > TE_MAX_DEPTH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 65535 channels or weights a channel are not supported", 0);
    }
    p->x_depth = (uint16_t)x->shape[3];
    p->k_depth = (uint16_t)depth;
    TE_TRY(te_window_size(op, k->shape[1], &p->w.k_h));
    TE_TRY(te_window_size(op, k->shape[2], &p->w.k_w));
    return te_op_out_dim(op, y, 3, k->shape[0]);
}

/* Whether ops/conv_blocks.c computes it. */
static bool conv_in_blocks(const te_conv_t *p) {
    return te_is(p->c.type, TE_INT8) && !te_packed(&p->c);
}

static int conv_prepare(te_op_t *op, void *params) {
    te_conv_t *p = params;
    te_layer_t l;
    te_file_t *f = &op->graph->file;
    TE_TRY(te_op_slots(op, 2, 3, TE_CONV_2D_OPTIONS));
    TE_TRY(te_layer(op, 0, 2, &l));
    TE_TRY(conv_shapes(op, &l.x, &l.k, &l.y, p));
    l.narrow = te_fb_field_u8(f, &op->options, CONV_BIAS_TYPE, TE_FLOAT32) == TE_INT32;
    TE_TRY(te_window_size(op, te_fb_field_i32(f, &op->options, CONV_DILATION_W, 1), &p->w.dilation_w));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, &op->options, CONV_DILATION_H, 1), &p->w.dilation_h));
    TE_TRY(te_window(op, &l.x, &l.y, &p->w));
    TE_TRY(te_channels(op, &l, &p->c));
    TE_TRY(te_activation(op, CONV_ACTIVATION, &l.y, &p->range));
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->lag[0] = te_window_lag(&p->w, 1, l.x.nbytes / (uint32_t)(p->w.batches * p->w.in_h),
        l.y.nbytes / (uint32_t)(p->w.batches * p->w.out_h));
    if (conv_in_blocks(p)) {
        p->block = te_op_scratch(op, te_conv_blocks_size(p));
        op->lag[0] = te_conv_blocks_lag(p, op->lag[0]);
    }
    op->macs = (uint64_t)l.y.count * (l.k.count / (uint32_t)l.k.shape[0]);
    return TE_OK;
}

static conv_patch_t conv_patch(const te_conv_t *p, int32_t batch, int32_t row, int32_t column) {
    conv_patch_t t;
    te_taps_t h = te_taps_h(&p->w, row), w = te_taps_w(&p->w, column);
    bool neighbours = p->w.dilation_w == 1 && p->k_depth == p->x_depth;
    int32_t taps = w.last > w.first ? w.last - w.first : 0;
    t.rows = h.last - h.first;
    t.runs = neighbours ? 1 : taps;
    t.length = neighbours ? taps * p->k_depth : p->k_depth;
    t.step = p->w.dilation_w * p->x_depth;
    t.x = ((batch * p->w.in_h + h.start) * p->w.in_w + w.start) * p->x_depth;
    t.k = (h.first * p->w.k_w + w.first) * p->k_depth;
    t.x_row = p->w.dilation_h * p->w.in_w * p->x_depth;
    t.k_row = p->w.k_w * p->k_depth;
    return t;
}

static int32_t conv_sum_s4(const te_conv_t *p, const conv_patch_t *t, const int8_t *x, const uint8_t *k, int32_t first) {
    int32_t sum = 0;
    for (int32_t i = 0; i < t->rows; i++, x += t->x_row, first += t->k_row) {
        for (int32_t j = 0; j < t->runs; j++) {
            sum += te_dot_s4(x + j * t->step, k, first + j * t->length, t->length, -p->c.x_zero);
        }
    }
    return sum;
}

static int64_t conv_sum_s16(const conv_patch_t *t, const int16_t *x, const int8_t *k) {
    int64_t sum = 0;
    for (int32_t i = 0; i < t->rows; i++, x += t->x_row, k += t->k_row) {
        for (int32_t j = 0; j < t->runs; j++) {
            sum += te_dot_s16(x + j * t->step, k + j * t->length, t->length);
        }
    }
    return sum;
}

static float conv_sum_f32(const conv_patch_t *t, const float *x, const uint8_t *k) {
    float sum = 0;
    for (int32_t i = 0; i < t->rows; i++, x += t->x_row, k += 4 * t->k_row) {
        for (int32_t j = 0; j < t->runs; j++) {
            sum = te_dot_f32(sum, x + j * t->step, k + 4 * j * t->length, t->length);
        }
    }
    return sum;
}

static void conv_pixel_s4(const conv_run_t *r, const conv_patch_t *t, int8_t *y) {
    const te_conv_t *p = r->p;
    int32_t weights = p->w.k_h * t->k_row;
    for (int32_t c = 0; c < p->c.channels; c++) {
        const int8_t *x = (const int8_t *)r->x + t->x + c / te_conv_group(p) * p->k_depth;
        int32_t sum = conv_sum_s4(p, t, x, r->k, t->k + c * weights);
        te_finish_s8(&r->finish, c, 1, &sum, y + c);
    }
}

static void conv_pixel_s16(const conv_run_t *r, const conv_patch_t *t, int16_t *y) {
    const te_conv_t *p = r->p;
    int32_t weights = p->w.k_h * t->k_row;
    for (int32_t c = 0; c < p->c.channels; c++) {
        const int16_t *x = (const int16_t *)r->x + t->x + c / te_conv_group(p) * p->k_depth;
        y[c] = te_finish_s16(&r->finish, c, conv_sum_s16(t, x, (const int8_t *)r->k + t->k + c * weights));
    }
}

static void conv_pixel_f32(const conv_run_t *r, const conv_patch_t *t, float *y) {
    const te_conv_t *p = r->p;
    int32_t weights = p->w.k_h * t->k_row;
    for (int32_t c = 0; c < p->c.channels; c++) {
        const float *x = (const float *)r->x + t->x + c / te_conv_group(p) * p->k_depth;
        y[c] = te_finish_f32(&r->finish, c, conv_sum_f32(t, x, r->k + 4 * (t->k + c * weights)));
    }
}

static void conv_row(const void *context, int32_t batch, int32_t row, int32_t rows) {
    const conv_run_t *r = context;
    const te_conv_t *p = r->p;
    int32_t at = (batch * p->w.out_h + row) * p->w.out_w * p->c.channels;
    (void)rows;
    for (int32_t column = 0; column < p->w.out_w; column++, at += p->c.channels) {
        conv_patch_t patch = conv_patch(p, batch, row, column);
        if (te_is(p->c.type, TE_FLOAT32)) {
            conv_pixel_f32(r, &patch, (float *)r->y + at);
        } else if (te_is(p->c.type, TE_INT16)) {
            conv_pixel_s16(r, &patch, (int16_t *)r->y + at);
        } else if (te_packed(&p->c)) {
            conv_pixel_s4(r, &patch, (int8_t *)r->y + at);
        }
    }
}

static void conv_run(const te_model_t *m, const void *params) {
    const te_conv_t *p = params;
    if (conv_in_blocks(p)) {
        te_conv_blocks_run(m, p);
        return;
    }
    conv_run_t r = {p, te_in(m, p->x), te_in(m, p->c.weights), te_out(m, p->y), te_finish(m, &p->c, p->range, NULL, 0)};
    te_window_rows(&p->w, 1, te_backward(m, p->x, p->y), conv_row, &r);
}

const te_row_t te_row_conv_2d = {"CONV_2D", "*b[bn]i:b hb[iq]:h fff:f", 3, sizeof(te_conv_t), conv_prepare, conv_run};
