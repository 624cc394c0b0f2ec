/* SPDX-License-Identifier: MIT
 * BATCH_MATMUL: y[..., i, j] = sum over k of a[..., i, k] * b[..., k, j], with either matrix stored transposed if its
 * option says so; the dimensions before are broadcast. Nothing is transposed in memory. */
#include "op.h"

enum { MATMUL_ADJ_A, MATMUL_ADJ_B, MATMUL_OPTIONS = 101 };

#define MATMUL_BATCHES 3  /* dimensions before the matrix */

/* One input's elements from one index to the next. */
typedef struct {
    te_ref_t at;
    int32_t batch[MATMUL_BATCHES];
    int32_t line, depth;  /* i of a or j of b; k */
    int16_t zero;
} matmul_side_t;

typedef struct {
    matmul_side_t a, b;
    te_ref_t y;
    int32_t batch[MATMUL_BATCHES];
    int32_t rows, columns, depth;
    te_scale_t scale;
    int16_t y_zero;
    uint8_t type;
} matmul_t;

/* Dimension i of five, if those that a tensor lacks are 1. */
static int32_t matmul_dim(const te_desc_t *t, int i) {
    int own = i - (MATMUL_BATCHES + 2 - t->rank);
    return own < 0 ? 1 : t->shape[own];
}

static void matmul_side(te_op_t *op, uint32_t slot, const te_desc_t *t, bool depth_last, matmul_side_t *s) {
    int32_t last = matmul_dim(t, 4), step = last * matmul_dim(t, 3);
    s->at = te_op_in_at(op, slot);
    s->line = depth_last ? last : 1;
    s->depth = depth_last ? 1 : last;
    s->zero = (int16_t)t->zero_point;
    for (int i = MATMUL_BATCHES; i-- > 0;) {
        s->batch[i] = matmul_dim(t, i) == 1 ? 0 : step;
        step *= matmul_dim(t, i);
    }
}

static int matmul_shapes(te_op_t *op, const te_desc_t *a, const te_desc_t *b, const te_desc_t *y, bool adj_a, bool adj_b,
    matmul_t *p) {
    if (a->rank < 2 || b->rank < 2 || a->rank > 5 || b->rank > 5) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "inputs must have 2 to 5 dimensions", 0);
    }
    int rank = a->rank > b->rank ? a->rank : b->rank;
    if (y->rank != rank) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d dimensions", rank);
    }
    p->rows = matmul_dim(a, adj_a ? 4 : 3);
    p->columns = matmul_dim(b, adj_b ? 3 : 4);
    p->depth = matmul_dim(a, adj_a ? 3 : 4);
    if (matmul_dim(b, adj_b ? 4 : 3) != p->depth) {
        return te_op_fail(op, TE_ERR_MODEL, "the matrices do not suit each other: one is %d deep", p->depth);
    }
    for (int i = 0; i < MATMUL_BATCHES; i++) {
        int32_t of_a = matmul_dim(a, i), of_b = matmul_dim(b, i);
        p->batch[i] = of_a == 1 ? of_b : of_a;
        if (of_b != p->batch[i] && of_b != 1) {
            return te_op_fail(op, TE_ERR_MODEL, "%d matrices cannot be broadcast", of_b);
        }
        if (i >= 5 - rank) {
            TE_TRY(te_op_out_dim(op, y, i - (5 - rank), p->batch[i]));
        }
    }
    TE_TRY(te_op_out_dim(op, y, rank - 2, p->rows));
    return te_op_out_dim(op, y, rank - 1, p->columns);
}

static int matmul_scale(te_op_t *op, const te_desc_t *a, const te_desc_t *b, const te_desc_t *y, matmul_t *p) {
    float product = a->scale * b->scale;
    if (te_is(p->type, TE_FLOAT32)) {
        return TE_OK;
    }
    if (!(product > 0 && product <= 3.4e38f)) {
        return te_op_fail(op, TE_ERR_MODEL, "the product of its scales is not a positive number", 0);
    }
    p->scale = te_scale(product, 1, y->scale);
    if (p->scale.shift > (te_is(p->type, TE_INT8) ? 30 : 7)) {
        return te_op_fail(op, TE_ERR_MODEL, "its scales are far too large for the output's", 0);
    }
    p->y_zero = (int16_t)y->zero_point;
    return TE_OK;
}

