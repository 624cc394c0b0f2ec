/* SPDX-License-Identifier: MIT
 * What the kernels for Helium (Cortex-M55, M85) share: vectors of 16 int8 or 4 int32, and a short way from sums to outputs.
 * The inner loops are in assembly for the sake of DLSTP and LETP, which count elements and mask the lanes behind the
 * last. */
#ifndef TORPOR_MVE_H
#define TORPOR_MVE_H

#include "kernels.h"

#if TE_KERNELS == TE_MVE
#include <arm_mve.h>

/* How sums of one channel become outputs where te_finish_t.quick holds. (sum * mult / 2^31, rounded) goes down by
 * n = -shift bits, rounded half away from zero, plus the zero point. One addend is both half a unit and the zero point,
 * in units of 2^n, less 1 for a negative sum. Up by 24 - n bits instead of down by n the output is in the upper byte,
 * saturated to int8. A channel of constant output has mult 0, and the output for a zero point. */
typedef struct {
    int32_t mult, add, up, bias;
} mve_channel_t;

static inline mve_channel_t mve_channel(const te_finish_t *f, int32_t c) {
    te_scale_t s = te_finish_scale(f, c);
    if (s.shift == TE_CONSTANT) {
        mve_channel_t constant = {0, 2 * s.mult + 1, 23, 0};
        return constant;
    }
    mve_channel_t q = {s.mult, (int32_t)((uint32_t)(2 * f->zero + 1) << (-1 - s.shift)), 24 + s.shift, te_bias_s32(f->bias, c)};
    return q;
}

/* Outputs of a channel in vector v, from sums that began with the bias in vector q. */
#define MVE_FINISH(v, q, mult, add, up) \
    "vshr.s32 " v ", " q ", #31\n\t" \
    "vadd.i32 " v ", " v ", " add "\n\t" \
    "vqrdmlah.s32 " v ", " q ", " mult "\n\t" \
    "vqshl.s32 " v ", " up "\n\t" \
    "vshr.s32 " v ", " v ", #24\n\t"

/* Four numbers in lanes 0 .. 3; by halves, because GCC 12 and QEMU 7.2 differ on the order of registers in a VMOV to two
 * lanes. */
static inline int32x4_t mve_lanes(int32_t a, int32_t b, int32_t c, int32_t d) {
    int32x4_t q;
    __asm__("vmov    %e0, %1, %2\n\t"
        "vmov    %f0, %3, %4"
        : "=&w"(q) : "r"(a), "r"(b), "r"(c), "r"(d));
    return q;
}

/* n bytes. */
static inline void mve_copy(int8_t *to, const int8_t *x, int32_t n) {
    __asm__ volatile(
        "wlstp.8 lr, %[n], 2f\n"
        "1:\n\t"
        "vldrb.8 q0, [%[x]], #16\n\t"
        "vstrb.8 q0, [%[to]], #16\n\t"
        "letp    lr, 1b\n"
        "2:"
        : [to] "+r"(to), [x] "+r"(x) : [n] "r"(n) : "lr", "q0", "memory");
}

/* Brings rows of n outputs, `step` apart, that were saturated to int8 alone into the range of the activation. */
static inline void mve_clamp(te_range_t range, int8_t *y, int32_t rows, int32_t step, int32_t n) {
    if (range.low <= INT8_MIN && range.high >= INT8_MAX) {
        return;
    }
    int8x16_t low = vdupq_n_s8((int8_t)range.low), high = vdupq_n_s8((int8_t)range.high);
    for (; rows > 0; rows--, y += step) {
        for (int32_t i = 0; i < n; i += 16) {
            mve_pred16_t p = vctp8q((uint32_t)(n - i));
            vstrbq_p_s8(y + i, vminq_s8(vmaxq_s8(vldrbq_z_s8(y + i, p), low), high), p);
        }
    }
}

/* y[i] of channels c + i from sum[i], i < n; sums aligned to 4. */
void mve_finish_row(const te_finish_t *f, int32_t c, int32_t n, const int32_t *sum, int8_t *y);

#endif
#endif
