/* SPDX-License-Identifier: MIT
 * Weights with a scale and a bias an output channel: what convolutions and fully connected layers share. */
#include "kernels.h"

int te_layer(te_op_t *op, uint32_t x, uint32_t bias, te_layer_t *l) {
    l->axis = 0;
    l->bias_slot = bias;
    l->narrow = l->own = false;
    TE_TRY(te_op_activation(op, x, &l->x));
    TE_TRY(te_op_input(op, 1, &l->k));
    return te_op_output(op, &l->y);
}

static int channels_quantised(te_op_t *op, const te_layer_t *l) {
    TE_TRY(te_op_quantised(op, &l->x));
    TE_TRY(te_op_quantised(op, &l->y));
    if (!te_is(l->x.type, TE_FLOAT32) && l->k.scales.n == 0) {
        return te_op_fail(op, TE_ERR_MODEL, "its weights have no scale and zero point", 0);
    }
    return TE_OK;
}

static int channels_bias(te_op_t *op, const te_layer_t *l, te_channels_t *c) {
    te_desc_t b;
    c->bias = TE_NO_REF;
    c->bias_type = te_is(l->x.type, TE_INT16) && !l->narrow ? TE_INT64 : TE_INT32;
    if (!te_op_has(op, l->bias_slot)) {
        return TE_OK;
    }
    TE_TRY(te_op_input(op, l->bias_slot, &b));
    if ((int64_t)b.count != c->channels) {
        return te_op_fail(op, TE_ERR_MODEL, "its bias should have %d elements", c->channels);
    }
    c->bias_type = b.type;
    c->bias = te_op_in_at(op, l->bias_slot);
    return TE_OK;
}

/* The greatest factor must be within the bits that a shift may move. */
static int channels_factors(te_op_t *op, const te_layer_t *l, const te_channels_t *c) {
    te_ratio_t ratio = te_ratio(c->x_scale, c->y_scale);
    if (te_ratio_times(&ratio, l->k.greatest).shift > te_channels_shift(c)) {
        return te_op_fail(op, TE_ERR_MODEL, "its scales are far too large for the output's", 0);
    }
    return TE_OK;
}

static int channels_scales(te_op_t *op, const te_layer_t *l, te_channels_t *c) {
    if (!l->k.symmetric) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "weights with a zero point are not supported", 0);
    }
    c->per_channel = l->k.scales.n > 1;
    if (c->per_channel && l->k.axis != l->axis) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "weights with scales along dimension %d are not supported",
            l->k.axis);
    }
    c->scales = l->k.scales.at;
    c->x_zero = (int16_t)l->x.zero_point;
    c->y_zero = (int16_t)l->y.zero_point;
    c->x_scale = l->x.scale;
    c->y_scale = l->y.scale;
    if (l->own && !c->per_channel) {
        return TE_OK;
    }
    c->scratch = te_op_scratch(op, te_channels_size(l->k.scales.n));
    return channels_factors(op, l, c);
}

int te_channels(te_op_t *op, const te_layer_t *l, te_channels_t *c) {
    TE_TRY(channels_quantised(op, l));
    *c = (te_channels_t){.weights = te_op_in_at(op, 1), .channels = l->k.shape[l->axis], .type = l->x.type,
        .k_type = l->k.type, .scratch = TE_NO_REF};
    TE_TRY(channels_bias(op, l, c));
    return te_is(l->x.type, TE_FLOAT32) ? TE_OK : channels_scales(op, l, c);
}

/* Fills the scratch. */
static void channels_compute(const te_model_t *m, const te_channels_t *c, te_finish_t *f) {
    int32_t n = c->per_channel ? c->channels : 1, *mult = te_out(m, c->scratch);
    int8_t *shift = (int8_t *)(mult + n);
    te_ratio_t ratio = te_ratio(c->x_scale, c->y_scale);
    for (int32_t i = 0; i < n; i++) {
        te_scale_t s = te_ratio_times(&ratio, te_load_f32(m->file + c->scales + 4 * i));
        mult[i] = s.mult;
        shift[i] = (int8_t)s.shift;
    }
    f->mult = mult;
    f->shift = shift;
}

/* Whether what te_finish_t.quick stands for holds for channel i. */
static inline bool channels_quick(const te_finish_t *f, int32_t i) {
    int32_t shift = f->shift[i * f->step];
    return shift < 0 && shift > -23 && (uint32_t)te_bias_s32(f->bias, i) + (1u << 29) < 1u << 30;
}

/* Whether n bytes are 0. */
static bool channels_zero(const int8_t *k, int32_t n) {
    int32_t any = 0;
    for (; n >= 16 && any == 0; n -= 16, k += 16) {
        const uint8_t *word = (const uint8_t *)k;
        any = te_load_i32(word) | te_load_i32(word + 4) | te_load_i32(word + 8) | te_load_i32(word + 12);
    }
    for (; n > 0 && any == 0; n--) {
        any = *k++;
    }
    return any == 0;
}

