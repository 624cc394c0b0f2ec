/* SPDX-License-Identifier: MIT
 * SELECT_V2: y = condition ? a : b, all three broadcast. */
#include "broadcast.h"

enum { SELECT_CONDITION, SELECT_A, SELECT_B, SELECT_INPUTS };

typedef struct {
    te_ref_t in[SELECT_INPUTS], y;
    te_broadcast_t shape;
    uint8_t size;  /* bytes of an element */
} select_t;

static int select_prepare(te_op_t *op, void *params) {
    select_t *p = params;
    te_desc_t in[SELECT_INPUTS], y;
    TE_TRY(te_op_slots(op, SELECT_INPUTS, SELECT_INPUTS, 0));
    TE_TRY(te_op_output(op, &y));
    for (uint32_t i = 0; i < SELECT_INPUTS; i++) {
        TE_TRY(te_op_input(op, i, &in[i]));
        p->in[i] = te_op_in_at(op, i);
    }
    if (in[SELECT_A].count == y.count) {
        op->lag[SELECT_A].forward = 0;
    }
    p->size = (uint8_t)te_type_size(y.type);
    p->y = te_op_out_at(op);
    return te_broadcast(op, in, SELECT_INPUTS, &y, &p->shape);
}

/* One run: y[i] of `size` bytes each; steps of the three inputs in elements. */
static inline void select_some(const uint8_t *const *in, const int32_t *step, int32_t size, uint8_t *y, int32_t n) {
    const uint8_t *c = in[SELECT_CONDITION], *a = in[SELECT_A], *b = in[SELECT_B];
    for (int32_t i = 0; i < n; i++, y += size) {
        memcpy(y, *c ? a : b, (size_t)size);
        c += step[SELECT_CONDITION];
        a += step[SELECT_A] * size;
        b += step[SELECT_B] * size;
    }
}

static void select_run(const te_model_t *m, const void *params) {
    const select_t *p = params;
    uint8_t *y = te_out(m, p->y);
    int32_t n = te_run_length(&p->shape), step[SELECT_INPUTS];
    te_walk_t w;
    memset(&w, 0, sizeof(w));
    for (int k = 0; k < SELECT_INPUTS; k++) {
        step[k] = te_run_step(&p->shape, k);
    }
    do {
        const uint8_t *in[SELECT_INPUTS];
        for (int k = 0; k < SELECT_INPUTS; k++) {
            in[k] = (const uint8_t *)te_in(m, p->in[k]) + w.at[k] * (k == SELECT_CONDITION ? 1 : p->size);
        }
        switch (p->size) {  /* constants, so that an element is moved by one instruction */
            case 1: select_some(in, step, 1, y, n); break;
            case 2: select_some(in, step, 2, y, n); break;
            default: select_some(in, step, 4, y, n); break;
        }
        y += n * p->size;
    } while (te_walk_next(&w, &p->shape));
}

const te_row_t te_row_select_v2 = {"SELECT_V2", "?[bhf]=:=", 123, sizeof(select_t), select_prepare, select_run};
