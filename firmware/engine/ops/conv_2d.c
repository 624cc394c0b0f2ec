/* SPDX-License-Identifier: MIT
 * CONV_2D: y[n, h', w', c] = sum over the window of x[n, h, w, :] * k[c, h, w, :] + b[c].
 * Weights [channels, k_h, k_w, depth]; a depth that is a part of the input's makes groups. */
#include "op.h"

enum { CONV_ACTIVATION = 3, CONV_DILATION_W, CONV_DILATION_H };

typedef struct {
    te_window_t w;
    te_channels_t c;
    te_ref_t x, y;
    te_range_t range;
    uint16_t x_depth, k_depth;  /* channels of the input, and of it those that one filter sees */
    uint16_t group;             /* output channels of a group */
    uint8_t type;
} conv_t;

typedef struct {
    const conv_t *p;
    const void *x;
    const uint8_t *k, *bias;
    void *y;
    const te_scale_t *scales;
} conv_run_t;

/* The part of the input under the window at one output position, and the weights' first tap in it. */
typedef struct {
    te_taps_t h, w;
    int32_t pixel;    /* of the input: index of the first tap */
    bool contiguous;  /* a row of taps lies in one piece in input and weights */
} conv_patch_t;

static int conv_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *y, conv_t *p) {
    if (k->rank != 4 || x->rank != 4 || y->rank != 4) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "images and weights must have 4 dimensions", 0);
    }
    int32_t depth = k->shape[3], groups = x->shape[3] / depth;
    if (groups < 1 || x->shape[3] % depth != 0 || k->shape[0] % groups != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "%d input channels do not suit the weights", x->shape[3]);
    }
    if (x->shape[3] > UINT16_MAX || k->shape[0] > UINT16_MAX || k->count / (uint32_t)k->shape[0] > TE_MAX_DEPTH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 65535 channels or weights a channel are not supported", 0);
    }
    p->x_depth = (uint16_t)x->shape[3];
    p->k_depth = (uint16_t)depth;
    p->group = (uint16_t)(k->shape[0] / groups);
    TE_TRY(te_window_size(op, k->shape[1], &p->w.k_h));
    TE_TRY(te_window_size(op, k->shape[2], &p->w.k_w));
    return te_op_out_dim(op, y, 3, k->shape[0]);
}

static int conv_prepare(te_op_t *op, void *params) {
    conv_t *p = params;
    te_desc_t x, k, y;
    te_file_t *f = &op->graph->file;
    TE_TRY(te_op_slots(op, 2, 3, TE_CONV_2D_OPTIONS));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_input(op, 1, &k));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(conv_shapes(op, &x, &k, &y, p));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, op->options, CONV_DILATION_W, 1), &p->w.dilation_w));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, op->options, CONV_DILATION_H, 1), &p->w.dilation_h));
    TE_TRY(te_window(op, &x, &y, &p->w));
    TE_TRY(te_channels(op, &x, &k, &y, 0, &p->c));
    TE_TRY(te_activation(op, CONV_ACTIVATION, &y, &p->range));
    p->type = x.type;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->lag[0] = te_window_lag(&p->w, x.nbytes / (uint32_t)(p->w.batches * p->w.in_h),
        y.nbytes / (uint32_t)(p->w.batches * p->w.out_h));
    op->macs = (uint64_t)y.count * (k.count / (uint32_t)k.shape[0]);
    return TE_OK;
}

static conv_patch_t conv_patch(const conv_t *p, int32_t batch, int32_t row, int32_t column) {
    conv_patch_t t;
    t.h = te_taps_h(&p->w, row);
    t.w = te_taps_w(&p->w, column);
    t.pixel = (batch * p->w.in_h + t.h.start) * p->w.in_w + t.w.start;
    t.contiguous = p->w.dilation_w == 1 && p->k_depth == p->x_depth;
    return t;
}

/* Sum of one output channel over the patch. */
static int32_t conv_sum_s8(const conv_run_t *r, const conv_patch_t *t, int32_t channel) {
    const conv_t *p = r->p;
    int32_t taps = t->w.last - t->w.first, n = p->k_depth, step = p->w.dilation_w * p->x_depth, sum = 0;
    const int8_t *x = (const int8_t *)r->x + t->pixel * p->x_depth + channel / p->group * n;
    const int8_t *k = (const int8_t *)r->k + ((channel * p->w.k_h + t->h.first) * p->w.k_w + t->w.first) * n;
    if (t->contiguous) {
        n *= taps;
        taps = taps > 0;
    }
    for (int32_t i = t->h.first; i < t->h.last; i++) {
        for (int32_t j = 0; j < taps; j++) {
            sum += te_dot_s8(x + j * step, k + j * n, n, -p->c.x_zero);
        }
        x += p->w.dilation_h * p->w.in_w * p->x_depth;
        k += p->w.k_w * p->k_depth;
    }
    return sum;
}

static float conv_sum_f32(const conv_run_t *r, const conv_patch_t *t, int32_t channel) {
    const conv_t *p = r->p;
    int32_t taps = t->w.last - t->w.first, n = p->k_depth;
    const float *x = (const float *)r->x + t->pixel * p->x_depth + channel / p->group * n;
    const uint8_t *k = r->k + 4 * ((channel * p->w.k_h + t->h.first) * p->w.k_w + t->w.first) * n;
    float sum = 0;
    for (int32_t i = t->h.first; i < t->h.last; i++) {
        for (int32_t j = 0; j < taps; j++) {
            sum = te_dot_f32(sum, x + j * p->w.dilation_w * p->x_depth, k + 4 * j * n, n);
        }
        x += p->w.dilation_h * p->w.in_w * p->x_depth;
        k += 4 * p->w.k_w * n;
    }
    return sum;
}

static void conv_row(const void *context, int32_t batch, int32_t row) {
    const conv_run_t *r = context;
    const conv_t *p = r->p;
    int32_t channels = p->c.channels, at = (batch * p->w.out_h + row) * p->w.out_w * channels;
    for (int32_t column = 0; column < p->w.out_w; column++, at += channels) {
        conv_patch_t patch = conv_patch(p, batch, row, column);
        for (int32_t c = 0; c < channels; c++) {
            if (p->type == TE_INT8) {
                ((int8_t *)r->y)[at + c] = te_output_s8(conv_sum_s8(r, &patch, c), te_bias_s32(r->bias, c),
                    r->scales[c], p->c.y_zero, p->range);
            } else {
                ((float *)r->y)[at + c] = te_clamp_f32(conv_sum_f32(r, &patch, c) + te_bias_f32(r->bias, c),
                    te_bits_f32(p->range.low), te_bits_f32(p->range.high));
            }
        }
    }
}

static void conv_run(const te_model_t *m, const void *params) {
    const conv_t *p = params;
    conv_run_t r = {p, te_in(m, p->x), te_in(m, p->c.weights), te_bias(m, &p->c), te_out(m, p->y), NULL};
    if (p->type == TE_INT8) {
        r.scales = te_channels_scales(m, &p->c);
    }
    te_window_rows(&p->w, te_backward(p->x, p->y), conv_row, &r);
}

const te_row_t te_row_conv_2d = {"CONV_2D", 3, sizeof(conv_t), conv_prepare, conv_run};
