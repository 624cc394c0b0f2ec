/* SPDX-License-Identifier: MIT
 * Helium's vectors and intrinsics for a PC that only asks how much memory the kernels for it want: they compile, and compute
 * nothing. native.foreign() puts this folder before the compiler's own. A kernel that uses another one adds it here. */
#ifndef TORPOR_FOREIGN_MVE_H
#define TORPOR_FOREIGN_MVE_H

#include <stdint.h>

typedef int8_t int8x16_t __attribute__((vector_size(16)));
typedef uint8_t uint8x16_t __attribute__((vector_size(16)));
typedef int32_t int32x4_t __attribute__((vector_size(16)));
typedef uint32_t uint32x4_t __attribute__((vector_size(16)));
typedef uint16_t mve_pred16_t;

#define FOREIGN_S8 ((int8x16_t){0})
#define FOREIGN_U8 ((uint8x16_t){0})
#define FOREIGN_S32 ((int32x4_t){0})
#define FOREIGN_U32 ((uint32x4_t){0})
#define FOREIGN_PREDICATE ((mve_pred16_t)0)
#define FOREIGN_STORE ((void)0)

#define vctp8q(...) FOREIGN_PREDICATE
#define vctp32q(...) FOREIGN_PREDICATE
#define vcmpeqq_n_s32(...) FOREIGN_PREDICATE

#define vstrbq_s32(...) FOREIGN_STORE
#define vstrbq_p_s8(...) FOREIGN_STORE
#define vstrbq_p_s32(...) FOREIGN_STORE
#define vstrwq_s32(...) FOREIGN_STORE

#define vdupq_n_s8(...) FOREIGN_S8
#define vldrbq_z_s8(...) FOREIGN_S8
#define vmaxq_s8(...) FOREIGN_S8
#define vminq_s8(...) FOREIGN_S8
#define vldrbq_z_u8(...) FOREIGN_U8

#define vaddq_s32(...) FOREIGN_S32
#define vaddq_n_s32(...) FOREIGN_S32
#define vdupq_n_s32(...) FOREIGN_S32
#define vldrbq_s32(...) FOREIGN_S32
#define vldrbq_z_s32(...) FOREIGN_S32
#define vldrbq_gather_offset_s32(...) FOREIGN_S32
#define vldrwq_z_s32(...) FOREIGN_S32
#define vmaxq_s32(...) FOREIGN_S32
#define vminq_s32(...) FOREIGN_S32
#define vmlaq_n_s32(...) FOREIGN_S32
#define vmulq_s32(...) FOREIGN_S32
#define vpselq_s32(...) FOREIGN_S32
#define vqrdmlahq_n_s32(...) FOREIGN_S32
#define vqrdmulhq_s32(...) FOREIGN_S32
#define vqshlq_r_s32(...) FOREIGN_S32
#define vrshlq_s32(...) FOREIGN_S32
#define vshlq_n_s32(...) FOREIGN_S32
#define vshlq_r_s32(...) FOREIGN_S32
#define vshrq_n_s32(...) FOREIGN_S32

#define vaddq_n_u32(...) FOREIGN_U32
#define vdupq_n_u32(...) FOREIGN_U32
#define vidupq_n_u32(...) FOREIGN_U32
#define vminq_u32(...) FOREIGN_U32

#endif
