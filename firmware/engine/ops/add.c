/* SPDX-License-Identifier: MIT
 * ADD: y = a + b, with NumPy's broadcasting.
 *
 * int8: both inputs are brought, 20 bits to the left, to twice the greater of their scales, added, and brought
 * to the output's scale; each step rounds as TFLM does. */
#include "op.h"

enum { ADD_ACTIVATION };

typedef struct {
    te_ref_t a, b, y;
    int32_t size[TE_MAX_RANK];  /* neighbouring dimensions that are broadcast alike, taken together */
    uint8_t n, a_moves, b_moves;  /* how many; bit i: the input has size[i], not 1 */
    uint8_t type;
    int16_t a_zero, b_zero, y_zero;
    te_scale_t a_scale, b_scale, y_scale;
    te_range_t range;
} add_t;

static int32_t add_dim(const te_desc_t *t, int rank, int axis) {
    int own = axis - (rank - t->rank);
    return own < 0 ? 1 : t->shape[own];
}

/* Walks the dimensions from the first to the last and joins those that are broadcast alike. */
static int add_broadcast(te_op_t *op, const te_desc_t *a, const te_desc_t *b, const te_desc_t *y, add_t *p) {
    int rank = a->rank > b->rank ? a->rank : b->rank;
    if (y->rank != rank) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d dimensions", rank);
    }
    p->n = p->a_moves = p->b_moves = 0;
    for (int i = 0; i < rank; i++) {
        int32_t from_a = add_dim(a, rank, i), from_b = add_dim(b, rank, i), size = from_a > from_b ? from_a : from_b;
        if ((from_a != size && from_a != 1) || (from_b != size && from_b != 1)) {
            return te_op_fail(op, TE_ERR_MODEL, "dimension %d of its inputs does not agree", i);
        }
        TE_TRY(te_op_out_dim(op, y, i, size));
        if (size == 1) {
            continue;
        }
        uint32_t moves_a = from_a == size, moves_b = from_b == size, last = p->n - 1u;
        if (p->n && (p->a_moves >> last & 1u) == moves_a && (p->b_moves >> last & 1u) == moves_b) {
            p->size[last] *= size;
            continue;
        }
        p->a_moves |= (uint8_t)(moves_a << p->n);
        p->b_moves |= (uint8_t)(moves_b << p->n);
        p->size[p->n++] = size;
    }
    return TE_OK;
}

static int add_int8(te_op_t *op, const te_desc_t *a, const te_desc_t *b, const te_desc_t *y, add_t *p) {
    float greater = a->scale > b->scale ? a->scale : b->scale;
    p->a_scale = te_scale(a->scale, 0.5f, greater);
    p->b_scale = te_scale(b->scale, 0.5f, greater);
    p->y_scale = te_scale(greater, 2.0f / (1 << 20), y->scale);
    if (p->y_scale.shift > 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an output scale this small is not supported", 0);
    }
    p->a_zero = (int16_t)a->zero_point;
    p->b_zero = (int16_t)b->zero_point;
    p->y_zero = (int16_t)y->zero_point;
    return TE_OK;
}

static int add_prepare(te_op_t *op, void *params) {
    add_t *p = params;
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, TE_ADD_OPTIONS));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_per_tensor(op, &y));
    for (uint32_t i = 0; i < 2; i++) {
        TE_TRY(te_op_input(op, i, &in[i]));
        TE_TRY(te_op_same_type(op, &in[i], &y));
        TE_TRY(te_op_per_tensor(op, &in[i]));
        if (in[i].count == y.count) {
            op->lag[i].forward = 0;
        }
    }
    TE_TRY(add_broadcast(op, &in[0], &in[1], &y, p));
    if (y.type == TE_INT8) {
        TE_TRY(add_int8(op, &in[0], &in[1], &y, p));
    }
    TE_TRY(te_activation(op, ADD_ACTIVATION, &y, &p->range));
    p->type = y.type;
    p->a = te_op_in_at(op, 0);
    p->b = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    return TE_OK;
}

/* Index of the element of an input that starts run i; a run is the last group of dimensions. */
static int32_t add_start(const add_t *p, uint32_t moves, int32_t i) {
    int32_t at = 0, stride = moves >> (p->n - 1) & 1 ? p->size[p->n - 1] : 1;
    for (int g = p->n - 2; g >= 0; g--) {
        if (moves >> g & 1) {
            at += i % p->size[g] * stride;
            stride *= p->size[g];
        }
        i /= p->size[g];
    }
    return at;
}

/* Elements of an input from one element of a run to the next: 1, or 0 if it is broadcast. */
static int32_t add_step(const add_t *p, uint32_t moves) {
    return p->n ? moves >> (p->n - 1) & 1 : 0;
}

static void add_run_s8(const add_t *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t n) {
    int32_t a_step = add_step(p, p->a_moves), b_step = add_step(p, p->b_moves);
    for (int32_t i = 0; i < n; i++, a += a_step, b += b_step) {
        int32_t sum = te_rescale((*a - p->a_zero) * (1 << 20), p->a_scale)
            + te_rescale((*b - p->b_zero) * (1 << 20), p->b_scale);
        sum = te_rescale(sum, p->y_scale) + p->y_zero;
        y[i] = (int8_t)te_clamp(sum, p->range.low, p->range.high);
    }
}

static void add_run_f32(const add_t *p, const uint8_t *a, const uint8_t *b, float *y, int32_t n) {
    int32_t a_step = 4 * add_step(p, p->a_moves), b_step = 4 * add_step(p, p->b_moves);
    float low = te_bits_f32(p->range.low), high = te_bits_f32(p->range.high);
    for (int32_t i = 0; i < n; i++, a += a_step, b += b_step) {
        y[i] = te_clamp_f32(te_load_f32(a) + te_load_f32(b), low, high);
    }
}

static void add_run(const te_model_t *m, const void *params) {
    const add_t *p = params;
    const uint8_t *a = te_in(m, p->a), *b = te_in(m, p->b);
    uint8_t *y = te_out(m, p->y);
    int32_t n = p->n ? p->size[p->n - 1] : 1, runs = 1;
    for (int g = 0; g + 1 < p->n; g++) {
        runs *= p->size[g];
    }
    for (int32_t i = 0; i < runs; i++) {
        int32_t from_a = p->n ? add_start(p, p->a_moves, i) : 0, from_b = p->n ? add_start(p, p->b_moves, i) : 0;
        if (p->type == TE_INT8) {
            add_run_s8(p, (const int8_t *)a + from_a, (const int8_t *)b + from_b, (int8_t *)y + i * n, n);
        } else {
            add_run_f32(p, a + 4 * from_a, b + 4 * from_b, (float *)y + i * n, n);
        }
    }
}

const te_row_t te_row_add = {"ADD", 0, sizeof(add_t), add_prepare, add_run};
