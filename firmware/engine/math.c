/* SPDX-License-Identifier: MIT
 * Functions of floats: reduced to a small interval, and there a polynomial (coefficients after Cephes' single-precision
 * library, S. Moshier). */
#include "math.h"

#include "graph.h"

#define MATH_INFINITY 0x7F800000u
#define MATH_NAN 0x7FC00000u

static uint32_t math_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static float math_float(uint32_t bits) {
    return te_load_f32(&bits);
}

static float math_abs(float x) {
    return math_float(math_bits(x) & 0x7FFFFFFF);
}

/* 2^n, -126 <= n <= 127. */
static float math_power(int32_t n) {
    return math_float((uint32_t)(n + 127) << 23);
}

/* x = n ln 2 + r, |r| <= ln 2 / 2; e^r - 1. */
static float math_reduced_expm1(float x, int32_t *n) {
    *n = te_round(x * 1.44269504f);
    float r = x - (float)*n * 0.693359375f + (float)*n * 2.12194440e-4f;
    float e = 1.9875691500e-4f;
    e = e * r + 1.3981999507e-3f;
    e = e * r + 8.3334519073e-3f;
    e = e * r + 4.1665795894e-2f;
    e = e * r + 1.6666665459e-1f;
    e = e * r + 5.0000001201e-1f;
    return e * r * r + r;
}

float te_exp(float x) {
    if (!(x < 89.0f)) {
        return x == x ? math_float(MATH_INFINITY) : x;
    }
    if (x < -104.0f) {
        return 0;
    }
    int32_t n;
    float e = math_reduced_expm1(x, &n) + 1;
    return e * math_power(n / 2) * math_power(n - n / 2);  /* in two steps, because 2^n may be no normal float */
}

float te_expm1(float x) {
    if (!(x > -17.4f) || x > 88.0f) {
        return te_exp(x) - 1;
    }
    int32_t n;
    float e = math_reduced_expm1(x, &n);
    if (n == 0) {
        return x == 0 ? x : e;
    }
    return e * math_power(n) + (math_power(n) - 1);
}

/* log(1 + f), sqrt(1/2) <= 1 + f < sqrt(2), without its first term f. */
static float math_log_rest(float f) {
    float p = 7.0376836292e-2f, z = f * f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    return p * f * z - 0.5f * z;
}

float te_log(float x) {
    int32_t n = 0;
    if (!(x > 0)) {
        return math_float(x == 0 ? MATH_INFINITY | 0x80000000u : MATH_NAN);
    }
    if (math_bits(x) >= MATH_INFINITY) {
        return x;
    }
    if (math_bits(x) < 0x00800000) {  /* denormal */
        x *= 8388608.0f;
        n = -23;
    }
    uint32_t up = math_bits(x) - 0x3F3504F3;  /* from sqrt(1/2) on */
    n += (int32_t)up >> 23;
    float f = math_float((up & 0x7FFFFF) + 0x3F3504F3) - 1, k = (float)n;
    return f + (math_log_rest(f) - k * 2.12194440e-4f) + k * 0.693359375f;
}

/* Bits of 2 / pi after the point, with 32 zeros in front. */
static const uint32_t math_two_over_pi[] = {
    0, 0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB, 0xDEBBC561};

static uint32_t math_two_over_pi_at(int32_t bit) {
    uint64_t two = (uint64_t)math_two_over_pi[bit >> 5] << 32 | math_two_over_pi[(bit >> 5) + 1];
    return (uint32_t)(two >> (32 - (bit & 31)));
}

/* |x| = (4 i + q) pi / 2 + r with |r| <= pi / 4, exact but for the rounding of r: an integer product with those 96
 * bits of 2 / pi that count modulo 4. 0.5 <= |x|, finite. */
