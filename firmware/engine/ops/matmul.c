/* SPDX-License-Identifier: MIT
 * The reference of the dense int8 kernels: rows of int16, from which the zero point was taken. */
#include "kernels.h"

#define MATMUL_ROWS 4

int32_t te_block_rows(int32_t depth, int32_t left) {
    (void)depth;
    return left < MATMUL_ROWS ? left : MATMUL_ROWS;
}

uint32_t te_block_size(int32_t depth, int32_t left) {
    return (uint32_t)(te_block_rows(depth, left) * depth) * sizeof(int16_t);
}

void te_block_begin(const te_block_t *b) {
    (void)b;
}

void te_block_put(const te_block_t *b, int32_t row, int32_t at, const int8_t *x, int32_t n) {
    int16_t *to = (int16_t *)b->data + row * b->depth + at;
    for (int32_t i = 0; i < n; i++) {
        to[i] = (int16_t)(x[i] - b->x_zero);
    }
}

void te_block_pad(const te_block_t *b, int32_t row, int32_t at, int32_t n) {
    memset((int16_t *)b->data + row * b->depth + at, 0, (uint32_t)n * sizeof(int16_t));
}

void te_matmul_s8(const te_matmul_t *m, const te_block_t *b, int8_t *y) {
    for (int32_t c = 0; c < m->channels; c++) {
        const int8_t *k = m->k + c * m->depth;
        for (int32_t r = 0; r < b->rows; r++) {
            const int16_t *x = (const int16_t *)b->data + r * m->depth;
            int32_t sum = 0;
            for (int32_t i = 0; i < m->depth; i++) {
                sum += x[i] * k[i];
            }
            te_finish_s8(m->finish, m->first + c, 1, &sum, y + r * m->y_step + c);
        }
    }
}

void te_matvec_s8(const te_matmul_t *m, const int8_t *x, int8_t *y) {
    for (int32_t c = 0; c < m->channels; c++) {
        int32_t sum = te_dot_s8(x, m->k + c * m->depth, m->depth, -m->x_zero);
        te_finish_s8(m->finish, m->first + c, 1, &sum, y + c);
    }
}
