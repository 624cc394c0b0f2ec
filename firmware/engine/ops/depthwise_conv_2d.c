/* SPDX-License-Identifier: MIT
 * DEPTHWISE_CONV_2D: y[n, h', w', c] = sum over the window of x[n, h, w, c / m] * k[0, h, w, c] + b[c],
 * with m output channels for each input channel. */
#include "kernels.h"

enum { DEPTHWISE_MULTIPLIER = 3, DEPTHWISE_ACTIVATION, DEPTHWISE_DILATION_W, DEPTHWISE_DILATION_H };

/* What lies under the window at one output position; steps and rows in elements. */
typedef struct {
    int32_t rows, taps;
    int32_t x, k;            /* of the first tap: index in the input, and in the weights */
    int32_t x_step, k_step;  /* from a tap to the next */
    int32_t x_row, k_row;    /* from a row of taps to the next */
    int32_t offset;          /* int8: what makes the input's zero point 0 */
} depthwise_patch_t;

static int depthwise_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *y, te_depthwise_t *p) {
    if (k->rank != 4 || x->rank != 4 || y->rank != 4 || k->shape[0] != 1) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "images and weights must have 4 dimensions", 0);
    }
    int32_t depth = x->shape[3], channels = k->shape[3];
    if (depth > TE_MAX_CHANNELS || channels > TE_MAX_CHANNELS || k->count / (uint32_t)channels > TE_MAX_DEPTH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 65535 channels or weights a channel are not supported", 0);
    }
    if (channels % depth != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "%d input channels do not suit the weights", depth);
    }
    p->depth = (uint16_t)depth;
    p->multiplier = (uint16_t)(channels / depth);
    int32_t stated = te_fb_field_i32(&op->graph->file, &op->options, DEPTHWISE_MULTIPLIER, 0);
    if (stated != p->multiplier) {
        return te_op_fail(op, TE_ERR_MODEL, "depth multiplier %d does not suit the weights", stated);
    }
    TE_TRY(te_window_size(op, k->shape[1], &p->w.k_h));
    TE_TRY(te_window_size(op, k->shape[2], &p->w.k_w));
    return te_op_out_dim(op, y, 3, channels);
}

/* Whether a kernel of kernels.h computes it. */
static bool depthwise_fast(const te_depthwise_t *p) {
    return te_is(p->c.type, TE_INT8) && !te_packed(&p->c);
}

/* Rows of the output that are computed together. */
static int32_t depthwise_step(const te_depthwise_t *p) {
    return depthwise_fast(p) ? te_depthwise_rows(p) : 1;
}

static int depthwise_prepare(te_op_t *op, void *params) {
    te_depthwise_t *p = params;
    te_layer_t l;
    te_file_t *f = &op->graph->file;
    TE_TRY(te_op_slots(op, 2, 3, TE_DEPTHWISE_CONV_2D_OPTIONS));
    TE_TRY(te_layer(op, 0, 2, &l));
    l.axis = 3;
    TE_TRY(depthwise_shapes(op, &l.x, &l.k, &l.y, p));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, &op->options, DEPTHWISE_DILATION_W, 1), &p->w.dilation_w));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, &op->options, DEPTHWISE_DILATION_H, 1), &p->w.dilation_h));
    TE_TRY(te_window(op, &l.x, &l.y, &p->w));
    TE_TRY(te_channels(op, &l, &p->c));
    TE_TRY(te_activation(op, DEPTHWISE_ACTIVATION, &l.y, &p->range));
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->scratch = te_op_scratch(op, depthwise_fast(p) ? te_depthwise_size(p) : 0);
    op->lag[0] = te_window_lag(&p->w, depthwise_step(p), l.x.nbytes / (uint32_t)(p->w.batches * p->w.in_h),
        l.y.nbytes / (uint32_t)(p->w.batches * p->w.out_h));
    op->macs = (uint64_t)l.y.count * (uint32_t)(p->w.k_h * p->w.k_w);
    return TE_OK;
}

static depthwise_patch_t depthwise_patch(const te_depthwise_t *p, int32_t batch, int32_t row, int32_t column) {
    depthwise_patch_t t;
    te_taps_t h = te_taps_h(&p->w, row), w = te_taps_w(&p->w, column);
    t.rows = h.last - h.first;
    t.taps = w.last - w.first;
    t.x = ((batch * p->w.in_h + h.start) * p->w.in_w + w.start) * p->depth;
    t.k = (h.first * p->w.k_w + w.first) * p->c.channels;
    t.x_step = p->w.dilation_w * p->depth;
    t.k_step = p->c.channels;
    t.x_row = p->w.dilation_h * p->w.in_w * p->depth;
    t.k_row = p->w.k_w * p->c.channels;
    t.offset = -p->c.x_zero;
    return t;
}

