/* SPDX-License-Identifier: MIT
 * Logarithm to base 2, one bit a squaring (Knuth, The Art of Computer Programming 1.2.2, exercise 25).
 */
#include "parts.h"

uint32_t td_log2(uint64_t v, int bits) {
    uint32_t result = 63;
    for (int shift = 32; shift; shift /= 2) {
        if (!(v >> (64 - shift))) {
            v <<= shift;
            result -= (uint32_t)shift;
        }
    }
    uint32_t mantissa = (uint32_t)(v >> 32);  /* [1, 2) in Q31 */
    while (bits-- > 0) {
        uint64_t square = (uint64_t)mantissa * mantissa;
        int carry = (int)(square >> 63);
        mantissa = (uint32_t)(square >> (31 + carry));
        result = 2 * result + (uint32_t)carry;
    }
    return result;
}
