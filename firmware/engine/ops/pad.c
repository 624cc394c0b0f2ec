/* SPDX-License-Identifier: MIT
 * PAD: the input inside a border of zeros (the zero point, if int8), as wide as a constant second input says. */
#include "op.h"

#define PAD_RANK 5  /* as in TFLM */

typedef struct {
    te_ref_t x, y;
    uint32_t y_nbytes;
    int32_t x_size[PAD_RANK], y_size[PAD_RANK], before[PAD_RANK];  /* the last ones in bytes */
    uint8_t rank;
    int8_t value;  /* every byte of the border */
} pad_t;

static int pad_sizes(te_op_t *op, const te_desc_t *x, const te_desc_t *y, pad_t *p) {
    te_desc_t pads;
    TE_TRY(te_op_input(op, 1, &pads));
    if (pads.type != TE_INT32 || !pads.constant) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "paddings must be constant int32", 0);
    }
    if (pads.count != 2u * x->rank || y->rank != x->rank) {
        return te_op_fail(op, TE_ERR_MODEL, "there should be %d paddings", 2 * x->rank);
    }
    for (int i = 0; i < x->rank; i++) {
        int32_t before = te_fb_i32(&op->graph->file, pads.constant + 8 * (uint32_t)i);
        int32_t after = te_fb_i32(&op->graph->file, pads.constant + 8 * (uint32_t)i + 4);
        if (before < 0 || after < 0) {
            return te_op_fail(op, TE_ERR_MODEL, "a padding of %d is not possible", before < 0 ? before : after);
        }
        TE_TRY(te_op_out_dim(op, y, i, (int64_t)x->shape[i] + before + after));
        p->x_size[i] = x->shape[i];
        p->y_size[i] = y->shape[i];
        p->before[i] = before;
    }
    return TE_OK;
}

/* Makes the innermost dimension one of bytes, joined with its neighbour as long as it has no border. */
static void pad_join(pad_t *p, uint32_t element_size) {
    if (p->rank == 0) {
        p->rank = 1;
        p->x_size[0] = p->y_size[0] = 1;
        p->before[0] = 0;
    }
    int last = p->rank - 1;
    p->x_size[last] *= (int32_t)element_size;
    p->y_size[last] *= (int32_t)element_size;
    p->before[last] *= (int32_t)element_size;
    for (; last > 0 && p->x_size[last] == p->y_size[last]; last--) {
        p->before[last - 1] *= p->x_size[last];
        p->y_size[last - 1] *= p->x_size[last];
        p->x_size[last - 1] *= p->x_size[last];
    }
    p->rank = (uint8_t)(last + 1);
}

static int pad_prepare(te_op_t *op, void *params) {
    pad_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_op_input(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(te_op_same_type(op, &x, &y));
    TE_TRY(te_op_per_tensor(op, &x));
    TE_TRY(te_op_per_tensor(op, &y));
    if (x.rank > PAD_RANK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than %d dimensions are not supported", PAD_RANK);
    }
    TE_TRY(pad_sizes(op, &x, &y, p));
    p->rank = x.rank;
    pad_join(p, te_type_size(x.type));
    p->value = x.type == TE_INT8 ? (int8_t)y.zero_point : 0;
    p->y_nbytes = y.nbytes;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return TE_OK;
}

/* Where run i of the input begins in the output; a run is the innermost dimension. */
static int32_t pad_target(const pad_t *p, int32_t i) {
    int32_t at = p->before[p->rank - 1], stride = p->y_size[p->rank - 1];
    for (int d = p->rank - 2; d >= 0; d--) {
        at += (i % p->x_size[d] + p->before[d]) * stride;
        stride *= p->y_size[d];
        i /= p->x_size[d];
    }
    return at;
}

static void pad_run(const te_model_t *m, const void *params) {
    const pad_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    int32_t n = p->x_size[p->rank - 1], runs = 1;
    for (int d = 0; d + 1 < p->rank; d++) {
        runs *= p->x_size[d];
    }
    memset(y, (uint8_t)p->value, p->y_nbytes);
    for (int32_t i = 0; i < runs; i++) {
        memcpy(y + pad_target(p, i), x + i * n, (size_t)n);
    }
}

const te_row_t te_row_pad = {"PAD", 34, sizeof(pad_t), pad_prepare, pad_run};