static int matmul_prepare(te_op_t *op, void *params) {
    matmul_t *p = params;
    te_desc_t a, b, y;
    TE_TRY(te_op_slots(op, 2, 2, MATMUL_OPTIONS));
    TE_TRY(te_op_input(op, 0, &a));
    TE_TRY(te_op_input(op, 1, &b));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_quantised(op, &a));
    TE_TRY(te_op_quantised(op, &b));
    TE_TRY(te_op_quantised(op, &y));
    bool adj_a = te_fb_field_u8(&op->graph->file, &op->options, MATMUL_ADJ_A, 0) != 0;
    bool adj_b = te_fb_field_u8(&op->graph->file, &op->options, MATMUL_ADJ_B, 0) != 0;
    TE_TRY(matmul_shapes(op, &a, &b, &y, adj_a, adj_b, p));
    p->type = a.type;
    TE_TRY(matmul_scale(op, &a, &b, &y, p));
    matmul_side(op, 0, &a, !adj_a, &p->a);
    matmul_side(op, 1, &b, adj_b, &p->b);
    p->y = te_op_out_at(op);
    op->macs = (uint64_t)y.count * (uint32_t)p->depth;
    return TE_OK;
}

static int32_t matmul_load_i16(const uint8_t *at) {
    int16_t v;
    memcpy(&v, at, sizeof(v));
    return v;
}

/* The next three sum a[k] * b[k]; a and b are bytes, as they may lie anywhere in the file. Sums wrap as TFLM's do. */
static int32_t matmul_sum_s8(const matmul_t *p, const uint8_t *a, const uint8_t *b) {
    uint32_t sum = 0;
    for (int32_t k = 0; k < p->depth; k++, a += p->a.depth, b += p->b.depth) {
        sum += (uint32_t)(((int8_t)*a - p->a.zero) * ((int8_t)*b - p->b.zero));
    }
    return (int32_t)sum;
}

static int64_t matmul_sum_s16(const matmul_t *p, const uint8_t *a, const uint8_t *b) {
    int64_t sum = 0;
    for (int32_t k = 0; k < p->depth; k++, a += 2 * p->a.depth, b += 2 * p->b.depth) {
        sum += (int64_t)matmul_load_i16(a) * matmul_load_i16(b);
    }
    return sum;
}

static float matmul_sum_f32(const matmul_t *p, const uint8_t *a, const uint8_t *b) {
    float sum = 0;
    for (int32_t k = 0; k < p->depth; k++, a += 4 * p->a.depth, b += 4 * p->b.depth) {
        sum += te_load_f32(a) * te_load_f32(b);
    }
    return sum;
}

/* Element `at` of y from element 0 of a row of a and of a column of b. */
static void matmul_element(const matmul_t *p, const uint8_t *a, const uint8_t *b, void *y, int32_t at) {
    if (te_is(p->type, TE_INT8)) {
        int32_t v = te_rescale(matmul_sum_s8(p, a, b), p->scale);
        ((int8_t *)y)[at] = (int8_t)(te_clamp(v, INT8_MIN - p->y_zero, INT8_MAX - p->y_zero) + p->y_zero);
    } else if (te_is(p->type, TE_INT16)) {
        int32_t v = te_rescale_wide(matmul_sum_s16(p, a, b), p->scale);
        ((int16_t *)y)[at] = (int16_t)te_clamp(v, INT16_MIN, INT16_MAX);
    } else {
        ((float *)y)[at] = matmul_sum_f32(p, a, b);
    }
}

static void matmul_matrix(const matmul_t *p, const uint8_t *a, const uint8_t *b, void *y, int32_t at) {
    int32_t size = (int32_t)te_type_size(p->type);
    for (int32_t i = 0; i < p->rows; i++) {
        for (int32_t j = 0; j < p->columns; j++) {
            matmul_element(p, a + i * p->a.line * size, b + j * p->b.line * size, y, at++);
        }
    }
}

/* Where the matrix of a batch starts in an input. */
static const uint8_t *matmul_start(const te_model_t *m, const matmul_t *p, const matmul_side_t *s, int32_t batch) {
    int32_t last = batch % p->batch[2], middle = batch / p->batch[2] % p->batch[1];
    int32_t first = batch / p->batch[2] / p->batch[1];
    int32_t at = first * s->batch[0] + middle * s->batch[1] + last * s->batch[2];
    return (const uint8_t *)te_in(m, s->at) + at * (int32_t)te_type_size(p->type);
}

static void matmul_run(const te_model_t *m, const void *params) {
    const matmul_t *p = params;
    int32_t batches = p->batch[0] * p->batch[1] * p->batch[2];
    for (int32_t n = 0; n < batches; n++) {
        matmul_matrix(p, matmul_start(m, p, &p->a, n), matmul_start(m, p, &p->b, n), te_out(m, p->y),
            n * p->rows * p->columns);
    }
}

const te_row_t te_row_batch_matmul = {"BATCH_MATMUL", "*[bhf]=:=", 126, sizeof(matmul_t), matmul_prepare, matmul_run};
