/* SPDX-License-Identifier: MIT
 * ARG_MAX, ARG_MIN: the index, int32, of the first greatest or least number along an axis. Scales do not matter. A NaN
 * is never greater or less, and nothing is than a NaN that stands first. */
#include "move.h"

typedef struct {
    te_ref_t x, y;
    int32_t outer, size, inner;  /* the input as [outer, size, inner], size along the axis */
    uint8_t type;
} arg_max_t;

/* The output must be x without the axis. */
static int arg_max_output(te_op_t *op, const te_desc_t *x, int axis) {
    te_desc_t y;
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_move_rank(op, &y, x->rank - 1));
    for (int i = 0; i < y.rank; i++) {
        TE_TRY(te_op_out_dim(op, &y, i, x->shape[i + (i >= axis)]));
    }
    return TE_OK;
}

static int arg_max_prepare(te_op_t *op, void *params) {
    arg_max_t *p = params;
    te_desc_t x, axes;
    int axis;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_constant_wholes(op, 1, 1, &axes));
    TE_TRY(te_move_axis(op, te_constant_whole(op, &axes, 0), x.rank, &axis));
    TE_TRY(arg_max_output(op, &x, axis));
    p->outer = te_product(&x, 0, axis);
    p->size = x.shape[axis];
    p->inner = te_product(&x, axis + 1, x.rank);
    p->type = x.type;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return TE_OK;
}

#define ARG_MAX_EACH(type, better) \
    do { \
        const type *x = from; \
        int32_t best = 0; \
        for (int32_t i = 1; i < p->size; i++) { \
            type now = x[i * p->inner], then = x[best * p->inner]; \
            best = better ? i : best; \
        } \
        return best; \
    } while (0)

/* The index of the best of `size` numbers that lie `inner` elements apart. */
typedef int32_t (*arg_max_function_t)(const arg_max_t *p, const void *from);

static int32_t arg_max_s8(const arg_max_t *p, const void *from) {
    ARG_MAX_EACH(int8_t, now > then);
}

static int32_t arg_max_f32(const arg_max_t *p, const void *from) {
    ARG_MAX_EACH(float, now > then);
}

static int32_t arg_min_s8(const arg_max_t *p, const void *from) {
    ARG_MAX_EACH(int8_t, now < then);
}

static int32_t arg_min_f32(const arg_max_t *p, const void *from) {
    ARG_MAX_EACH(float, now < then);
}

static void arg_max_each(const te_model_t *m, const arg_max_t *p, arg_max_function_t best) {
    const uint8_t *x = te_in(m, p->x);
    int32_t *y = te_out(m, p->y), size = (int32_t)te_type_size(p->type);
    for (int32_t i = 0; i < p->outer; i++, x += p->size * p->inner * size) {
        for (int32_t k = 0; k < p->inner; k++) {
            *y++ = best(p, x + k * size);
        }
    }
}

static void arg_max_run(const te_model_t *m, const void *params) {
    const arg_max_t *p = params;
    arg_max_each(m, p, te_is(p->type, TE_INT8) ? arg_max_s8 : arg_max_f32);
}

static void arg_min_run(const te_model_t *m, const void *params) {
    const arg_max_t *p = params;
    arg_max_each(m, p, te_is(p->type, TE_INT8) ? arg_min_s8 : arg_min_f32);
}

const te_row_t te_row_arg_max = {"ARG_MAX", "*[bf]i:i", 56, sizeof(arg_max_t), arg_max_prepare, arg_max_run};
const te_row_t te_row_arg_min = {"ARG_MIN", "*[bf]i:i", 79, sizeof(arg_max_t), arg_max_prepare, arg_min_run};
