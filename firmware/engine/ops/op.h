/* SPDX-License-Identifier: MIT
 * What operators share when they check and prepare themselves. */
#ifndef TORPOR_OP_H
#define TORPOR_OP_H

#include "../model.h"

/* Which options table an operator has: the schema's BuiltinOptions. */
enum { TE_CONV_2D_OPTIONS = 1, TE_DEPTHWISE_CONV_2D_OPTIONS = 2, TE_POOL_2D_OPTIONS = 5,
       TE_FULLY_CONNECTED_OPTIONS = 8, TE_SOFTMAX_OPTIONS = 9, TE_ADD_OPTIONS = 11, TE_MUL_OPTIONS = 21,
       TE_REDUCER_OPTIONS = 27, TE_SUB_OPTIONS = 28, TE_DIV_OPTIONS = 29, TE_ARG_MAX_OPTIONS = 40,
       TE_ARG_MIN_OPTIONS = 57, TE_CUMSUM_OPTIONS = 102 };

/* Fails operator op: see te_fail(). */
int te_op_fail(te_op_t *op, int code, const char *reason, int32_t value);

/* Counts of its slots: min..max inputs, one output; and which options table (0: none needed). */
int te_op_slots(te_op_t *op, uint32_t min_inputs, uint32_t max_inputs, int options_type);

/* The same for an operator of one or more outputs, each of them another tensor. Beyond the first they lie apart from
 * every input, whatever the lag. */
int te_op_slots_many(te_op_t *op, uint32_t min_inputs, uint32_t max_inputs, int options_type);

/* The same for an operator without options of its own and with so many inputs and outputs. */
int te_op_slots_exactly(te_op_t *op, uint32_t inputs, uint32_t outputs);

/* Describes what is in a slot. An input may be absent (-1) where te_op_has() is asked first. */
bool te_op_has(te_op_t *op, uint32_t slot);
int te_op_input(te_op_t *op, uint32_t slot, te_desc_t *t);
int te_op_output(te_op_t *op, te_desc_t *t);
int te_op_output_slot(te_op_t *op, uint32_t slot, te_desc_t *t);

/* An input that must be a variable: it lies in the state, and te_out() gives it for writing too. */
int te_op_variable(te_op_t *op, uint32_t slot, te_desc_t *t);

/* An input that the kernel reads where it lies: unless its elements are bytes it must be in the arena, because the file aligns nothing. */
int te_op_activation(te_op_t *op, uint32_t slot, te_desc_t *t);

/* Asks for so many more bytes of scratch, aligned to 16; what stands for them at run time. None at all lie anywhere. */
te_ref_t te_op_scratch(te_op_t *op, uint32_t nbytes);

/* What stands for an input slot, the first output or another at run time; TE_NO_REF for an absent input. */
te_ref_t te_op_in_at(te_op_t *op, uint32_t slot);
te_ref_t te_op_out_at(te_op_t *op);
te_ref_t te_op_out_slot_at(te_op_t *op, uint32_t slot);

/* A list of inputs or outputs of any length, for run(). */
typedef struct {
    uint32_t at;     /* position in the file of the tensors' indices */
    uint32_t first;  /* number of the subgraph's first tensor */
} te_slots_t;

static inline te_slots_t te_slots(const te_op_t *op, te_vec_t list) {
    return (te_slots_t){list.at, op->graph->part.first_tensor};
}

static inline te_ref_t te_slot(const te_model_t *m, const te_slots_t *s, int32_t i) {
    return s->first + (te_ref_t)te_load_i32(m->file + s->at + 4 * i);
}

/* The output must have this dimension; two tensors one shape. */
int te_op_out_dim(te_op_t *op, const te_desc_t *y, int axis, int64_t want);
int te_op_same_shape(te_op_t *op, const te_desc_t *a, const te_desc_t *b);

/* Must have one scale and zero point, if it is int8 or int16: 0, if it is int16. */
int te_op_quantised(te_op_t *op, const te_desc_t *t);

/* A factor from the inputs' scales to the output's must be below 2^30. */
int te_op_scale(te_op_t *op, te_scale_t scale);

/* Must have one scale and zero point, if it is an integer of any type. */
int te_op_one_scale(te_op_t *op, const te_desc_t *t);

/* Element i of int8, uint8, int16 or int32, the bits of uint32, or 0 or 1 of bool, at any alignment. */
static inline int32_t te_load_integer(int type, const void *data, int32_t i) {
    const uint8_t *at = (const uint8_t *)data + i * (int32_t)te_type_size(type);
    int16_t half;
    switch (type) {
        case TE_BOOL: return *at != 0;
        case TE_INT8: return *(const int8_t *)at;
        case TE_UINT8: return *at;
        case TE_INT16: memcpy(&half, at, sizeof(half)); return half;
        default: return te_load_i32(at);
    }
}

