/* SPDX-License-Identifier: MIT
 * cos and sin of an FFT's angles. TFLM's FFT computes angle and function in double; an angle's rounding shows in the
 * numbers that come of it (cos(pi / 2) is 6e-17), so each rounding happens here, too. The function itself has 62 bits,
 * and is rounded to a double's 53. */
#include "twiddle.h"

#include <string.h>

#define TWIDDLE_ONE (UINT64_C(1) << 63)

/* pi as a double, and pi / 2 in units of 2^-124. */
#define TWIDDLE_PI UINT64_C(0xC90FDAA22168C000)
#define TWIDDLE_QUARTER_HIGH UINT64_C(0x1921FB54442D1846)
#define TWIDDLE_QUARTER_LOW UINT64_C(0x9898CC51701B839A)

/* 1 / k! in units of 2^-64, from k = 2 on. */
static const uint64_t twiddle_factorials[] = {
    UINT64_C(0x8000000000000000), UINT64_C(0x2AAAAAAAAAAAAAAB), UINT64_C(0x0AAAAAAAAAAAAAAB), UINT64_C(0x0222222222222222),
    UINT64_C(0x005B05B05B05B05B), UINT64_C(0x000D00D00D00D00D), UINT64_C(0x0001A01A01A01A02), UINT64_C(0x00002E3BC74AAD8E),
    UINT64_C(0x0000049F93EDDE28), UINT64_C(0x0000006B99159FD5), UINT64_C(0x00000008F76C77FC), UINT64_C(0x00000000B092309D),
    UINT64_C(0x000000000C9CBA54), UINT64_C(0x0000000000D73F9F), UINT64_C(0x00000000000D73FA), UINT64_C(0x000000000000CA96),
    UINT64_C(0x0000000000000B41), UINT64_C(0x0000000000000098), UINT64_C(0x0000000000000008), UINT64_C(0x0000000000000000)};
#define TWIDDLE_TERMS 18  /* from k on */

/* The upper half of a product of 128 bits; *low is its lower half. */
static uint64_t twiddle_multiply(uint64_t a, uint64_t b, uint64_t *low) {
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t least = a_low * b_low, one = a_high * b_low + (least >> 32), two = a_low * b_high + (uint32_t)one;
    *low = two << 32 | (uint32_t)least;
    return a_high * b_high + (one >> 32) + (two >> 32);
}

static uint64_t twiddle_high(uint64_t a, uint64_t b) {
    uint64_t low;
    return twiddle_multiply(a, b, &low);
}

/* The nearest double, of two the even one, to (m + rest) * 2^(e - 63), where 0 < m and 0 <= rest < 1. */
static te_double_t twiddle_round(uint64_t m, bool rest, int32_t e) {
    int up = __builtin_clzll(m);
    m <<= up;
    e -= up;
    uint64_t lost = m & 0x7FF, kept = m - lost;
    bool more = lost > 0x400 || (lost == 0x400 && (rest || (kept & 0x800)));
    kept += more ? 0x800 : 0;
    return kept ? (te_double_t){kept, e, false} : (te_double_t){TWIDDLE_ONE, e + 1, false};
}

/* a * b * 2^(e - 126), both at least 2^63. */
static te_double_t twiddle_product(uint64_t a, uint64_t b, int32_t e) {
    uint64_t low, high = twiddle_multiply(a, b, &low);
    return high < TWIDDLE_ONE ? twiddle_round(high << 1 | low >> 63, low << 1 != 0, e) : twiddle_round(high, low != 0, e + 1);
}

/* m * 2^(e - 63) / n, 2^63 <= m. */
static te_double_t twiddle_divide(uint64_t m, int32_t e, uint32_t n) {
    uint64_t q = m / n;
    uint32_t rest = (uint32_t)(m % n);
    for (; q < TWIDDLE_ONE; e--) {
        rest <<= 1;
        q = q << 1 | (rest >= n);
        rest -= rest >= n ? n : 0;
    }
    return twiddle_round(q, rest != 0, e);
}

te_double_t te_turn(int32_t i, int32_t n) {
    if (i == 0) {
        return (te_double_t){0, 0, false};
    }
    te_double_t arc = twiddle_round((TWIDDLE_PI >> 14) * (uint32_t)i, false, 16);  /* no bit is lost */
    return twiddle_divide(arc.m, arc.e, (uint32_t)n);
}

