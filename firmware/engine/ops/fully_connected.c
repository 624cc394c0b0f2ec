/* SPDX-License-Identifier: MIT
 * FULLY_CONNECTED: y[n, c] = sum of x[n, :] * k[c, :] + b[c]; x may have any shape of n * depth elements.
 * With one scale for all weights TFLM takes input_scale * weight_scale in float, with one a channel in double. */
#include "kernels.h"

enum { FULLY_ACTIVATION, FULLY_WEIGHTS_FORMAT, FULLY_BIAS_TYPE = 4 };

typedef struct {
    te_channels_t c;
    te_ref_t x, y, block;
    te_range_t range;
    te_one_scale_t scale;  /* integers with one scale for all */
    int32_t depth, batches;
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

static int fully_one_scale(te_op_t *op, const te_layer_t *l, fully_t *p) {
    float product = l->x.scale * l->k.scale;
    if (!(product > 0 && product <= 3.4e38f)) {
        return te_op_fail(op, TE_ERR_MODEL, "the product of its scales is not a positive number", 0);
    }
    te_scale_t scale = te_scale(product, 1, l->y.scale);
    if (scale.shift > te_channels_shift(&p->c)) {
        return te_op_fail(op, TE_ERR_MODEL, "its scales are far too large for the output's", 0);
    }
    p->scale = (te_one_scale_t){scale.mult, (int8_t)scale.shift};
    return TE_OK;
}

/* int8, and more than one row. */
static bool fully_blocks(const fully_t *p) {
    return p->batches > 1 && te_is(p->c.type, TE_INT8) && !te_packed(&p->c);
}

static int fully_prepare(te_op_t *op, void *params) {
    fully_t *p = params;
    te_layer_t l;
    TE_TRY(te_op_slots(op, 2, 3, TE_FULLY_CONNECTED_OPTIONS));
    TE_TRY(te_layer(op, 0, 2, &l));
    l.own = true;
    l.narrow = te_fb_field_u8(&op->graph->file, &op->options, FULLY_BIAS_TYPE, TE_FLOAT32) == TE_INT32;
    if (te_fb_field_u8(&op->graph->file, &op->options, FULLY_WEIGHTS_FORMAT, 0) != 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "shuffled weights are not supported", 0);
    }
    TE_TRY(fully_shapes(op, &l.x, &l.k, &l.y, p));
    TE_TRY(te_channels(op, &l, &p->c));
    if (te_packed(&p->c) && p->c.per_channel) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "int4 weights with %d scales are not supported", p->c.channels);
    }
    if (!te_is(l.x.type, TE_FLOAT32) && !p->c.per_channel) {
        TE_TRY(fully_one_scale(op, &l, p));
    }
    TE_TRY(te_activation(op, FULLY_ACTIVATION, &l.y, &p->range));
    p->x = te_op_in_at(op, 0);
    p->block = te_op_scratch(op, fully_blocks(p) ? te_matmul_size(p->c.channels) + te_block_size(p->depth, p->batches) : 0);
    p->y = te_op_out_at(op);
    op->macs = l.k.count * (uint64_t)p->batches;
    return TE_OK;
}

/* All rows in blocks. */
static void fully_blocks_s8(const fully_t *p, te_matmul_t *m, void *scratch, const int8_t *x, int8_t *y) {
    te_block_t b = {(int8_t *)scratch + te_matmul_size(p->c.channels), p->depth, p->c.x_zero, 0, 0};
    te_matmul_begin(m, scratch);
    for (int32_t done = 0; done < p->batches; done += b.rows) {
        b.rows = te_block_rows(p->depth, p->batches - done);
        te_block_fill(&b, x + done * p->depth);
        te_matmul_s8(m, &b, y + done * p->c.channels);
    }
}

static void fully_row_s4(const fully_t *p, const te_finish_t *finish, const int8_t *x, const uint8_t *k, int8_t *y) {
    for (int32_t c = 0; c < p->c.channels; c++) {
        int32_t sum = te_dot_s4(x, k, c * p->depth, p->depth, -p->c.x_zero);
        te_finish_s8(finish, c, 1, &sum, y + c);
    }
}

static void fully_row_s16(const fully_t *p, const te_finish_t *finish, const int16_t *x, const int8_t *k, int16_t *y) {
    for (int32_t c = 0; c < p->c.channels; c++) {
        y[c] = te_finish_s16(finish, c, te_dot_s16(x, k + c * p->depth, p->depth));
    }
}

static void fully_row_f32(const fully_t *p, const te_finish_t *finish, const float *x, const uint8_t *k, float *y) {
    for (int32_t c = 0; c < p->c.channels; c++) {
        y[c] = te_finish_f32(finish, c, te_dot_f32(0, x, k + 4 * c * p->depth, p->depth));
    }
}

static void fully_run(const te_model_t *m, const void *params) {
    const fully_t *p = params;
    const void *x = te_in(m, p->x), *k = te_in(m, p->c.weights);
    void *y = te_out(m, p->y);
    te_finish_t finish = te_finish(m, &p->c, p->range, p->c.per_channel ? NULL : &p->scale, p->depth);
    te_matmul_t matrix = te_matmul(m, &p->c, &finish, p->depth);
    if (fully_blocks(p)) {
        fully_blocks_s8(p, &matrix, te_out(m, p->block), x, y);
        return;
    }
    for (int32_t n = 0; n < p->batches; n++) {
        int32_t in = n * p->depth, out = n * p->c.channels;
        if (te_is(p->c.type, TE_FLOAT32)) {
            fully_row_f32(p, &finish, (const float *)x + in, k, (float *)y + out);
        } else if (te_is(p->c.type, TE_INT16)) {
            fully_row_s16(p, &finish, (const int16_t *)x + in, k, (int16_t *)y + out);
        } else if (te_packed(&p->c)) {
            fully_row_s4(p, &finish, (const int8_t *)x + in, k, (int8_t *)y + out);
        } else {
            te_matvec_s8(&matrix, x, y);
        }
    }
}

const te_row_t te_row_fully_connected = {"FULLY_CONNECTED", "*b[bn]i:b hb[iq]:h fff:f",
    9, sizeof(fully_t), fully_prepare, fully_run};