/* Fused activation (ops/activation.c): 0 none, 1 ReLU, 2 ReLU -1..1, 3 ReLU6. */
typedef struct {
    int32_t low, high;  /* int8, int16: quantised; int32: as they are; float32: the bits of two floats */
} te_range_t;

int te_activation(te_op_t *op, int id, const te_desc_t *y, te_range_t *range);

static inline float te_bits_f32(int32_t bits) {
    return te_load_f32(&bits);
}

/* As std::max and std::min order them, so that NaN passes. */
static inline float te_clamp_f32(float x, float low, float high) {
    x = x < low ? low : x;
    return high < x ? high : x;
}

/* Weights of a convolution or fully connected layer, with a scale, and perhaps a bias, an output channel
 * (ops/channels.c). */
typedef struct {
    te_ref_t weights, bias;      /* bias: TE_NO_REF if there is none */
    int32_t channels;
    uint32_t scales;             /* position of the weights' scales in the file */
    bool per_channel;            /* or one scale for all */
    uint8_t type;                /* of x and y: int8, int16 or float32 */
    uint8_t k_type;              /* of the weights: int8 or int4; float32 */
    uint8_t bias_type;           /* int32; with int16 also int64 or int16, and its sums then have 64 bits */
    int16_t x_zero, y_zero;
    float x_scale, y_scale;
    te_ref_t scratch;            /* integers: a factor's multipliers, int32 each, and then its shifts, int8 each */
} te_channels_t;

/* Whether the weights are int4. */
static inline bool te_packed(const te_channels_t *c) {
    return te_has(TE_INT4) && c->k_type == TE_INT4;
}

/* An operator with weights in input slot 1. */
typedef struct {
    te_desc_t x, k, y;
    int axis;             /* of k, along which the output channels run */
    uint32_t bias_slot;
    bool narrow;          /* int16 without a bias: its sums have 32 bits all the same */
    bool own;             /* one scale for all is the operator's to prove and to keep */
} te_layer_t;

/* Describes it: the input is in slot x, the bias, if there is one, in slot `bias`, the output channels are the weights'
 * first dimension. */
int te_layer(te_op_t *op, uint32_t x, uint32_t bias, te_layer_t *layer);

/* Checks its types, scales and bias. Asks for scratch if there are scales that it has to multiply. */
int te_channels(te_op_t *op, const te_layer_t *layer, te_channels_t *c);

/* Bytes of scratch for n scales. */
static inline uint32_t te_channels_size(uint32_t n) {
    return n * (uint32_t)(sizeof(int32_t) + sizeof(int8_t));
}

/* The most bits to the left that its sums may be rescaled by. */
static inline int32_t te_channels_shift(const te_channels_t *c) {
    return c->bias_type == TE_INT32 ? 30 : 7;
}

/* Channel i's bias, 0 if there is none. */
static inline int32_t te_bias_s32(const uint8_t *bias, int32_t i) {
    return bias ? te_load_i32(bias + 4 * i) : 0;
}

static inline float te_bias_f32(const uint8_t *bias, int32_t i) {
    return bias ? te_load_f32(bias + 4 * i) : 0;
}

/* How accumulators become outputs. */
typedef struct {
    const int32_t *mult;       /* integers: channel c has the scale mult[c * step], shift[c * step] */
    const int8_t *shift;
    int32_t step;
    const uint8_t *bias;       /* NULL if there is none */
    uint8_t bias_type;
    int32_t zero;
    te_range_t range;
    bool quick;                /* for every channel: shift -22 .. -1 and |bias| < 2^29, or TE_CONSTANT */
} te_finish_t;

/* A shift that says that all weights of the channel are 0 and that its output is `mult`. */
#define TE_CONSTANT 127

/* A scale of all channels. */
typedef struct {
    int32_t mult;
    int8_t shift;
} te_one_scale_t;

/* `one` is the scale of all channels; without it their scales are computed, in the scratch. `row` is how many weights
 * a channel has, if they lie together, or else 0. */
te_finish_t te_finish(const te_model_t *m, const te_channels_t *c, te_range_t range, const te_one_scale_t *one, int32_t row);

static inline te_scale_t te_finish_scale(const te_finish_t *f, int32_t c) {
    te_scale_t s = {f->mult[c * f->step], f->shift[c * f->step]};
    return s;
}

/* y[i] from sum[i], channel c + i, for i < n. */
void te_finish_s8(const te_finish_t *f, int32_t c, int32_t n, const int32_t *sum, int8_t *y);

