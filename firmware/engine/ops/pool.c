/* SPDX-License-Identifier: MIT
 * Pooling over windows of an image, for both pooling operators. */
#include "pool.h"

enum { POOL_WIDTH = 3, POOL_HEIGHT, POOL_ACTIVATION };

typedef struct {
    const te_pool_t *p;
    const void *x;
    void *y;
    te_pool_s8_t s8;
    te_pool_s16_t s16;
    te_pool_f32_t f32;
} pool_run_t;

static int pool_same_scale(te_op_t *op, const te_desc_t *x, const te_desc_t *y) {
    float difference = x->scale - y->scale;
    if (difference > 1e-6f || difference < -1e-6f || x->zero_point != y->zero_point) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "input and output of different scale are not supported", 0);
    }
    return TE_OK;
}

int te_pool_prepare(te_op_t *op, void *params) {
    te_pool_t *p = params;
    te_desc_t x, y;
    te_file_t *f = &op->graph->file;
    TE_TRY(te_op_slots(op, 1, 1, TE_POOL_2D_OPTIONS));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_quantised(op, &x));
    TE_TRY(te_op_quantised(op, &y));
    TE_TRY(pool_same_scale(op, &x, &y));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, &op->options, POOL_WIDTH, 0), &p->w.k_w));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, &op->options, POOL_HEIGHT, 0), &p->w.k_h));
    p->w.dilation_h = p->w.dilation_w = 1;
    TE_TRY(te_window(op, &x, &y, &p->w));
    TE_TRY(te_op_out_dim(op, &y, 3, x.shape[3]));
    if (p->w.k_h * p->w.k_w > (te_is(x.type, TE_INT16) ? 1 << 15 : 1 << 22)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a window of %d elements is not supported", p->w.k_h * p->w.k_w);
    }
    TE_TRY(te_activation(op, POOL_ACTIVATION, &y, &p->range));
    p->channels = x.shape[3];
    p->type = x.type;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->lag[0] = te_window_lag(&p->w, 1, x.nbytes / (uint32_t)(p->w.batches * p->w.in_h),
        y.nbytes / (uint32_t)(p->w.batches * p->w.out_h));
    return TE_OK;
}

static void pool_row(const void *context, int32_t batch, int32_t row, int32_t rows) {
    (void)rows;
    const pool_run_t *r = context;
    const te_pool_t *p = r->p;
    te_taps_t h = te_taps_h(&p->w, row);
    int32_t at = (batch * p->w.out_h + row) * p->w.out_w * p->channels;
    for (int32_t column = 0; column < p->w.out_w; column++) {
        te_taps_t w = te_taps_w(&p->w, column);
        int32_t in = ((batch * p->w.in_h + h.start) * p->w.in_w + w.start) * p->channels;
        for (int32_t c = 0; c < p->channels; c++, in++, at++) {
            if (te_is(p->type, TE_INT8)) {
                ((int8_t *)r->y)[at] = r->s8((const int8_t *)r->x + in, p, h.last - h.first, w.last - w.first);
            } else if (te_is(p->type, TE_INT16)) {
                ((int16_t *)r->y)[at] = r->s16((const int16_t *)r->x + in, p, h.last - h.first, w.last - w.first);
            } else {
                ((float *)r->y)[at] = r->f32((const float *)r->x + in, p, h.last - h.first, w.last - w.first);
            }
        }
    }
}

void te_pool_run(const te_model_t *m, const te_pool_t *p, te_pool_s8_t s8, te_pool_s16_t s16, te_pool_f32_t f32) {
    pool_run_t r = {p, te_in(m, p->x), te_out(m, p->y), s8, s16, f32};
    te_window_rows(&p->w, 1, te_backward(m, p->x, p->y), pool_row, &r);
}