static float math_quadrant(float x, uint32_t *q) {
    uint32_t bits = math_bits(x), m = (bits & 0x7FFFFF) | 0x800000;
    int32_t at = (int32_t)(bits >> 23 & 255) - 150 - 2 + 32;
    uint64_t v = (uint64_t)(m * math_two_over_pi_at(at)) << 32;
    v += (uint64_t)m * math_two_over_pi_at(at + 32);
    v += (uint64_t)m * math_two_over_pi_at(at + 64) >> 32;
    uint64_t nearest = v + (UINT64_C(1) << 61);
    *q = (uint32_t)(nearest >> 62);
    uint64_t rest = v - (nearest & (UINT64_C(3) << 62));  /* of a quadrant, in 62 bits; signed */
    bool below = rest >> 63;
    rest = below ? 0 - rest : rest;
    int up = rest ? __builtin_clzll(rest) : 0;
    uint64_t part = (rest << up >> 32) * UINT64_C(0xC90FDAA2);  /* pi / 2, 31 bits behind the point */
    float r = (float)(uint32_t)(part >> 32) * math_power(-29 - up);
    return below ? -r : r;
}

static float math_sin_polynomial(float r) {
    float z = r * r;
    float p = -1.9515295891e-4f * z + 8.3321608736e-3f;
    return (p * z - 1.6666654611e-1f) * z * r + r;
}

static float math_cos_polynomial(float r) {
    float z = r * r;
    float p = 2.443315711809948e-5f * z - 1.388731625493765e-3f;
    return (p * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1;
}

/* sin(|x| + turns pi / 2). */
static float math_wave(float x, uint32_t turns) {
    uint32_t q = 0;
    float r = math_abs(x);
    if (!(r < math_float(MATH_INFINITY))) {
        return x - x;
    }
    if (r > 0.78539816f) {
        r = math_quadrant(r, &q);
    }
    q += turns;
    float y = q & 1 ? math_cos_polynomial(r) : math_sin_polynomial(r);
    return q & 2 ? -y : y;
}

float te_sin(float x) {
    float y = math_wave(x, 0);
    return math_bits(x) >> 31 ? -y : y;
}

float te_cos(float x) {
    return math_wave(x, 1);
}

float te_tanh(float x) {
    float a = math_abs(x), z = x * x;
    if (a < 0.625f) {
        float p = -5.70498872745e-3f * z + 2.06390887954e-2f;
        p = p * z - 5.37397155531e-2f;
        p = p * z + 1.33314422036e-1f;
        p = p * z - 3.33332819422e-1f;
        return p * z * x + x;
    }
    float y = a > 9.1f ? 1 : 1 - 2 / (te_exp(2 * a) + 1);
    return x < 0 ? -y : x == x ? y : x;
}

/* Digit by digit; m in [2^24, 2^26), its root of 25 bits rounded to 24. */
static uint32_t math_root(uint32_t m) {
    uint32_t root = 0, rest = 0;
    for (int i = 0; i < 25; i++) {
        rest = rest << 2 | (i < 13 ? m >> (24 - 2 * i) & 3 : 0);
        uint32_t trial = root << 2 | 1;
        root <<= 1;
        if (rest >= trial) {
            rest -= trial;
            root |= 1;
        }
    }
    return (root + 1) >> 1;  /* a root is never half way between two floats */
}

float te_sqrt(float x) {
    int32_t n = 0;
    if (!(x > 0) || math_bits(x) >= MATH_INFINITY) {
        return x < 0 ? math_float(MATH_NAN) : x;
    }
    if (math_bits(x) < 0x00800000) {
        x *= 16777216.0f;
        n = -12;
    }
    int32_t exponent = (int32_t)(math_bits(x) >> 23) - 127;
    uint32_t m = (math_bits(x) & 0x7FFFFF) | 0x800000;
    bool odd = exponent & 1;
    return (float)math_root(m << (1 + odd)) * math_power((exponent - odd) / 2 + n - 23);
}

float te_floor(float x) {
    if (!(math_abs(x) < 8388608.0f)) {
        return x;
    }
    float y = (float)(int32_t)x;
    y -= y > x ? 1 : 0;
    return y == 0 ? math_float(math_bits(x) & 0x80000000u) : y;
}
