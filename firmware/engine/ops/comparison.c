/* SPDX-License-Identifier: MIT
 * EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL: y = a relation b, bool.
 *
 * int8: both sides are first brought, 8 bits to the left, to their real values and rounded, as TFLM does; numbers
 * that are nearer than 1/256 are equal. */
#include "broadcast.h"

enum { COMPARISON_LESS = 1, COMPARISON_EQUAL = 2, COMPARISON_GREATER = 4, COMPARISON_UNORDERED = 8 };

typedef struct {
    te_binary_t tensors;
    te_scale_t a_scale, b_scale;  /* int8; below 1 */
    int16_t a_zero, b_zero;
    uint8_t accepted;             /* the outcomes that are true */
} comparison_t;

static int comparison_scales(te_op_t *op, const te_desc_t *in, comparison_t *p) {
    TE_TRY(te_op_quantised(op, &in[0]));
    TE_TRY(te_op_quantised(op, &in[1]));
    p->a_scale = te_scale(in[0].scale, 1, 1);
    p->b_scale = te_scale(in[1].scale, 1, 1);
    if (p->a_scale.shift > 0 || p->b_scale.shift > 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "scales of 1 and more are not supported", 0);
    }
    p->a_zero = (int16_t)in[0].zero_point;
    p->b_zero = (int16_t)in[1].zero_point;
    return TE_OK;
}

static int comparison_prepare(te_op_t *op, comparison_t *p, int accepted) {
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_binary(op, in, &y, &p->tensors));
    p->accepted = (uint8_t)accepted;
    return in[0].type == TE_INT8 ? comparison_scales(op, in, p) : TE_OK;
}

#define COMPARISON_OUTCOME(a, b) \
    ((a) < (b) ? COMPARISON_LESS : (a) == (b) ? COMPARISON_EQUAL : (a) > (b) ? COMPARISON_GREATER : COMPARISON_UNORDERED)

static int comparison_outcome_s32(int32_t a, int32_t b) {
    return COMPARISON_OUTCOME(a, b);
}

static void comparison_s8(const void *params, const te_run_t *r) {
    comparison_t p = *(const comparison_t *)params;
    TE_EACH(r, int8_t, uint8_t, (p.accepted & comparison_outcome_s32(
        te_rescale_down((a - p.a_zero) * (1 << 8), p.a_scale),
        te_rescale_down((b - p.b_zero) * (1 << 8), p.b_scale))) != 0);
}

static void comparison_s32(const void *params, const te_run_t *r) {
    int accepted = ((const comparison_t *)params)->accepted;
    TE_EACH(r, int32_t, uint8_t, (accepted & COMPARISON_OUTCOME(a, b)) != 0);
}

static void comparison_s64(const void *params, const te_run_t *r) {
    int accepted = ((const comparison_t *)params)->accepted;
    TE_EACH(r, int64_t, uint8_t, (accepted & COMPARISON_OUTCOME(a, b)) != 0);
}

static void comparison_f32(const void *params, const te_run_t *r) {
    int accepted = ((const comparison_t *)params)->accepted;
    TE_EACH(r, float, uint8_t, (accepted & COMPARISON_OUTCOME(a, b)) != 0);
}

static void comparison_bool(const void *params, const te_run_t *r) {
    int accepted = ((const comparison_t *)params)->accepted;
    TE_EACH(r, uint8_t, uint8_t, (accepted & COMPARISON_OUTCOME(a != 0, b != 0)) != 0);
}

static const te_run_table_t comparison_table = {.s8 = comparison_s8, .s32 = comparison_s32, .s64 = comparison_s64,
    .f32 = comparison_f32, .boolean = comparison_bool};

static void comparison_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &comparison_table);
}

static int equal_prepare(te_op_t *op, void *params) {
    return comparison_prepare(op, params, COMPARISON_EQUAL);
}

static int not_equal_prepare(te_op_t *op, void *params) {
    return comparison_prepare(op, params, COMPARISON_LESS | COMPARISON_GREATER | COMPARISON_UNORDERED);
}

static int greater_prepare(te_op_t *op, void *params) {
    return comparison_prepare(op, params, COMPARISON_GREATER);
}

static int greater_equal_prepare(te_op_t *op, void *params) {
    return comparison_prepare(op, params, COMPARISON_GREATER | COMPARISON_EQUAL);
}

static int less_prepare(te_op_t *op, void *params) {
    return comparison_prepare(op, params, COMPARISON_LESS);
}

static int less_equal_prepare(te_op_t *op, void *params) {
    return comparison_prepare(op, params, COMPARISON_LESS | COMPARISON_EQUAL);
}

/* TFLM also takes int16 in GREATER, but compares with multipliers that it never sets. */
const te_row_t te_row_equal = {"EQUAL", "[biqf?]=:?", 71, sizeof(comparison_t), equal_prepare, comparison_run};
const te_row_t te_row_not_equal = {"NOT_EQUAL", "[biqf?]=:?",
    72, sizeof(comparison_t), not_equal_prepare, comparison_run};
const te_row_t te_row_greater = {"GREATER", "[biqf]=:?", 61, sizeof(comparison_t), greater_prepare, comparison_run};
const te_row_t te_row_greater_equal = {"GREATER_EQUAL", "[biqf]=:?",
    62, sizeof(comparison_t), greater_equal_prepare, comparison_run};
const te_row_t te_row_less = {"LESS", "[biqf]=:?", 58, sizeof(comparison_t), less_prepare, comparison_run};
const te_row_t te_row_less_equal = {"LESS_EQUAL", "[biqf]=:?",
    63, sizeof(comparison_t), less_equal_prepare, comparison_run};
