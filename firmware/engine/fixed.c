/* SPDX-License-Identifier: MIT
 * Functions in fixed point. */
#include "fixed.h"

int32_t te_fixed_shift(int32_t x, int32_t n) {
    int32_t limit = (int32_t)(UINT32_C(1) << (31 - n)) - 1;
    return n == 0 ? x : x > limit ? INT32_MAX : x < -limit ? INT32_MIN : (int32_t)((uint32_t)x << n);
}

/* exp(a) in Q0.31 for a in [-1/4, 0) in Q0.31: Taylor's series around -1/8. */
static int32_t fixed_exp_quarter(int32_t a) {
    const int32_t exp_eighth = 1895147668, third = 715827883;
    int32_t x = a + (1 << 28);
    int32_t x2 = te_high_mul(x, x), x3 = te_high_mul(x2, x), x4 = te_high_mul(x2, x2);
    int32_t high = te_high_mul(te_round_shift(x4, 2) + x3, third) + x2;
    return exp_eighth + te_high_mul(exp_eighth, x + te_round_shift(high, 1));
}

int32_t te_fixed_exp(int32_t a, int32_t integer_bits) {
    static const int32_t powers[] = {  /* exp(-1/4), exp(-1/2), exp(-1), ... exp(-16) */
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    int32_t bit = 29 - integer_bits;  /* of 1/4 */
    int32_t quarter = (a & ((1 << bit) - 1)) - (1 << bit);
    int32_t result = fixed_exp_quarter(quarter * (1 << integer_bits)), rest = quarter - a;
    for (int32_t i = 0; i < integer_bits + 2; i++) {
        if (rest & (1 << (bit + i))) {
            result = te_high_mul(result, powers[i]);
        }
    }
    return a == 0 ? INT32_MAX : result;
}

/* log(r) + log(2) / 4 in Q6.25 for r in Q0.31 around 2^(-1/4): a quotient of two polynomials. */
static int32_t fixed_log_near(int32_t r) {
    const int32_t centre = 1805811301;
    int32_t half_sum = (int32_t)(((uint32_t)r + (uint32_t)centre + 1) >> 1), q = 2 * (r - centre);
    int32_t square = te_high_mul(q, q);
    int32_t above = te_high_mul(q, r) + te_high_mul(te_high_mul(q, square), 117049297);
    int32_t below = te_high_mul(half_sum, 1057819769 + q + te_high_mul(127690142, square)) + te_high_mul(638450708, q);
    return te_high_mul(te_round_shift(above, 6), te_reciprocal(below));
}

/* x = 2^n r, in two ways: with r below 1 times the root of 1/2, and with r such that this product is below 1/2; the
 * smaller r is the one around 2^(-1/4), and n is greater by 1/4 or less by 1/4 for it. */
int32_t te_fixed_log(int32_t x) {
    const int32_t root_half = 1518500250, log_2 = 1488522236, quarter = 1 << 23;
    int32_t up = __builtin_clz((uint32_t)x) - 1, up_too = __builtin_clz((uint32_t)te_high_mul(x, root_half)) - 1;
    int32_t r = te_fixed_shift(te_high_mul(te_fixed_shift(x, up), root_half), 1), r_too = te_fixed_shift(x, up_too);
    int32_t n = (11 - up) * (1 << 25) + quarter, n_too = (12 - up_too) * (1 << 25) - quarter;
    r = r < r_too ? r : r_too;
    n = n > n_too ? n : n_too;
    return te_fixed_shift(te_high_mul(n, log_2) + fixed_log_near(r), 1);
}

int32_t te_fixed_logistic(int32_t a) {
    if (a == 0) {
        return 1 << 30;
    }
    int32_t y = te_reciprocal(te_fixed_exp(a > 0 ? -a : a, 4));
    return a > 0 ? y : INT32_MAX - y;
}

/* (1 - exp(-2 |a|)) / (1 + exp(-2 |a|)): twice a number in Q4.27 is the same bits in Q5.26. */
int32_t te_fixed_tanh(int32_t a) {
    if (a == 0) {
        return 0;
    }
    int32_t y = te_fixed_shift(te_quotient(te_fixed_exp(a > 0 ? -a : a, 5)) - (1 << 29), 2);
    return a > 0 ? y : -y;
}

/* Newton's method in Q3.28 on x / 4^k in [1/2, 2), five steps from 1. */
te_scale_t te_fixed_rsqrt(int32_t x) {
    const int32_t half_root_2 = 1518500250, three_halves = 3 << 27;
    te_scale_t s = {INT32_MAX, 0};
    if (x <= 1) {
        return s;
    }
    s.shift = -11;
    for (; x >= 1 << 29; x /= 4) {
        s.shift--;
    }
    int32_t pairs = (__builtin_clz((uint32_t)x) - 1) / 2 - 1;
    s.shift += pairs;
    x = (x << 2 * pairs) >> 1;
    s.mult = 1 << 28;
    for (int i = 0; i < 5; i++) {
        int32_t cube = te_fixed_shift(te_high_mul(te_high_mul(s.mult, s.mult), s.mult), 6);
        s.mult = te_fixed_shift(te_high_mul(three_halves, s.mult) - te_high_mul(te_round_shift(x, 1), cube), 3);
    }
    s.mult = te_high_mul(s.mult, half_root_2);
    if (s.shift > 0) {
        s.mult = (int32_t)((uint32_t)s.mult << s.shift);
        s.shift = 0;
    }
    return s;
}
