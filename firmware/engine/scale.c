/* SPDX-License-Identifier: MIT
 * Real factors as multiplier and shift, bit for bit what TFLM's double arithmetic gives. */
#include "scale.h"

#include <string.h>

/* x = mantissa * 2^(exponent - 24), mantissa in [2^23, 2^24); x positive and finite. */
static uint32_t scale_split(float x, int32_t *exponent) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    uint32_t mantissa = bits & 0x7FFFFF;
    *exponent = (int32_t)(bits >> 23) - 126;
    if (*exponent > -126) {
        return mantissa | 0x800000;
    }
    int up = __builtin_clz(mantissa) - 8;  /* denormal */
    *exponent = -125 - up;
    return mantissa << up;
}

/* mult, still unnormalised: 2^30 .. 2^31. */
static te_scale_t scale_make(uint32_t rounded, int32_t exponent) {
    te_scale_t s = {(int32_t)rounded, exponent};
    if (rounded == UINT32_C(1) << 31) {
        s.mult = 1 << 30;
        s.shift++;
    }
    if (s.shift < -31) {  /* so small that every product rounds to 0 */
        s.mult = 0;
        s.shift = 0;
    }
    return s;
}

/* n / d * 2^(exponent - 1), n and d below 2^53. Divides bit by bit, which is seldom and short. The last bit of q is half
 * a unit of the multiplier. In double the quotient was first rounded to 53 bits, which carries a remainder of all but
 * d / 2^22 up to the next half, and that half then rounds up. */
static te_scale_t scale_quotient(uint64_t n, uint64_t d, int32_t exponent) {
    for (; d <= n >> 1; exponent++) {
        d <<= 1;
    }
    for (; n < d; exponent--) {
        n <<= 1;
    }
    uint64_t q = 1, rest = n - d;  /* n / d = 1 .. 2 */
    for (int i = 0; i < 31; i++) {
        rest <<= 1;
        q = 2 * q + (rest >= d);
        rest -= rest >= d ? d : 0;
    }
    q += d - rest <= d >> 22;
    return scale_make((uint32_t)((q + 1) >> 1), exponent);
}

te_ratio_t te_ratio(float factor, float divisor) {
    te_ratio_t r;
    int32_t over, under;
    r.factor = scale_split(factor, &over);
    r.divisor = scale_split(divisor, &under);
    r.exponent = over - under;
    r.ratio = (r.factor << 7) / r.divisor;
    for (uint32_t i = 0, rest = (r.factor << 7) % r.divisor; i < 4; i++) {  /* 8 bits at a time */
        r.ratio = r.ratio << 8 | (rest << 8) / r.divisor;
        rest = (rest << 8) % r.divisor;
    }
    return r;
}

/* In 32-bit steps: this runs once a channel and run. */
te_scale_t te_ratio_times(const te_ratio_t *r, float x) {
    int32_t own, exponent;
    uint32_t mantissa = scale_split(x, &own);
    uint64_t v = r->ratio * mantissa;  /* 61 to 64 bits; too small by less than 2^24 */
    uint32_t high = (uint32_t)(v >> 32), low = (uint32_t)v;
    int up = __builtin_clz(high);
    uint32_t q = high << up | low >> 1 >> (31 - up), rest = low << up;
    uint32_t doubt = ((1u << 24) + (1u << 11)) << up;  /* so close to the next q */
    exponent = own + r->exponent;
    if (rest < 0 - doubt) {
        return scale_make((q >> 1) + (q & 1), exponent + 1 - up);
    }
    return scale_quotient((uint64_t)r->factor * mantissa, r->divisor, exponent - 23);
}

te_scale_t te_scale(float a, float b, float c) {
    te_ratio_t r = te_ratio(a, c);
    return te_ratio_times(&r, b);
}

te_scale_t te_scale_over(float a, float b, float c) {
    int32_t e_a, e_b, e_c;
    uint64_t n = (uint64_t)scale_split(a, &e_a) << 24, d = (uint64_t)scale_split(b, &e_b) * scale_split(c, &e_c);
    return scale_quotient(n, d, e_a - e_b - e_c + 1);
}

te_scale_t te_scale_wide(float a, float b, uint64_t divisor, int32_t exponent) {
    int32_t e_a, e_b;
    uint64_t n = (uint64_t)scale_split(a, &e_a) * scale_split(b, &e_b);
    return scale_quotient(n, divisor, e_a + e_b - 48 - exponent + 1);
}

int32_t te_round(float x) {
    if (!(x > -2147483648.0f)) {
        return x == x ? INT32_MIN : 0;
    }
    if (x >= 2147483648.0f) {
        return INT32_MAX;
    }
    int32_t whole = (int32_t)x;
    float rest = x - (float)whole;
    return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

/* x * 4, saturated. */
static int32_t scale_shift_2(int32_t x) {
    const int32_t limit = (1 << 29) - 1;
    return x > limit ? INT32_MAX : x < -limit ? INT32_MIN : x * 4;
}

int32_t te_quotient(int32_t a) {
    const int32_t start = 1515870810, slope = -1010580540;  /* 48/17 and -32/17 */
    int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x = start + te_high_mul(half, slope);
    for (int i = 0; i < 3; i++) {
        x += scale_shift_2(te_high_mul(x, (1 << 29) - te_high_mul(half, x)));
    }
    return x;
}

int32_t te_reciprocal(int32_t a) {
    int32_t x = te_quotient(a);
    return x > (1 << 30) - 1 ? INT32_MAX : x * 2;
}
