/* SPDX-License-Identifier: MIT
 * FULLY_CONNECTED: y[n, c] = sum of x[n, :] * k[c, :] + b[c]; x may have any shape of n * depth elements.
 * With one scale for all weights TFLM takes input_scale * weight_scale in float, with one a channel in double. */
#include "op.h"

enum { FULLY_ACTIVATION, FULLY_WEIGHTS_FORMAT };

typedef struct {
    te_channels_t c;
    te_ref_t x, y;
    te_range_t range;
    te_scale_t scale;  /* int8 with one scale for all */
    int32_t depth, batches;
    uint8_t type;
} fully_t;

static int fully_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *y, fully_t *p) {
    if (k->rank != 2 || y->rank < 1) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "weights of %d dimensions are not supported", k->rank);
    }
    p->depth = k->shape[1];
    if (p->depth > TE_MAX_DEPTH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 65536 weights a channel are not supported", 0);
    }
    if (x->count % (uint32_t)p->depth != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "the input does not consist of rows of %d elements", p->depth);
    }
    p->batches = (int32_t)(x->count / (uint32_t)p->depth);
    if ((uint64_t)p->batches * (uint32_t)k->shape[0] != y->count) {
        return te_op_fail(op, TE_ERR_MODEL, "the output should have %d rows", p->batches);
    }
    return te_op_out_dim(op, y, y->rank - 1, k->shape[0]);
}

static int fully_one_scale(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *y, fully_t *p) {
    float product = x->scale * k->scale;
    if (!(product > 0 && product <= 3.4e38f)) {
        return te_op_fail(op, TE_ERR_MODEL, "the product of its scales is not a positive number", 0);
    }
    p->scale = te_scale(product, 1, y->scale);
    if (p->scale.shift > 30) {
        return te_op_fail(op, TE_ERR_MODEL, "its scales are far too large for the output's", 0);
    }
    op->scratch = 0;
    return TE_OK;
}

static int fully_prepare(te_op_t *op, void *params) {
    fully_t *p = params;
    te_desc_t x, k, y;
    TE_TRY(te_op_slots(op, 2, 3, TE_FULLY_CONNECTED_OPTIONS));
    TE_TRY(te_op_activation(op, 0, &x));
    TE_TRY(te_op_input(op, 1, &k));
    TE_TRY(te_op_output(op, &y));
    if (te_fb_field_u8(&op->graph->file, &op->options, FULLY_WEIGHTS_FORMAT, 0) != 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "shuffled weights are not supported", 0);
    }
    TE_TRY(fully_shapes(op, &x, &k, &y, p));
    TE_TRY(te_channels(op, &x, &k, &y, 0, &p->c));
    if (x.type == TE_INT8 && !p->c.per_channel) {
        TE_TRY(fully_one_scale(op, &x, &k, &y, p));
    }
    TE_TRY(te_activation(op, FULLY_ACTIVATION, &y, &p->range));
    p->type = x.type;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    op->macs = k.count * (uint64_t)p->batches;
    return TE_OK;
}

/* One output row: four channels at a time, then the rest. */
static void fully_row_s8(const fully_t *p, const te_finish_t *finish, const int8_t *x, const int8_t *k, int8_t *y) {
    int32_t offset = -p->c.x_zero, sum[4];
    for (int32_t c = 0; c < p->c.channels;) {
        int32_t n = p->c.channels - c >= 4 ? 4 : 1;
        if (n == 4) {
            memset(sum, 0, sizeof(sum));
            te_dot4_s8(x, k, p->depth, p->depth, offset, sum);
        } else {
            sum[0] = te_dot_s8(x, k, p->depth, offset);
        }
        te_finish_s8(finish, c, n, sum, y + c);
        c += n;
        k += n * p->depth;
    }
}

static void fully_run_s8(const te_model_t *m, const fully_t *p) {
    const int8_t *x = te_in(m, p->x), *k = te_in(m, p->c.weights);
    te_finish_t finish = te_finish(m, &p->c, p->c.per_channel ? TE_INT8 : TE_FLOAT32, p->range);
    int8_t *y = te_out(m, p->y);
    if (!p->c.per_channel) {
        finish.scales = &p->scale;
    }
    for (int32_t n = 0; n < p->batches; n++) {
        fully_row_s8(p, &finish, x + n * p->depth, k, y + n * p->c.channels);
    }
}

static void fully_run_f32(const te_model_t *m, const fully_t *p) {
    const float *x = te_in(m, p->x);
    const uint8_t *k = te_in(m, p->c.weights);
    te_finish_t finish = te_finish(m, &p->c, p->type, p->range);
    float *y = te_out(m, p->y);
    for (int32_t n = 0; n < p->batches; n++, x += p->depth) {
        for (int32_t c = 0; c < p->c.channels; c++) {
            *y++ = te_finish_f32(&finish, c, te_dot_f32(0, x, k + 4 * c * p->depth, p->depth));
        }
    }
}

static void fully_run(const te_model_t *m, const void *params) {
    const fully_t *p = params;
    if (p->type == TE_INT8) {
        fully_run_s8(m, p);
    } else {
        fully_run_f32(m, p);
    }
}

const te_row_t te_row_fully_connected = {"FULLY_CONNECTED", 9, sizeof(fully_t), fully_prepare, fully_run};
