/* SPDX-License-Identifier: MIT
 * TRANSPOSE_CONV: what a convolution of y with stride and padding would read for x[n, i, j, :], x adds to y there:
 * y[n, h, w, c] = sum of x[n, i, j, :] * k[c, h + pad - i * stride, w + pad - j * stride, :], plus b[c].
 * Input 0, the output's shape, says nothing that the output does not. */
#include "op.h"

enum { TRANSPOSE_SHAPE, TRANSPOSE_WEIGHTS, TRANSPOSE_X, TRANSPOSE_BIAS };
enum { TRANSPOSE_ACTIVATION = 3, TRANSPOSE_OPTIONS_TYPE = 49 };

typedef struct {
    te_window_t w;      /* over y: in_h, in_w are y's, out_h, out_w are x's */
    te_channels_t c;
    te_ref_t x, y;
    te_range_t range;
    int32_t depth;      /* input channels */
} transpose_conv_t;

typedef struct {
    const transpose_conv_t *p;
    const void *x;
    const uint8_t *k;
    te_finish_t finish;
} transpose_conv_run_t;

/* What reaches one output position: positions of x in rows and columns, the last ones excluded. */
typedef struct {
    int32_t row, row_end, column, column_end;
    int32_t x;          /* index of x[n, 0, 0, 0] */
    int32_t k_h, k_w;   /* the weights' row for x's row 0, and column for column 0 */
} transpose_reach_t;

static int transpose_conv_shapes(te_op_t *op, const te_layer_t *l, transpose_conv_t *p) {
    if (l->k.rank != 4 || l->x.rank != 4 || l->y.rank != 4) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "images and weights must have 4 dimensions", 0);
    }
    p->depth = l->x.shape[3];
    if (p->depth != l->k.shape[3]) {
        return te_op_fail(op, TE_ERR_MODEL, "%d input channels do not suit the weights", p->depth);
    }
    if (l->k.shape[0] > TE_MAX_CHANNELS || l->k.count / (uint32_t)l->k.shape[0] > TE_MAX_DEPTH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 65535 channels or weights a channel are not supported", 0);
    }
    TE_TRY(te_window_size(op, l->k.shape[1], &p->w.k_h));
    TE_TRY(te_window_size(op, l->k.shape[2], &p->w.k_w));
    p->w.dilation_h = p->w.dilation_w = 1;
    int code = te_window(op, &l->y, &l->x, &p->w);
    if (code == TE_ERR_MODEL) {
        return te_op_fail(op, code, "the input's size is not what stride and padding make of the output's", 0);
    }
    TE_TRY(code);
    return te_op_out_dim(op, &l->y, 3, l->k.shape[0]);
}

/* The shape in slot 0, which the output's must equal. */
static int transpose_conv_wanted(te_op_t *op, const te_desc_t *y) {
    te_desc_t shape;
    TE_TRY(te_op_input(op, TRANSPOSE_SHAPE, &shape));
    if (shape.count != y->rank) {
        return te_op_fail(op, TE_ERR_MODEL, "its output's shape should be %d numbers of int32", y->rank);
    }
    for (int i = 0; shape.constant && i < y->rank; i++) {
        TE_TRY(te_op_out_dim(op, y, i, te_fb_i32(&op->graph->file, shape.constant + 4 * (uint32_t)i)));
    }
    return TE_OK;
}

static int transpose_conv_prepare(te_op_t *op, void *params) {
    transpose_conv_t *p = params;
    te_layer_t l;
    TE_TRY(te_op_slots(op, 3, 4, TRANSPOSE_OPTIONS_TYPE));
    TE_TRY(te_layer(op, TRANSPOSE_X, TRANSPOSE_BIAS, &l));
    TE_TRY(transpose_conv_wanted(op, &l.y));
    TE_TRY(transpose_conv_shapes(op, &l, p));
    TE_TRY(te_channels(op, &l, &p->c));
    TE_TRY(te_activation(op, TRANSPOSE_ACTIVATION, &l.y, &p->range));
    p->x = te_op_in_at(op, TRANSPOSE_X);
    p->y = te_op_out_at(op);
    op->macs = (uint64_t)l.x.count * (l.k.count / (uint32_t)p->depth);
    return TE_OK;
}

/* The first x whose window covers output position `at`, padding included. */
static int32_t transpose_conv_first(int32_t at, int32_t k, int32_t stride) {
    return at < k ? 0 : (at - k) / stride + 1;
}

static int32_t transpose_conv_end(int32_t at, int32_t stride, int32_t n) {
    return at / stride < n ? at / stride + 1 : n;
}