static int32_t depthwise_sum_s4(const depthwise_patch_t *t, const int8_t *x, const uint8_t *k, int32_t first) {
    int32_t sum = 0;
    for (int32_t i = 0; i < t->rows; i++, x += t->x_row, first += t->k_row) {
        for (int32_t j = 0; j < t->taps; j++) {
            sum += te_load_i4(k, first + j * t->k_step) * (x[j * t->x_step] + t->offset);
        }
    }
    return sum;
}

static int64_t depthwise_sum_s16(const depthwise_patch_t *t, const int16_t *x, const int8_t *k) {
    int64_t sum = 0;
    for (int32_t i = 0; i < t->rows; i++, x += t->x_row, k += t->k_row) {
        for (int32_t j = 0; j < t->taps; j++) {
            sum += k[j * t->k_step] * x[j * t->x_step];
        }
    }
    return sum;
}

static float depthwise_sum_f32(const depthwise_patch_t *t, const float *x, const uint8_t *k) {
    float sum = 0;
    for (int32_t i = 0; i < t->rows; i++, x += t->x_row, k += 4 * t->k_row) {
        for (int32_t j = 0; j < t->taps; j++) {
            sum += x[j * t->x_step] * te_load_f32(k + 4 * j * t->k_step);
        }
    }
    return sum;
}

static void depthwise_pixel_s4(const te_depthwise_run_t *r, const depthwise_patch_t *t, int8_t *y) {
    const int8_t *x = (const int8_t *)r->x + t->x;
    for (int32_t c = 0; c < r->p->c.channels; c++) {
        int32_t sum = depthwise_sum_s4(t, x + c / r->p->multiplier, r->k, t->k + c);
        te_finish_s8(&r->finish, c, 1, &sum, y + c);
    }
}

static void depthwise_pixel_s16(const te_depthwise_run_t *r, const depthwise_patch_t *t, int16_t *y) {
    const int16_t *x = (const int16_t *)r->x + t->x;
    for (int32_t c = 0; c < r->p->c.channels; c++) {
        int64_t sum = depthwise_sum_s16(t, x + c / r->p->multiplier, (const int8_t *)r->k + t->k + c);
        y[c] = te_finish_s16(&r->finish, c, sum);
    }
}

static void depthwise_pixel_f32(const te_depthwise_run_t *r, const depthwise_patch_t *t, float *y) {
    for (int32_t c = 0; c < r->p->c.channels; c++) {
        const float *x = (const float *)r->x + t->x + c / r->p->multiplier;
        y[c] = te_finish_f32(&r->finish, c, depthwise_sum_f32(t, x, r->k + 4 * (t->k + c)));
    }
}

static void depthwise_row(const te_depthwise_run_t *r, int32_t batch, int32_t row) {
    const te_depthwise_t *p = r->p;
    int32_t at = (batch * p->w.out_h + row) * p->w.out_w * p->c.channels;
    for (int32_t column = 0; column < p->w.out_w; column++, at += p->c.channels) {
        depthwise_patch_t patch = depthwise_patch(p, batch, row, column);
        if (te_is(p->c.type, TE_FLOAT32)) {
            depthwise_pixel_f32(r, &patch, (float *)r->y + at);
        } else if (te_is(p->c.type, TE_INT16)) {
            depthwise_pixel_s16(r, &patch, (int16_t *)r->y + at);
        } else {
            depthwise_pixel_s4(r, &patch, (int8_t *)r->y + at);
        }
    }
}

static void depthwise_rows(const void *context, int32_t batch, int32_t row, int32_t rows) {
    const te_depthwise_run_t *r = context;
    if (depthwise_fast(r->p)) {
        te_depthwise_s8(r, batch, row, rows);
    } else {
        depthwise_row(r, batch, row);
    }
}

static void depthwise_run(const te_model_t *m, const void *params) {
    const te_depthwise_t *p = params;
    te_depthwise_run_t r = {p, te_in(m, p->x), te_in(m, p->c.weights), te_out(m, p->y), te_out(m, p->scratch),
        te_finish(m, &p->c, p->range, NULL, 0)};
    if (depthwise_fast(p)) {
        te_depthwise_begin(&r);
    }
    te_window_rows(&p->w, depthwise_step(p), te_backward(m, p->x, p->y), depthwise_rows, &r);
}

const te_row_t te_row_depthwise_conv_2d = {"DEPTHWISE_CONV_2D", "*b[bn]i:b hbq:h fff:f",
    4, sizeof(te_depthwise_t), depthwise_prepare, depthwise_run};