/* Makes a channel whose output does not depend on the input a constant one. A converter leaves such: with weights of
 * 0, a tiny scale and a bias near 2^30. */
static bool channels_constant(const te_finish_t *f, const int8_t *weights, int32_t row, int32_t c, int32_t *mult, int8_t *shift) {
    int32_t sum = 0;
    int8_t y;
    if (row == 0 || !channels_zero(weights + c * row, row)) {
        return false;
    }
    te_finish_s8(f, c, 1, &sum, &y);
    mult[c] = y;
    shift[c] = TE_CONSTANT;
    return true;
}

/* The first channel from c on that is not quick. */
static int32_t channels_odd(const te_finish_t *f, int32_t c, int32_t channels) {
    te_finish_t own = *f;
    while (c < channels && channels_quick(&own, c)) {
        c++;
    }
    return c;
}

/* Whether every channel is quick, which most often holds: without a branch a channel. */
static bool channels_none_odd(const te_finish_t *f, int32_t channels) {
    uint32_t bias = 0, shift = 0;
    for (int32_t i = 0; i < channels && f->bias; i++) {
        bias |= (uint32_t)te_bias_s32(f->bias, i) + (1u << 29);
    }
    for (int32_t i = 0; i < (f->step ? channels : 1); i++) {
        shift |= (uint32_t)(-1 - f->shift[i]) > 21;
    }
    return bias < 1u << 30 && shift == 0;
}

/* Whether all channels are quick, or else constant. */
static bool channels_all_quick(const te_model_t *m, const te_channels_t *c, const te_finish_t *f, int32_t row) {
    if (channels_none_odd(f, c->channels)) {
        return true;
    }
    int32_t i = channels_odd(f, 0, c->channels), *mult = (int32_t *)(uintptr_t)f->mult;
    while (i < c->channels && c->per_channel
        && channels_constant(f, te_in(m, c->weights), row, i, mult, (int8_t *)(mult + c->channels))) {
        i = channels_odd(f, i + 1, c->channels);
    }
    return i == c->channels;
}

te_finish_t te_finish(const te_model_t *m, const te_channels_t *c, te_range_t range, const te_one_scale_t *one, int32_t row) {
    te_finish_t f = {NULL, NULL, c->per_channel, NULL, c->bias_type, c->y_zero, range, false};
    if (c->bias != TE_NO_REF) {
        f.bias = te_in(m, c->bias);
    }
    if (c->scratch != TE_NO_REF) {
        channels_compute(m, c, &f);
    } else if (one) {
        f.mult = &one->mult;
        f.shift = &one->shift;
    }
    f.quick = te_is(c->type, TE_INT8) && channels_all_quick(m, c, &f, te_packed(c) ? 0 : row);
    return f;
}

te_matmul_t te_matmul(const te_model_t *m, const te_channels_t *c, const te_finish_t *finish, int32_t depth) {
    te_place_t at = te_place(m, c->weights);
    uint32_t end = (at & ~TE_IN_FILE) + (uint32_t)(c->channels * depth);
    te_matmul_t t = {finish, te_at(m, at), at & TE_IN_FILE ? m->file_len - end : 0, depth, 0, c->channels, c->x_zero,
        c->channels, NULL};
    return t;
}

void te_finish_s8(const te_finish_t *f, int32_t c, int32_t n, const int32_t *sum, int8_t *y) {
    const uint8_t *bias = f->bias ? f->bias + 4 * c : NULL;
    int32_t zero = f->zero, low = f->range.low - zero, high = f->range.high - zero;
    for (int32_t i = 0; i < n; i++) {
        te_scale_t scale = te_finish_scale(f, c + i);
        uint32_t v = (uint32_t)sum[i] + (uint32_t)te_bias_s32(bias, i);
        y[i] = (int8_t)(scale.shift == TE_CONSTANT ? scale.mult : te_clamp(te_rescale((int32_t)v, scale), low, high) + zero);
    }
}

/* Channel c's bias of 64-bit sums. */
static int64_t channels_wide_bias(const te_finish_t *f, int32_t c) {
    int64_t wide;
    int16_t narrow;
    if (f->bias_type == TE_INT16) {
        memcpy(&narrow, f->bias + 2 * c, sizeof(narrow));
        return narrow;
    }
    memcpy(&wide, f->bias + 8 * c, sizeof(wide));
    return wide;
}

int16_t te_finish_s16(const te_finish_t *f, int32_t c, int64_t sum) {
    te_scale_t scale = te_finish_scale(f, c);
    int32_t v;
    if (f->bias_type == TE_INT32) {
        v = te_rescale((int32_t)((uint32_t)sum + (uint32_t)te_bias_s32(f->bias, c)), scale);
    } else {
        uint64_t bias = f->bias ? (uint64_t)channels_wide_bias(f, c) : 0;
        v = te_rescale_wide((int64_t)((uint64_t)sum + bias), scale);
    }
    return (int16_t)te_clamp(v, f->range.low, f->range.high);
}
