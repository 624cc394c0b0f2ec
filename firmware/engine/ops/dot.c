/* SPDX-License-Identifier: MIT
 * The innermost loops of dense int8 operators: about 3.5 instructions a multiply-accumulate on a Cortex-M4. */
#include "op.h"

void te_dot4_s8(const int8_t *x, const int8_t *k, int32_t k_step, int32_t n, int32_t offset, int32_t *sum) {
    const int8_t *k1 = k + k_step, *k2 = k1 + k_step, *k3 = k2 + k_step;
    int32_t s0 = sum[0], s1 = sum[1], s2 = sum[2], s3 = sum[3];
    for (int32_t i = 0; i < n; i++) {
        int32_t v = x[i] + offset;
        s0 += k[i] * v;
        s1 += k1[i] * v;
        s2 += k2[i] * v;
        s3 += k3[i] * v;
    }
    sum[0] = s0, sum[1] = s1, sum[2] = s2, sum[3] = s3;
}

int32_t te_dot_s8(const int8_t *x, const int8_t *k, int32_t n, int32_t offset) {
    int32_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        sum += k[i] * (x[i] + offset);
    }
    return sum;
}

int32_t te_dot_s4(const int8_t *x, const uint8_t *k, int32_t first, int32_t n, int32_t offset) {
    int32_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        sum += te_load_i4(k, first + i) * (x[i] + offset);
    }
    return sum;
}

int64_t te_dot_s16(const int16_t *x, const int8_t *k, int32_t n) {
    int64_t sum = 0;
    for (int32_t i = 0; i < n; i++) {
        sum += k[i] * x[i];
    }
    return sum;
}
