/* SPDX-License-Identifier: MIT
 * SOFTMAX of int16, bit for bit what TFLM computes with two tables of 513 numbers each: exp(v) for v in [-10, 0] and
 * 1 / (1 + v) for v in [0, 1], both in Q0.15, between which it interpolates. A number of a table is off by half the
 * interpolation's error in the middle of the step behind it. Here those of the first table come from ten constants,
 * and those of the second from single precision, two for each row. */
#include "softmax.h"

#define SOFTMAX_STEPS 512

/* An element's number in the table; the middle of its step; the next number. All times 32768, not yet rounded. */
static int32_t softmax_corrected(int32_t now, int32_t interpolated, int32_t middle) {
    int32_t error = interpolated - middle;
    now -= (error + (error > 0) - (error < 0)) / 2;
    return now < INT16_MAX ? now : INT16_MAX;
}

/* exp(-10 k / 1024) in Q0.31, 0 <= k <= 1024. */
static int32_t softmax_power(int32_t k) {
    static const int32_t powers[] = {  /* of k = 1, 2, 4, ... 1024 */
        2126614195, 2105947554, 2065214841, 1986097703, 1836840104, 1571132600, 1149465165, 615264366, 176276192,
        14469631, 97496};
    int32_t y = INT32_MAX;
    for (int32_t i = 0; k >> i; i++) {
        if (k >> i & 1) {
            y = y == INT32_MAX ? powers[i] : te_high_mul(y, powers[i]);
        }
    }
    return y;
}

static int32_t softmax_exp_entry(int32_t i) {
    if (i == SOFTMAX_STEPS) {
        return INT16_MAX;
    }
    int32_t k = 2 * (SOFTMAX_STEPS - i), step = softmax_power(1);
    int32_t next = softmax_power(k - 2), middle = te_high_mul(next, step), now = te_round_shift(te_high_mul(middle, step), 16);
    int32_t interpolated = (int32_t)(((int64_t)next + now * 65536 + 65536) >> 17);
    return softmax_corrected(now, interpolated, te_round_shift(middle, 16));
}

static float softmax_inverse(float v) {
    return 1.0f / (1.0f + v) * 32768;
}

static int32_t softmax_inverse_entry(int32_t i) {
    const float range = 1.0f / 65535 * 65535, step = range / SOFTMAX_STEPS;
    float v = (float)i * step;
    int32_t now = te_round(softmax_inverse(v));
    if (i == SOFTMAX_STEPS) {
        return te_round(softmax_inverse(range));
    }
    int32_t interpolated = te_round((softmax_inverse((float)(i + 1) * step) + (float)now) / 2);
    return softmax_corrected(now, interpolated, te_round(softmax_inverse(v + step / 2)));
}

/* The table at an int16, of which the upper 9 bits choose the step. */
static int32_t softmax_look_up(int32_t (*entry)(int32_t i), int32_t v) {
    int32_t i = (v >> 7) + 256, base = entry(i), slope = entry(i + 1) - base;
    return base + ((slope * (v & 127) + 64) >> 7);
}

int te_softmax_scale_s16(te_op_t *op, const te_desc_t *x, te_softmax_t *p) {
    if (p->depth > 65535) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than %d classes are not supported", 65535);
    }
    p->scale = te_scale_wide(x->scale, p->beta, UINT64_C(0x5000500050005), -63);  /* 10 / 65535 in double */
    return p->scale.shift <= 15 ? TE_OK
        : te_op_fail(op, TE_ERR_UNSUPPORTED, "an input scale times beta this large is not supported", 0);
}

/* The exponentials wait in y for the sum's reciprocal. */
void te_softmax_row_s16(const te_softmax_t *p, const int16_t *x, int16_t *y) {
    int32_t max = INT16_MIN, sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        max = x[i] > max ? x[i] : max;
    }
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t v = te_clamp(te_rescale(x[i] - max, p->scale) + INT16_MAX, INT16_MIN, INT16_MAX);
        y[i] = (int16_t)softmax_look_up(softmax_exp_entry, v);
        sum += y[i];
    }
    int32_t up = __builtin_clz((uint32_t)sum) - 1, down = 30 - up;
    int32_t above_1 = (int32_t)((((uint32_t)sum << up) + (1 << 13)) >> 14) - (1 << 16);  /* the sum's digits less 1, 65536 for 1 */
    int32_t share = softmax_look_up(softmax_inverse_entry, te_clamp(above_1 - (1 << 15), INT16_MIN, INT16_MAX));
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t product = y[i] * share;
        y[i] = (int16_t)te_clamp((product + (1 << (down - 1))) >> down, 0, INT16_MAX);
    }
}