static transpose_reach_t transpose_conv_reach(const transpose_conv_t *p, int32_t batch, int32_t row, int32_t column) {
    transpose_reach_t t;
    t.k_h = row + p->w.pad_h;
    t.k_w = column + p->w.pad_w;
    t.row = transpose_conv_first(t.k_h, p->w.k_h, p->w.stride_h);
    t.row_end = transpose_conv_end(t.k_h, p->w.stride_h, p->w.out_h);
    t.column = transpose_conv_first(t.k_w, p->w.k_w, p->w.stride_w);
    t.column_end = transpose_conv_end(t.k_w, p->w.stride_w, p->w.out_w);
    t.x = batch * p->w.out_h * p->w.out_w * p->depth;
    return t;
}

static inline int32_t transpose_conv_x(const transpose_conv_t *p, const transpose_reach_t *t, int32_t i, int32_t j) {
    return t->x + (i * p->w.out_w + j) * p->depth;
}

/* Index of the weights of channel c that x[i, j] meets. */
static inline int32_t transpose_conv_k(const transpose_conv_t *p, const transpose_reach_t *t, int32_t c, int32_t i,
    int32_t j) {
    int32_t row = t->k_h - i * p->w.stride_h, column = t->k_w - j * p->w.stride_w;
    return ((c * p->w.k_h + row) * p->w.k_w + column) * p->depth;
}

static int32_t transpose_conv_sum_s8(const transpose_conv_run_t *r, const transpose_reach_t *t, int32_t c) {
    const transpose_conv_t *p = r->p;
    int32_t sum = 0;
    for (int32_t i = t->row; i < t->row_end; i++) {
        for (int32_t j = t->column; j < t->column_end; j++) {
            const int8_t *x = (const int8_t *)r->x + transpose_conv_x(p, t, i, j);
            sum += te_dot_s8(x, (const int8_t *)r->k + transpose_conv_k(p, t, c, i, j), p->depth, -p->c.x_zero);
        }
    }
    return sum;
}

static int64_t transpose_conv_sum_s16(const transpose_conv_run_t *r, const transpose_reach_t *t, int32_t c) {
    const transpose_conv_t *p = r->p;
    int64_t sum = 0;
    for (int32_t i = t->row; i < t->row_end; i++) {
        for (int32_t j = t->column; j < t->column_end; j++) {
            const int16_t *x = (const int16_t *)r->x + transpose_conv_x(p, t, i, j);
            sum += te_dot_s16(x, (const int8_t *)r->k + transpose_conv_k(p, t, c, i, j), p->depth);
        }
    }
    return sum;
}

static float transpose_conv_sum_f32(const transpose_conv_run_t *r, const transpose_reach_t *t, int32_t c) {
    const transpose_conv_t *p = r->p;
    float sum = 0;
    for (int32_t i = t->row; i < t->row_end; i++) {
        for (int32_t j = t->column; j < t->column_end; j++) {
            const float *x = (const float *)r->x + transpose_conv_x(p, t, i, j);
            sum = te_dot_f32(sum, x, r->k + 4 * transpose_conv_k(p, t, c, i, j), p->depth);
        }
    }
    return sum;
}

/* All channels of one output position, from index `at` of y on. */
static void transpose_conv_pixel(const transpose_conv_run_t *r, const transpose_reach_t *t, void *y, int32_t at) {
    for (int32_t c = 0; c < r->p->c.channels; c++, at++) {
        if (te_is(r->p->c.type, TE_INT8)) {
            int32_t sum = transpose_conv_sum_s8(r, t, c);
            te_finish_s8(&r->finish, c, 1, &sum, (int8_t *)y + at);
        } else if (te_is(r->p->c.type, TE_INT16)) {
            ((int16_t *)y)[at] = te_finish_s16(&r->finish, c, transpose_conv_sum_s16(r, t, c));
        } else {
            ((float *)y)[at] = te_finish_f32(&r->finish, c, transpose_conv_sum_f32(r, t, c));
        }
    }
}

static void transpose_conv_run(const te_model_t *m, const void *params) {
    const transpose_conv_t *p = params;
    transpose_conv_run_t r = {p, te_in(m, p->x), te_in(m, p->c.weights), te_finish(m, &p->c, p->range, NULL, 0)};
    void *y = te_out(m, p->y);
    int32_t at = 0;
    for (int32_t batch = 0; batch < p->w.batches; batch++) {
        for (int32_t row = 0; row < p->w.in_h; row++) {
            for (int32_t column = 0; column < p->w.in_w; column++, at += p->c.channels) {
                transpose_reach_t reach = transpose_conv_reach(p, batch, row, column);
                transpose_conv_pixel(&r, &reach, y, at);
            }
        }
    }
}

const te_row_t te_row_transpose_conv = {"TRANSPOSE_CONV", "*ibbi:b ibh[hq]:h ifff:f",
    67, sizeof(transpose_conv_t), transpose_conv_prepare, transpose_conv_run};
