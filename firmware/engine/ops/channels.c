/* SPDX-License-Identifier: MIT
 * Weights with a scale and a bias an output channel: what convolutions and fully connected layers share. */
#include "op.h"

static int channels_bias(te_op_t *op, const te_desc_t *x, te_channels_t *c) {
    te_desc_t b;
    c->bias = TE_NO_REF;
    if (!te_op_has(op, 2)) {
        return TE_OK;
    }
    TE_TRY(te_op_input(op, 2, &b));
    if (b.type != (x->type == TE_INT8 ? TE_INT32 : TE_FLOAT32)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a bias of tensor type %d is not supported", b.type);
    }
    if ((int64_t)b.count != c->channels) {
        return te_op_fail(op, TE_ERR_MODEL, "its bias should have %d elements", c->channels);
    }
    c->bias = te_op_in_at(op, 2);
    return TE_OK;
}

/* The greatest factor must be within the 31 bits that a shift may move. */
static int channels_factors(te_op_t *op, const te_channels_t *c) {
    const uint8_t *scales = op->graph->file.data + c->scales;
    te_ratio_t ratio = te_ratio(c->x_scale, c->y_scale);
    float greatest = 0;
    for (int32_t i = 0; i < (c->per_channel ? c->channels : 1); i++) {
        float scale = te_load_f32(scales + 4 * i);
        greatest = scale > greatest ? scale : greatest;
    }
    if (te_ratio_times(&ratio, greatest).shift > 30) {
        return te_op_fail(op, TE_ERR_MODEL, "its scales are far too large for the output's", 0);
    }
    return TE_OK;
}

static int channels_int8(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *y, int axis,
    te_channels_t *c) {
    if (!k->symmetric) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "weights with a zero point are not supported", 0);
    }
    c->per_channel = k->scales.n > 1;
    if (c->per_channel && k->axis != axis) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "weights with scales along dimension %d are not supported", k->axis);
    }
    c->scales = k->scales.at;
    c->x_zero = (int16_t)x->zero_point;
    c->y_zero = (int16_t)y->zero_point;
    c->x_scale = x->scale;
    c->y_scale = y->scale;
    op->scratch = k->scales.n * sizeof(te_scale_t);
    c->scratch = op->scratch_at;
    return op->graph->proved ? TE_OK : channels_factors(op, c);
}

int te_channels(te_op_t *op, const te_desc_t *x, const te_desc_t *k, const te_desc_t *y, int axis, te_channels_t *c) {
    memset(c, 0, sizeof(*c));
    TE_TRY(te_op_per_tensor(op, x));
    TE_TRY(te_op_per_tensor(op, y));
    if (x->type != y->type || x->type != k->type || te_op_number(op, k) != TE_OK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "weights of tensor type %d are not supported with such activations",
            k->type);
    }
    c->channels = k->shape[axis];
    c->weights = te_op_in_at(op, 1);
    TE_TRY(channels_bias(op, x, c));
    return x->type == TE_INT8 ? channels_int8(op, x, k, y, axis, c) : TE_OK;
}

te_finish_t te_finish(const te_model_t *m, const te_channels_t *c, int type, te_range_t range) {
    te_finish_t f = {NULL, c->per_channel, c->bias == TE_NO_REF ? NULL : te_in(m, c->bias), c->y_zero, range};
    if (type == TE_INT8) {
        te_scale_t *table = te_out(m, c->scratch);
        te_ratio_t ratio = te_ratio(c->x_scale, c->y_scale);
        for (int32_t i = 0; i < (c->per_channel ? c->channels : 1); i++) {
            table[i] = te_ratio_times(&ratio, te_load_f32(m->file + c->scales + 4 * i));
        }
        f.scales = table;
    }
    return f;
}

void te_finish_s8(const te_finish_t *f, int32_t c, int32_t n, const int32_t *sum, int8_t *y) {
    const te_scale_t *scale = f->scales + c * f->step;
    const uint8_t *bias = f->bias ? f->bias + 4 * c : NULL;
    int32_t zero = f->zero, low = f->range.low - zero, high = f->range.high - zero, step = f->step;
    for (int32_t i = 0; i < n; i++, scale += step) {
        uint32_t v = (uint32_t)sum[i] + (uint32_t)te_bias_s32(bias, i);
        y[i] = (int8_t)(te_clamp(te_rescale((int32_t)v, *scale), low, high) + zero);
    }
}
