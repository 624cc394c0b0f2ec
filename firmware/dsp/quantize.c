/* SPDX-License-Identifier: MIT
 * Features to a model's int8 input.
 */
#include "parts.h"

void td_quantize_s8(const int16_t *features, size_t n, int32_t offset, int32_t multiplier,
    int32_t zero_point, int8_t *q) {
    for (size_t i = 0; i < n; i++) {
        int64_t product = ((int64_t)features[i] - offset) * multiplier;
        int64_t value = (product < 0 ? -((32768 - product) >> 16) : (product + 32768) >> 16) + zero_point;
        q[i] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    }
}
