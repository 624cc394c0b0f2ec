/* SPDX-License-Identifier: MIT
 * MIRROR_PAD: the input inside a border of its own reflection, as wide as a constant second input says; with its edge
 * (symmetric) or without it (reflect). */
#include "move.h"

enum { MIRROR_MODE };

typedef struct {
    te_ref_t x, y;
    int32_t x_size[TE_MAX_RANK], y_size[TE_MAX_RANK], before[TE_MAX_RANK];
    uint8_t rank, element;
    bool edge;  /* the first element outside is the one inside again */
} mirror_t;

static int mirror_sizes(te_op_t *op, const te_desc_t *x, const te_desc_t *y, mirror_t *p) {
    te_desc_t pads;
    TE_TRY(te_constant_wholes(op, 1, 2u * x->rank, &pads));
    TE_TRY(te_move_rank(op, y, x->rank));
    for (uint32_t i = 0; i < x->rank; i++) {
        int32_t before = te_constant_whole(op, &pads, 2 * i), after = te_constant_whole(op, &pads, 2 * i + 1);
        int32_t most = x->shape[i] - !p->edge;
        if (before < 0 || before > most || after < 0 || after > most) {
            return te_op_fail(op, TE_ERR_MODEL, "dimension %d is too small for its reflection", (int32_t)i);
        }
        TE_TRY(te_op_out_dim(op, y, (int)i, (int64_t)x->shape[i] + before + after));
        p->x_size[i] = x->shape[i];
        p->y_size[i] = y->shape[i];
        p->before[i] = before;
    }
    return TE_OK;
}

static int mirror_prepare(te_op_t *op, void *params) {
    mirror_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 2, 2, TE_MIRROR_PAD_OPTIONS));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    p->edge = te_fb_field_u8(&op->graph->file, &op->options, MIRROR_MODE, 0) != 0;
    TE_TRY(mirror_sizes(op, &x, &y, p));
    p->rank = x.rank;
    p->element = (uint8_t)te_type_size(x.type);
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return TE_OK;
}

/* Which index of dimension d of the input is index i of the output. */
static int32_t mirror_index(const mirror_t *p, int d, int32_t i) {
    int32_t at = i - p->before[d];
    if (at < 0) {
        return -at - p->edge;
    }
    return at < p->x_size[d] ? at : 2 * (p->x_size[d] - 1) + p->edge - at;
}

/* Where row i of the output, along its last dimension, comes from: elements from the start of the input. */
static int32_t mirror_row(const mirror_t *p, int32_t i) {
    int32_t at = 0, stride = p->x_size[p->rank - 1];
    for (int d = p->rank - 2; d >= 0; d--) {
        at += mirror_index(p, d, i % p->y_size[d]) * stride;
        stride *= p->x_size[d];
        i /= p->y_size[d];
    }
    return at;
}

static void mirror_run(const te_model_t *m, const void *params) {
    const mirror_t *p = params;
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    int last = p->rank - 1;
    int32_t rows = 1;
    for (int d = 0; d < last; d++) {
        rows *= p->y_size[d];
    }
    for (int32_t i = 0; i < rows; i++) {
        const uint8_t *row = x + mirror_row(p, i) * p->element;
        for (int32_t j = 0; j < p->y_size[last]; j++, y += p->element) {
            memcpy(y, row + mirror_index(p, last, j) * p->element, p->element);
        }
    }
}

const te_row_t te_row_mirror_pad = {"MIRROR_PAD", "[bf][iq]:=", 100, sizeof(mirror_t), mirror_prepare, mirror_run};
