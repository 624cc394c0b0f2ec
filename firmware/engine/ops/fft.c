/* SPDX-License-Identifier: MIT
 * Fourier transforms of real samples: one of half as many complex points, in stages of radix 4, 2, 3 and 5, and a step
 * that parts even samples from odd ones. All of it happens in the output. Lengths with other factors, and 2, make TFLM's
 * official interpreter crash. */
#include "fft.h"
#include "twiddle.h"

/* Where point i of the input belongs, before stages join neighbours: its digits, in the stages' radices, reversed. */
static int32_t fft_place(const te_fft_t *p, int32_t i) {
    int32_t at = 0, m = p->n;
    for (int stage = 0; stage < p->stages; stage++) {
        m /= p->radix[stage];
        at += i % p->radix[stage] * m;
        i /= p->radix[stage];
    }
    return at;
}

#define FFT_NUMBER float
#define FFT(name) fft_f32_##name
#define FFT_ADD(a, b) ((a) + (b))
#define FFT_SUB(a, b) ((a) - (b))
#define FFT_NEG(a) (-(a))
#define FFT_HALF(a) ((a) * 0.5f)
#define FFT_HALF_SUM(a, b) (((a) + (b)) * 0.5f)
#define FFT_HALF_LESS(a, b) (((a) - (b)) * 0.5f)
#define FFT_TIMES(a, b) ((a) * (b))
#define FFT_CROSS(a, b, sign, c, d) ((a) * (b) sign (c) * (d))
#define FFT_PART(a, k) (a)
#define FFT_TWIDDLE(x) te_double_f32(x)
#define FFT_FINISH(a, n) ((a) / (float)(n))
#include "fft_kernel.h"

#define FFT_NUMBER int16_t
#define FFT(name) fft_s16_##name
#define FFT_ADD(a, b) ((int16_t)((a) + (b)))
#define FFT_SUB(a, b) ((int16_t)((a) - (b)))
#define FFT_NEG(a) ((int16_t)-(a))
#define FFT_HALF(a) ((int16_t)((a) >> 1))
#define FFT_HALF_SUM(a, b) ((int16_t)(((a) + (b)) >> 1))
#define FFT_HALF_LESS(a, b) ((int16_t)(((a) - (b)) >> 1))
#define FFT_TIMES(a, b) ((int16_t)(((a) * (b) + (1 << 14)) >> 15))
#define FFT_CROSS(a, b, sign, c, d) ((int16_t)(((a) * (b) sign (c) * (d) + (1 << 14)) >> 15))
#define FFT_PART(a, k) FFT_TIMES(a, INT16_MAX / (k))
#define FFT_TWIDDLE(x) ((int16_t)te_double_scaled(x, INT16_MAX))
#define FFT_FINISH(a, n) (a)
#include "fft_kernel.h"

#define FFT_NUMBER int32_t
#define FFT(name) fft_s32_##name
#define FFT_ADD(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
#define FFT_SUB(a, b) ((int32_t)((uint32_t)(a) - (uint32_t)(b)))
#define FFT_NEG(a) FFT_SUB(0, a)
#define FFT_HALF(a) ((a) >> 1)
#define FFT_HALF_SUM(a, b) FFT_HALF(FFT_ADD(a, b))
#define FFT_HALF_LESS(a, b) FFT_HALF(FFT_SUB(a, b))
#define FFT_TIMES(a, b) ((int32_t)(((int64_t)(a) * (b) + (1 << 30)) >> 31))
#define FFT_CROSS(a, b, sign, c, d) ((int32_t)(((int64_t)(a) * (b) sign (int64_t)(c) * (d) + (1 << 30)) >> 31))
#define FFT_PART(a, k) FFT_TIMES(a, INT32_MAX / (k))
#define FFT_TWIDDLE(x) te_double_scaled(x, INT32_MAX)
#define FFT_FINISH(a, n) (a)
#include "fft_kernel.h"

/* The stages: as many of radix 4 as there are, perhaps one of 2, then those of 3 and 5. False if they are not enough. */
static bool fft_stages(te_fft_t *p) {
    static const uint8_t radices[] = {4, 2, 3, 5};
    int32_t rest = p->n;
    p->stages = 0;
    for (int i = 0; i < 4; i++) {
        for (; rest % radices[i] == 0; rest /= radices[i]) {
            p->radix[p->stages++] = radices[i];
        }
    }
    return rest == 1 && p->stages > 0;
}

static int fft_length(te_op_t *op, te_fft_t *p, int32_t *type) {
    te_map_t map;
    int32_t length;
    TE_TRY(te_op_options(op, &map));
    TE_TRY(te_op_option(op, &map, 0, "T", type));
    TE_TRY(te_op_option(op, &map, 1, "fft_length", &length));
    p->n = length / 2;
    if (length < 4 || length > 2 * TE_MAX_TURN || length % 2 != 0 || !fft_stages(p)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a length of %d is not supported", length);
    }
    return TE_OK;
}

/* Rows are all dimensions but the last. */
static int fft_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *y, te_fft_t *p) {
    if (x->rank == 0 || x->rank != y->rank) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d dimensions", x->rank ? x->rank : 1);
    }
    p->rows = 1;
    for (int i = 0; i < x->rank - 1; i++) {
        TE_TRY(te_op_out_dim(op, y, i, x->shape[i]));
        p->rows *= x->shape[i];
    }
    p->x_length = x->shape[x->rank - 1];
    if (p->inverse ? p->x_length % 2 != 0 || p->x_length < 2 * p->n + 2 : p->x_length > 2 * p->n) {
        return te_op_fail(op, TE_ERR_MODEL, "its input's rows of %d numbers do not suit its length", p->x_length);
    }
    return te_op_out_dim(op, y, y->rank - 1, 2 * p->n + (p->inverse ? 0 : 2));
}

static void fft_twiddles(const te_fft_t *p, void *kept) {
    if (te_is(p->type, TE_INT16)) {
        fft_s16_twiddles(p, kept);
    } else if (te_is(p->type, TE_INT32)) {
        fft_s32_twiddles(p, kept);
    } else if (te_is(p->type, TE_FLOAT32)) {
        fft_f32_twiddles(p, kept);
    }
}

int te_fft_prepare(te_op_t *op, te_fft_t *p, bool inverse) {
    te_desc_t x, y;
    int32_t type;
    p->inverse = inverse;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(fft_length(op, p, &type));
    if (type != x.type) {
        return te_op_fail(op, TE_ERR_MODEL, "its options are for tensor type %d", type);
    }
    TE_TRY(fft_shapes(op, &x, &y, p));
    p->type = x.type;
    op->keep = (uint32_t)(p->n + p->n / 2) * 2 * te_type_size(x.type);
    op->macs = (uint64_t)p->rows * (uint32_t)p->n * 4 * (p->stages + 1u);
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->keep = op->keep_at;
    if (op->kept) {
        fft_twiddles(p, op->kept);
    }
    return TE_OK;
}

void te_fft_run(const te_model_t *m, const te_fft_t *p) {
    if (te_is(p->type, TE_INT16)) {
        fft_s16_rows(m, p);
    } else if (te_is(p->type, TE_INT32)) {
        fft_s32_rows(m, p);
    } else if (te_is(p->type, TE_FLOAT32)) {
        fft_f32_rows(m, p);
    }
}
