/* SPDX-License-Identifier: MIT
 * For Helium: outputs of neighbouring channels from their sums, four at once. */
#include "mve.h"

#if TE_KERNELS == TE_MVE

/* Numbers at any alignment. */
static inline int32x4_t finish_load(const void *x, mve_pred16_t p) {
    return (int32x4_t)vldrbq_z_u8(x, p);
}

void mve_finish_row(const te_finish_t *f, int32_t c, int32_t n, const int32_t *sum, int8_t *y) {
    if (!f->quick) {
        te_finish_s8(f, c, n, sum, y);
        return;
    }
    int32x4_t low = vdupq_n_s32(f->range.low), high = vdupq_n_s32(f->range.high);
    int32x4_t mult = vdupq_n_s32(f->mult[0]), shift = vdupq_n_s32(f->shift[0]);
    for (int32_t i = 0; i < n; i += 4) {
        mve_pred16_t p = vctp32q((uint32_t)(n - i));
        int32x4_t v = vldrwq_z_s32(sum + i, p);
        if (f->bias) {
            v = vaddq_s32(v, finish_load(f->bias + 4 * (c + i), p));
        }
        if (f->step) {
            mult = vldrwq_z_s32(f->mult + c + i, p);
            shift = vldrbq_z_s32(f->shift + c + i, p);
        }
        v = vqrdmulhq_s32(v, mult);
        v = vrshlq_s32(vaddq_s32(v, vshrq_n_s32(v, 31)), shift);
        v = vminq_s32(vmaxq_s32(vaddq_n_s32(v, f->zero), low), high);
        v = vpselq_s32(mult, v, vcmpeqq_n_s32(shift, TE_CONSTANT));
        vstrbq_p_s32(y + i, v, p);
    }
}

#endif
