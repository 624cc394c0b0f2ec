/* SPDX-License-Identifier: MIT
 * FLOOR_DIV: y = the greatest integer that is not above a / b, of floats.
 *
 * TFLM divides in double precision; here integers give the same floats on machines that have no double. */
#include "broadcast.h"

/* x = mantissa * 2^exponent for a finite x that is not 0; its sign is left out. */
static uint32_t floor_div_split(float x, int32_t *exponent) {
    uint32_t bits = (uint32_t)te_load_i32(&x) & 0x7FFFFFFF, mantissa = bits & 0x7FFFFF;
    *exponent = bits >> 23 ? (int32_t)(bits >> 23) - 150 : -149;
    mantissa |= bits >> 23 ? 0x800000 : 0;
    int up = __builtin_clz(mantissa) - 8;
    *exponent -= up;
    return mantissa << up;
}

/* n < 2^63 as a float, rounded to nearest: once, because the bits that are shifted out leave a mark. */
static float floor_div_float(uint64_t n) {
    float scale = 1;
    for (; n >> 31; scale *= 2) {
        n = n >> 1 | (n & 1);
    }
    return (float)(int32_t)n * scale;
}

/* The quotient of numbers other than 0 and infinite. One of 2^38 and more is as good as whole: a / b. */
static float floor_div_finite(float a, float b) {
    int32_t e_a, e_b;
    uint64_t dividend = floor_div_split(a, &e_a), divisor = floor_div_split(b, &e_b);
    int32_t up = e_a - e_b;
    if (up > 38) {
        return a / b;
    }
    dividend = up < 0 ? 0 : dividend << up;
    bool rest = up < 0 || dividend % divisor != 0;
    uint64_t whole = dividend / divisor;
    return (a < 0) == (b < 0) ? floor_div_float(whole) : -floor_div_float(whole + rest);
}

static float floor_div(const te_run_t *r, float a, float b) {
    if (b == 0) {
        te_fault(r->model, "it divides by 0", 0);
        return 0;
    }
    float q = a / b;
    bool finite = a - a == 0 && b - b == 0 && a != 0;
    return finite ? floor_div_finite(a, b) : q;
}

static void floor_div_f32(const void *params, const te_run_t *r) {
    (void)params;
    TE_EACH(r, float, float, floor_div(r, a, b));
}

static const te_run_table_t floor_div_table = {.f32 = floor_div_f32};

static void floor_div_run(const te_model_t *m, const void *params) {
    te_binary_run(m, params, &floor_div_table);
}

const te_row_t te_row_floor_div = {"FLOOR_DIV", "ff:f", 90, sizeof(te_binary_t), te_binary_prepare, floor_div_run};