/* y of channel c from its sum, of which the lower 32 bits count if the bias is int32. */
int16_t te_finish_s16(const te_finish_t *f, int32_t c, int64_t sum);

static inline float te_finish_f32(const te_finish_t *f, int32_t c, float sum) {
    return te_clamp_f32(sum + te_bias_f32(f->bias, c), te_bits_f32(f->range.low), te_bits_f32(f->range.high));
}

/* sum[c] += k[c * k_step + i] * (x[i] + offset) over n elements, for four output channels c at once; and for one
 * (ops/dot.c). |offset| <= 128 and at most TE_MAX_DEPTH elements in all, so that int32 does not overflow. */
#define TE_MAX_DEPTH 65536
#define TE_MAX_CHANNELS 65535
void te_dot4_s8(const int8_t *x, const int8_t *k, int32_t k_step, int32_t n, int32_t offset, int32_t *sum);
int32_t te_dot_s8(const int8_t *x, const int8_t *k, int32_t n, int32_t offset);

/* The same with int4 weights, from element `first` of k. */
int32_t te_dot_s4(const int8_t *x, const uint8_t *k, int32_t first, int32_t n, int32_t offset);

/* Sum of x[i] * k[i]. */
int64_t te_dot_s16(const int16_t *x, const int8_t *k, int32_t n);

/* Element i of int4 weights. */
static inline int32_t te_load_i4(const uint8_t *k, int32_t i) {
    return (((k[i >> 1] >> (i & 1) * 4) & 15) ^ 8) - 8;
}

/* sum + x[i] * k[i], added one after the other; k at any alignment. */
static inline float te_dot_f32(float sum, const float *x, const uint8_t *k, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        sum += x[i] * te_load_f32(k + 4 * i);
    }
    return sum;
}

/* A window that slides over an image [batches, in_h, in_w, channels] (ops/window.c). */
typedef struct {
    uint16_t batches, in_h, in_w, out_h, out_w;
    uint16_t k_h, k_w, stride_h, stride_w, dilation_h, dilation_w;
    uint16_t pad_h, pad_w;  /* above and to the left */
} te_window_t;

/* Options' field numbers: padding, stride_w, stride_h stand first in all of them. */
enum { WINDOW_PADDING, WINDOW_STRIDE_W, WINDOW_STRIDE_H };

/* Checks x and y, [batches, height, width, channels], and computes the rest; k_h, k_w and the dilation are
 * the caller's. The output's height and width must be what padding and stride make of the input's. */
int te_window(te_op_t *op, const te_desc_t *x, const te_desc_t *y, te_window_t *w);

/* A dimension or attribute of a window: 1..32767. */
int te_window_size(te_op_t *op, int32_t size, uint16_t *out);

/* The lag of an operator that writes its output in blocks of so many rows, from these rows of its input. */
te_lag_t te_window_lag(const te_window_t *w, int32_t rows, uint32_t in_row_bytes, uint32_t out_row_bytes);

/* The lag of an operator that reads rows of a matrix, one or a few, before it writes what they become. */
te_lag_t te_matrix_lag(uint32_t rows, uint32_t in_row_bytes, uint32_t out_row_bytes);

/* The taps of the window that lie inside the image: first <= k < last, the first one at input position `start`. */
typedef struct {
    int32_t first, last, start;
} te_taps_t;

static inline te_taps_t te_taps(int32_t out, int32_t stride, int32_t pad, int32_t dilation, int32_t k, int32_t in) {
    te_taps_t t;
    int32_t origin = out * stride - pad;
    t.first = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
    int32_t fit = in <= origin ? 0 : (in - origin + dilation - 1) / dilation;
    t.last = fit < k ? fit : k;
    t.start = origin + t.first * dilation;
    return t;
}

static inline te_taps_t te_taps_h(const te_window_t *w, int32_t row) {
    return te_taps(row, w->stride_h, w->pad_h, w->dilation_h, w->k_h, w->in_h);
}

static inline te_taps_t te_taps_w(const te_window_t *w, int32_t column) {
    return te_taps(column, w->stride_w, w->pad_w, w->dilation_w, w->k_w, w->in_w);
}

/* Calls function(context, batch, row, n) for all rows of the output in blocks of `rows`, the last of an image perhaps
 * shorter: backward if the output lies above the input in the arena, because then it may share bytes with its end. */
typedef void (*te_rows_function_t)(const void *context, int32_t batch, int32_t row, int32_t rows);
void te_window_rows(const te_window_t *w, int32_t rows, bool backward, te_rows_function_t function, const void *context);

static inline bool te_backward(const te_model_t *m, te_ref_t x, te_ref_t y) {
    return te_model_where(m)[y] > te_model_where(m)[x];
}

#endif
