/* SPDX-License-Identifier: MIT
 * AVERAGE_POOL_2D: the mean of the window's elements inside the image; integers round halves away from zero. */
#include "pool.h"

static int32_t average_divide(const te_pool_t *p, int32_t sum, int32_t count) {
    TE_ASSERT(count > 0);
    return te_clamp((sum > 0 ? sum + count / 2 : sum - count / 2) / count, p->range.low, p->range.high);
}

static int8_t average_s8(const int8_t *x, const te_pool_t *p, int32_t h, int32_t w) {
    int32_t sum = 0, count = h * w, step = p->channels;
    for (int32_t i = 0; i < h; i++, x += p->w.in_w * step) {
        for (int32_t j = 0; j < w; j++) {
            sum += x[j * step];
        }
    }
    return (int8_t)average_divide(p, sum, count);
}

static int16_t average_s16(const int16_t *x, const te_pool_t *p, int32_t h, int32_t w) {
    int32_t sum = 0, count = h * w, step = p->channels;
    for (int32_t i = 0; i < h; i++, x += p->w.in_w * step) {
        for (int32_t j = 0; j < w; j++) {
            sum += x[j * step];
        }
    }
    return (int16_t)average_divide(p, sum, count);
}

static float average_f32(const float *x, const te_pool_t *p, int32_t h, int32_t w) {
    float sum = 0;
    for (int32_t i = 0; i < h; i++, x += p->w.in_w * p->channels) {
        for (int32_t j = 0; j < w; j++) {
            sum += x[j * p->channels];
        }
    }
    return te_clamp_f32(sum / (float)(h * w), te_bits_f32(p->range.low), te_bits_f32(p->range.high));
}

static void average_run(const te_model_t *m, const void *params) {
    te_pool_run(m, params, te_if(TE_INT8, average_s8), te_if(TE_INT16, average_s16), te_if(TE_FLOAT32, average_f32));
}

const te_row_t te_row_average_pool_2d = {"AVERAGE_POOL_2D", "*[bhf]:=",
    1, sizeof(te_pool_t), te_pool_prepare, average_run};
