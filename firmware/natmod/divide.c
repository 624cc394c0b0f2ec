/* SPDX-License-Identifier: MIT
 * float32 division for Cortex-M0: libgcc's has absolute addresses, which a native module cannot have.
 *
 * A float is sign, exponent e (8 bits) and fraction f (23 bits): 2^(e - 127) * 1.f, or 2^-126 * 0.f where e = 0;
 * e = 255 is infinity (f = 0) or NaN. Rounds to nearest, ties to even, as IEEE 754 asks. */
#include <stdint.h>
#include <string.h>

#define DIVIDE_INFINITY 0x7F800000u
#define DIVIDE_NAN 0x7FC00000u

/* The mantissa, 2^23 <= m < 2^24, of a finite number that is not 0; its exponent, below 1 if it was denormal. */
static uint32_t divide_split(uint32_t bits, int32_t *exponent) {
    uint32_t fraction = bits & 0x7FFFFF;
    *exponent = (int32_t)(bits >> 23);
    if (*exponent != 0) {
        return fraction | 0x800000;
    }
    for (*exponent = 1; fraction < 0x800000; --*exponent) {
        fraction <<= 1;
    }
    return fraction;
}

/* q is the quotient's mantissa with 2 bits more, 2^25 <= q < 2^26, the last of them set if anything is lost. */
static uint32_t divide_round(uint32_t q, int32_t exponent) {
    if (exponent >= 255) {
        return DIVIDE_INFINITY;
    }
    for (; exponent < 1; exponent++) {
        q = q >> 1 | (q & 1);
        if (q <= 1) {
            return 0;
        }
    }
    uint32_t up = (q & 2) != 0 && (q & 5) != 0;  /* more than half; or half, and odd */
    uint32_t fields = q >= 0x2000000 ? (uint32_t)exponent << 23 : 0;
    return fields + (q >> 2 & 0x7FFFFF) + up;  /* a carry makes the exponent right, up to infinity */
}

/* |a| / |b| of two finite numbers that are not 0. */
static uint32_t divide_finite(uint32_t a, uint32_t b) {
    int32_t over, under;
    uint32_t x = divide_split(a, &over), y = divide_split(b, &under), q = 0;
    int32_t exponent = over - under + 127;
    if (x < y) {
        x <<= 1;
        exponent--;
    }
    for (int bit = 25; bit >= 0; bit--) {
        q <<= 1;
        if (x >= y) {
            x -= y;
            q |= 1;
        }
        x <<= 1;
    }
    return divide_round(q | (x != 0), exponent);
}

static uint32_t divide_bits(uint32_t a, uint32_t b) {
    uint32_t sign = (a ^ b) & 0x80000000u;
    a &= 0x7FFFFFFF;
    b &= 0x7FFFFFFF;
    if (a > DIVIDE_INFINITY || b > DIVIDE_INFINITY || (a == b && (a == 0 || a == DIVIDE_INFINITY))) {
        return DIVIDE_NAN;
    }
    if (a == 0 || b == DIVIDE_INFINITY) {
        return sign;
    }
    return sign | (a == DIVIDE_INFINITY || b == 0 ? DIVIDE_INFINITY : divide_finite(a, b));
}

float __aeabi_fdiv(float a, float b) __attribute__((externally_visible));  /* the compiler calls it by name */
float __aeabi_fdiv(float a, float b) {
    uint32_t x, y;
    memcpy(&x, &a, sizeof(x));
    memcpy(&y, &b, sizeof(y));
    x = divide_bits(x, y);
    memcpy(&a, &x, sizeof(a));
    return a;
}
