/* SPDX-License-Identifier: MIT
 * MAX_POOL_2D: the greatest of the window's elements inside the image. */
#include "pool.h"

#include <float.h>

static int8_t max_s8(const int8_t *x, const te_pool_t *p, int32_t h, int32_t w) {
    int32_t max = -128;
    for (int32_t i = 0; i < h; i++, x += p->w.in_w * p->channels) {
        for (int32_t j = 0; j < w; j++) {
            max = x[j * p->channels] > max ? x[j * p->channels] : max;
        }
    }
    return (int8_t)te_clamp(max, p->range.low, p->range.high);
}

static int16_t max_s16(const int16_t *x, const te_pool_t *p, int32_t h, int32_t w) {
    int32_t max = INT16_MIN;
    for (int32_t i = 0; i < h; i++, x += p->w.in_w * p->channels) {
        for (int32_t j = 0; j < w; j++) {
            max = x[j * p->channels] > max ? x[j * p->channels] : max;
        }
    }
    return (int16_t)te_clamp(max, p->range.low, p->range.high);
}

static float max_f32(const float *x, const te_pool_t *p, int32_t h, int32_t w) {
    float max = -FLT_MAX;
    for (int32_t i = 0; i < h; i++, x += p->w.in_w * p->channels) {
        for (int32_t j = 0; j < w; j++) {
            max = max < x[j * p->channels] ? x[j * p->channels] : max;
        }
    }
    return te_clamp_f32(max, te_bits_f32(p->range.low), te_bits_f32(p->range.high));
}

static void max_run(const te_model_t *m, const void *params) {
    te_pool_run(m, params, te_if(TE_INT8, max_s8), te_if(TE_INT16, max_s16), te_if(TE_FLOAT32, max_f32));
}

const te_row_t te_row_max_pool_2d = {"MAX_POOL_2D", "*[bhf]:=", 17, sizeof(te_pool_t), te_pool_prepare, max_run};
