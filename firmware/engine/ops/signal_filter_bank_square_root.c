/* SPDX-License-Identifier: MIT
 * SignalFilterBankSquareRoot: y = sqrt(x) >> scale_bits, the root rounded to nearest; uint64 -> uint32. */
#include "signal.h"

enum { ROOT_X, ROOT_BITS, ROOT_INPUTS };

typedef struct {
    te_ref_t x, bits, y;
    int32_t count;
} square_root_t;

static int square_root_prepare(te_op_t *op, void *params) {
    square_root_t *p = params;
    te_desc_t x, bits;
    TE_TRY(te_op_slots_exactly(op, ROOT_INPUTS, 1));
    TE_TRY(te_signal_input(op, ROOT_X, &x));
    TE_TRY(te_op_input(op, ROOT_BITS, &bits));
    if (bits.rank != 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "scale bits of %d dimensions are not supported", bits.rank);
    }
    TE_TRY(te_signal_output(op, 0, x.count));
    p->count = (int32_t)x.count;
    p->x = te_op_in_at(op, ROOT_X);
    p->bits = te_op_in_at(op, ROOT_BITS);
    p->y = te_op_out_at(op);
    op->lag[0].forward = 0;
    return TE_OK;
}

/* Digit by digit. The greatest root is not rounded up: of x < 2^32 that is 65535. */
static uint32_t square_root(uint64_t x) {
    uint64_t root = 0, most = x >> 32 ? UINT32_MAX : UINT16_MAX;
    for (uint64_t bit = UINT64_C(1) << (x >> 32 ? 62 : 30); bit != 0; bit >>= 2) {
        bool fits = x >= root + bit;
        x -= fits ? root + bit : 0;
        root = (root >> 1) + (fits ? bit : 0);
    }
    return (uint32_t)(root + (x > root && root != most));
}

static void square_root_run(const te_model_t *m, const void *params) {
    const square_root_t *p = params;
    const uint64_t *x = te_in(m, p->x);
    uint32_t *y = te_out(m, p->y);
    int32_t bits = te_load_i32(te_in(m, p->bits));
    if (bits < 0 || bits > 31) {
        te_fault(m, "a shift by %d bits is not supported", bits);
        return;
    }
    for (int32_t i = 0; i < p->count; i++) {
        y[i] = square_root(x[i]) >> bits;
    }
}

const te_row_t te_row_signal_filter_bank_square_root = {
    "SignalFilterBankSquareRoot", "Qi:I", TE_CUSTOM, sizeof(square_root_t), square_root_prepare, square_root_run};