te_double_t te_half_turn(int32_t i, int32_t n) {
    te_double_t whole = twiddle_round((uint64_t)(uint32_t)i, false, 63);
    te_double_t part = twiddle_divide(whole.m, whole.e, (uint32_t)n);
    int32_t down = -1 - part.e;  /* 0 only if it is 1 / 2 */
    if (down == 0) {
        return (te_double_t){TWIDDLE_PI, 1, false};
    }
    uint64_t lost = part.m & ((UINT64_C(1) << down) - 1);
    te_double_t sum = twiddle_round(TWIDDLE_ONE + (part.m >> down), lost != 0, -1);
    return twiddle_product(TWIDDLE_PI, sum.m, sum.e + 1);
}

/* z / k! - z^2 / (k + 2)! + ..., in units of 2^-64. */
static uint64_t twiddle_series(uint64_t z, int k) {
    uint64_t sum = 0;
    for (int i = k + TWIDDLE_TERMS; i >= k; i -= 2) {
        sum = twiddle_high(z, twiddle_factorials[i - 2] - sum);
    }
    return sum;
}

/* cos and sin of an angle r = (high + low 2^-64) 2^-60, at most pi / 4. */
static void twiddle_eighth(uint64_t high, uint64_t low, te_double_t *cos, te_double_t *sin) {
    int up = high ? __builtin_clzll(high) : 64 + __builtin_clzll(low);
    uint64_t m = up >= 64 ? low << (up - 64) : up ? high << up | low >> (64 - up) : high;
    int32_t e = 3 - up, down = -2 * e - 2;
    uint64_t z = down < 64 ? twiddle_high(m, m) >> down : 0;  /* r^2 */
    uint64_t below = twiddle_series(z, 2);  /* 1 - cos */
    *cos = below ? twiddle_round(0 - below, false, -1) : (te_double_t){TWIDDLE_ONE, 0, false};
    *sin = twiddle_round(m - twiddle_high(m, twiddle_series(z, 3)), false, e);
}

void te_cos_sin(te_double_t angle, te_double_t *cos, te_double_t *sin) {
    *cos = (te_double_t){TWIDDLE_ONE, 0, false};
    *sin = angle;
    if (angle.m == 0) {
        return;
    }
    uint64_t high = angle.m >> (3 - angle.e), low = angle.m << (61 + angle.e);
    int quarters = 0;
    for (; (int64_t)high >= (int64_t)(TWIDDLE_QUARTER_HIGH / 2); quarters++) {
        high -= TWIDDLE_QUARTER_HIGH + (low < TWIDDLE_QUARTER_LOW);
        low -= TWIDDLE_QUARTER_LOW;
    }
    bool below = high >> 63;
    if (below) {
        high = ~high + (low == 0);
        low = 0 - low;
    }
    te_double_t c, s;
    twiddle_eighth(high, low, &c, &s);
    s.minus = below;
    *cos = quarters & 1 ? s : c;
    *sin = quarters & 1 ? c : s;
    cos->minus ^= quarters == 1 || quarters == 2;
    sin->minus ^= (quarters == 2 || quarters == 3) ^ angle.minus;
}

int32_t te_double_scaled(te_double_t x, int32_t max) {
    if (x.m == 0) {
        return 0;
    }
    int up = __builtin_clzll((uint64_t)(uint32_t)max);
    te_double_t p = twiddle_product(x.m, (uint64_t)(uint32_t)max << up, x.e + 63 - up);
    if (p.e < -1) {
        return 0;
    }
    uint64_t twice = p.m >> (62 - p.e);
    bool rest = (p.m & ((UINT64_C(1) << (62 - p.e)) - 1)) != 0;
    return x.minus ? -(int32_t)((twice + rest) >> 1) : (int32_t)((twice + 1) >> 1);
}

float te_double_f32(te_double_t x) {
    uint64_t rest = x.m & ((UINT64_C(1) << 40) - 1), half = UINT64_C(1) << 39;
    uint32_t m = (uint32_t)(x.m >> 40), bits = (uint32_t)x.minus << 31;
    if (x.m) {
        bool up = rest > half || (rest == half && (m & 1));
        bits |= ((uint32_t)(x.e + 126) << 23) + m + up;
    }
    float v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}
