/* SPDX-License-Identifier: MIT
 * CIRCULAR_BUFFER: the last `slots` inputs of a streaming model, one behind the other: x[1, 1, h, c] moves into the end of
 * y[1, slots, h, c], int8. y is a variable, so it begins with its zero point. Only every cycles_max-th run goes on after it.
 *
 * Without cycles_max TFLM tells from the shape how often: it knows two models. One shape of theirs means one period or the
 * other, by how many such operators the program has seen; that one is not supported. */
#include "options.h"

typedef struct {
    te_ref_t x, y, keep;
    int32_t row, nbytes;  /* bytes of x, and of y */
    int32_t cycles;
} circular_buffer_t;

static int circular_buffer_guess(te_op_t *op, const te_desc_t *y, int32_t *cycles) {
    if (y->shape[1] == 5 || y->shape[1] == 13 || y->shape[1] == 25) {
        *cycles = 1;
        return TE_OK;
    }
    *cycles = 2;
    return y->shape[2] == 2 && y->shape[3] == 96
        ? te_op_fail(op, TE_ERR_UNSUPPORTED, "such a shape without the option cycles_max is not supported", 0) : TE_OK;
}

static int circular_buffer_cycles(te_op_t *op, const te_desc_t *y, int32_t *cycles) {
    te_map_t map;
    *cycles = 0;
    if (op->custom_options.n != 0) {
        TE_TRY(te_op_options(op, &map));
        TE_TRY(te_op_option(op, &map, 0, "cycles_max", cycles));
    }
    return *cycles > 0 ? TE_OK : circular_buffer_guess(op, y, cycles);
}

static int circular_buffer_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *y) {
    if (x->rank != 4 || y->rank != 4 || x->shape[0] != 1 || x->shape[1] != 1) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "its input should have the shape 1, 1, height, channels", 0);
    }
    TE_TRY(te_op_out_dim(op, y, 0, 1));
    TE_TRY(te_op_out_dim(op, y, 2, x->shape[2]));
    return te_op_out_dim(op, y, 3, x->shape[3]);
}

static int circular_buffer_prepare(te_op_t *op, void *params) {
    circular_buffer_t *p = params;
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, 0));
    TE_TRY(te_op_input(op, 0, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(circular_buffer_shapes(op, &x, &y));
    if (!y.variable) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "its output must be a variable", 0);
    }
    TE_TRY(circular_buffer_cycles(op, &y, &p->cycles));
    p->row = (int32_t)x.nbytes;
    p->nbytes = (int32_t)y.nbytes;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    p->keep = op->keep_at;
    op->keep = sizeof(int32_t);
    return TE_OK;
}

static void circular_buffer_run(const te_model_t *m, const void *params) {
    const circular_buffer_t *p = params;
    uint8_t *y = te_out(m, p->y);
    int32_t *runs = te_out(m, p->keep);
    memmove(y, y + p->row, (uint32_t)(p->nbytes - p->row));
    memcpy(y + p->nbytes - p->row, te_in(m, p->x), (uint32_t)p->row);
    if (++*runs < p->cycles) {
        te_wait(m);
    } else {
        *runs = 0;
    }
}

const te_row_t te_row_circular_buffer = {
    "CIRCULAR_BUFFER", "b:b", TE_CUSTOM, sizeof(circular_buffer_t), circular_buffer_prepare, circular_buffer_run};
