/* SPDX-License-Identifier: MIT
 * L2_POOL_2D: the root of the mean of the squares of the window's elements inside the image; float32. */
#include "../math.h"
#include "pool.h"

static float l2_pool_f32(const float *x, const te_pool_t *p, int32_t h, int32_t w) {
    float sum = 0;
    for (int32_t i = 0; i < h; i++, x += p->w.in_w * p->channels) {
        for (int32_t j = 0; j < w; j++) {
            sum += x[j * p->channels] * x[j * p->channels];
        }
    }
    return te_clamp_f32(te_sqrt(sum / (float)(h * w)), te_bits_f32(p->range.low), te_bits_f32(p->range.high));
}

static void l2_pool_run(const te_model_t *m, const void *params) {
    te_pool_run(m, params, NULL, NULL, l2_pool_f32);
}

const te_row_t te_row_l2_pool_2d = {"L2_POOL_2D", "*f:f", 12, sizeof(te_pool_t), te_pool_prepare, l2_pool_run};
