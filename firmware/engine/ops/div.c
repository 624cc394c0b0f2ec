/* SPDX-License-Identifier: MIT
 * DIV: y = a / b.
 *
 * int8: a times the reciprocal of b in fixed point, brought to the output's scale, as TFLM does. */
#include "broadcast.h"

enum { DIV_ACTIVATION };

#define DIV_MAX_SHIFT 23  /* quotients are shifted by 23 bits and more to the right */

typedef struct {
    te_binary_t tensors;
    te_range_t range;
    te_scale_t scale;  /* int8: a's over b's and the output's */
    int16_t a_zero, b_zero, y_zero;
} te_div_t;

static int div_scales(te_op_t *op, const te_desc_t *in, const te_desc_t *y, te_div_t *p) {
    p->scale = te_scale_over(in[0].scale, in[1].scale, y->scale);
    p->a_zero = (int16_t)in[0].zero_point;
    p->b_zero = (int16_t)in[1].zero_point;
    p->y_zero = (int16_t)y->zero_point;
    if (p->scale.shift > DIV_MAX_SHIFT) {
        return te_op_fail(op, TE_ERR_MODEL, "its scales are far too large for the output's", 0);
    }
    return TE_OK;
}

static int div_prepare(te_op_t *op, void *params) {
    te_div_t *p = params;
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, TE_DIV_OPTIONS));
    TE_TRY(te_arithmetic(op, in, &y, &p->tensors));
    TE_TRY(te_activation(op, DIV_ACTIVATION, &y, &p->range));
    return te_is(y.type, TE_INT8) ? div_scales(op, in, &y, p) : TE_OK;
}

/* By how many bits x >= 0 can be shifted to the left. */
static int32_t div_room(int32_t x) {
    return x ? __builtin_clz((uint32_t)x) - 1 : 31;
}

/* x / 2^n, rounded, for n < 32. Beyond, where a small dividend or 0 leads, TFLM shifts by more than a word has bits;
 * this is what its official interpreter (x86-64) makes of that, a dividend of 0 among it: 1, not 0. */
static int32_t div_shift(int32_t x, int32_t n) {
    n &= 63;
    return n < 32 ? te_round_shift(x, n) : (x >> (n & 31)) + (x >= 0);
}

/* a / b times a scale, b > 0. */
static int32_t div_scaled(int32_t a, int32_t b, te_scale_t scale) {
    int32_t up = __builtin_clz((uint32_t)b), room = div_room(a < 0 ? ~a : a);
    int32_t reciprocal = te_reciprocal((int32_t)(((uint32_t)b << up) - (UINT32_C(1) << 31)));
    int32_t quotient = te_high_mul((int32_t)((uint32_t)a << room), reciprocal);
    int32_t down = 31 - up + room - scale.shift;
    return div_shift(te_high_mul(quotient, scale.mult), down);
}

static int32_t div_quantised(const te_run_t *r, int32_t a, int32_t b, te_scale_t scale) {
    if (b == 0) {
        te_fault(r->model, "it divides by 0", 0);
        return 0;
    }
    return b < 0 ? div_scaled(-a, -b, scale) : div_scaled(a, b, scale);
}

static void div_s8(const void *params, const te_run_t *r) {
    te_div_t p = *(const te_div_t *)params;
    TE_EACH(r, int8_t, int8_t, te_clamp(div_quantised(r, a - p.a_zero, b - p.b_zero, p.scale),
        p.range.low - p.y_zero, p.range.high - p.y_zero) + p.y_zero);
}

/* Cut towards 0; the one quotient that does not fit wraps. */
static int32_t div_whole(const te_run_t *r, int32_t a, int32_t b) {
    if (b == 0) {
        te_fault(r->model, "it divides by 0", 0);
        return 0;
    }
    return b == -1 ? (int32_t)(0 - (uint32_t)a) : a / b;
}

static void div_s32(const void *params, const te_run_t *r) {
    te_range_t range = ((const te_div_t *)params)->range;
    TE_EACH(r, int32_t, int32_t, te_clamp(div_whole(r, a, b), range.low, range.high));
}

static void div_f32(const void *params, const te_run_t *r) {
    te_range_t range = ((const te_div_t *)params)->range;
    TE_EACH(r, float, float, te_clamp_f32(a / b, te_bits_f32(range.low), te_bits_f32(range.high)));
}

static const te_run_table_t div_table = {TE_S8(div_s8), TE_S32(div_s32), TE_F32(div_f32)};

static void div_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &div_table);
}

const te_row_t te_row_div = {"DIV", "*[bif]=:=", 42, sizeof(te_div_t), div_prepare, div_run};
