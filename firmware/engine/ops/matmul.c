/* SPDX-License-Identifier: MIT
 * The reference of the dense int8 kernels: rows of int16, from which the zero point was taken. */
#include "kernels.h"

#if TE_KERNELS == TE_REFERENCE

#define DENSE_ROWS 4

int32_t te_block_rows(int32_t depth, int32_t left) {
    (void)depth;
    return left < DENSE_ROWS ? left : DENSE_ROWS;
}

uint32_t te_block_size(int32_t depth, int32_t left) {
    return (uint32_t)(te_block_rows(depth, left) * depth) * sizeof(int16_t);
}

void te_block_begin(te_block_t *b) {
    b->step = b->depth;
}

void te_block_put(const te_block_t *b, int32_t row, const te_runs_t *runs) {
    int16_t *to = (int16_t *)b->data + row * b->step + runs->at;
    const int8_t *x = runs->x;
    for (int32_t i = 0; i < runs->n; i++, x += runs->x_step, to += runs->at_step) {
        for (int32_t j = 0; j < runs->length; j++) {
            to[j] = (int16_t)(x[j] - b->x_zero);
        }
    }
}

void te_block_clear(const te_block_t *b, int32_t row) {
    memset((int16_t *)b->data + row * b->step, 0, (uint32_t)b->depth * sizeof(int16_t));
}

void te_block_fill(te_block_t *b, const int8_t *x) {
    te_block_begin(b);
    for (int32_t i = 0; i < b->rows * b->depth; i++) {
        ((int16_t *)b->data)[i] = (int16_t)(x[i] - b->x_zero);
    }
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

#endif
