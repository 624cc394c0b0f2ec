/* SPDX-License-Identifier: MIT
 * The reference of the int8 depthwise kernel. Twins leave to it what they are not made for. */
#include "kernels.h"

#if TE_KERNELS == TE_REFERENCE

int32_t te_depthwise_rows(const te_depthwise_t *p) {
    (void)p;
    return 1;
}

uint32_t te_depthwise_size(const te_depthwise_t *p) {
    (void)p;
    return 0;
}

void te_depthwise_begin(const te_depthwise_run_t *r) {
    (void)r;
}

void te_depthwise_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows) {
    te_depthwise_any_s8(r, batch, row, rows);
}

#endif

/* Sum of output channel c under the window's taps h x w. */
static int32_t depthwise_sum(const te_depthwise_t *p, const int8_t *image, const int8_t *k, te_taps_t h, te_taps_t w,
    int32_t c) {
    int32_t sum = 0;
    for (int32_t i = h.first; i < h.last; i++) {
        int32_t row = h.start + (i - h.first) * p->w.dilation_h;
        for (int32_t j = w.first; j < w.last; j++) {
            int32_t column = w.start + (j - w.first) * p->w.dilation_w;
            int32_t x = image[(row * p->w.in_w + column) * p->depth + c / p->multiplier] - p->c.x_zero;
            sum += x * k[(i * p->w.k_w + j) * p->c.channels + c];
        }
    }
    return sum;
}

void te_depthwise_any_s8(const te_depthwise_run_t *r, int32_t batch, int32_t row, int32_t rows) {
    const te_depthwise_t *p = r->p;
    const int8_t *image = (const int8_t *)r->x + batch * p->w.in_h * p->w.in_w * p->depth;
    int8_t *y = (int8_t *)r->y + (batch * p->w.out_h + row) * p->w.out_w * p->c.channels;
    for (int32_t end = row + rows; row < end; row++) {
        te_taps_t h = te_taps_h(&p->w, row);
        for (int32_t column = 0; column < p->w.out_w; column++, y += p->c.channels) {
            te_taps_t w = te_taps_w(&p->w, column);
            for (int32_t c = 0; c < p->c.channels; c++) {
                int32_t sum = depthwise_sum(p, image, (const int8_t *)r->k, h, w, c);
                te_finish_s8(&r->finish, c, 1, &sum, y + c);
            }
        }
    }
}
