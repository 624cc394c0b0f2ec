/* SPDX-License-Identifier: MIT
 * RESIZE_NEAREST_NEIGHBOR: y[n, i, j, :] = x[n, near(i), near(j), :]. */
#include "resize.h"

enum { NEAREST_OPTIONS = 74 };

static int nearest_prepare(te_op_t *op, void *params) {
    return te_resize_prepare(op, params, NEAREST_OPTIONS);
}

/* The input's pixel for the output's pixel `at`, along one axis. */
static int32_t nearest_pixel(const te_resize_t *p, int32_t at, int32_t in, int32_t out) {
    float place = ((float)at + (p->half_pixel ? 0.5f : 0.0f)) * te_resize_step(p, in, out);
    int32_t pixel = p->align_corners ? te_round(place) : (int32_t)place;
    return pixel < in - 1 ? pixel : in - 1;
}

static void nearest_run(const te_model_t *m, const void *params) {
    const te_resize_t *p = params;
    uint32_t pixel = (uint32_t)p->depth * te_type_size(p->type);
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    for (int32_t n = 0; n < p->batches; n++, x += (uint32_t)(p->in_h * p->in_w) * pixel) {
        for (int32_t i = 0; i < p->out_h; i++) {
            const uint8_t *row = x + (uint32_t)(nearest_pixel(p, i, p->in_h, p->out_h) * p->in_w) * pixel;
            for (int32_t j = 0; j < p->out_w; j++, y += pixel) {
                memcpy(y, row + (uint32_t)nearest_pixel(p, j, p->in_w, p->out_w) * pixel, pixel);
            }
        }
    }
}

const te_row_t te_row_resize_nearest_neighbor = {"RESIZE_NEAREST_NEIGHBOR", "[bhf]i:=",
    97, sizeof(te_resize_t), nearest_prepare, nearest_run};
