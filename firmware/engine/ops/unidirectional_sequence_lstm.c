/* SPDX-License-Identifier: MIT
 * UNIDIRECTIONAL_SEQUENCE_LSTM, as Keras' LSTM layer defines it, for each step of x[n, t, :] or, time first, x[t, n, :]:
 *
 *     f, i, o = sigmoid(k * x + r * h + b)      g = tanh(the same)      with weights k, r and a bias b for each
 *     c = f c + i g      h = o tanh(c)      y[n, t, :] = h
 *
 * h and c are variables: they go on from run to run. No gate depends on c, so units go one by one and a step's h
 * comes to be in y. Gates of integers have 12 fraction bits before sigmoid and tanh, and 15 after. */
#include "op.h"
#include "../math.h"
#include "gate.h"

enum { LSTM_X, LSTM_K, LSTM_R = 5, LSTM_PEEPHOLE = 9, LSTM_BIAS = 12, LSTM_PROJECTION = 16, LSTM_HIDDEN = 18, LSTM_CELL,
       LSTM_NORM, LSTM_INPUTS = 24 };
enum { LSTM_ACTIVATION, LSTM_CLIP, LSTM_TIME_MAJOR = 3, LSTM_OPTIONS = 71, LSTM_TANH = 4 };
enum { LSTM_INPUT_GATE, LSTM_FORGET_GATE, LSTM_CELL_GATE, LSTM_OUTPUT_GATE, LSTM_GATES };

typedef struct {
    te_ref_t k, r, bias;
    te_scale_t k_scale, r_scale;
} lstm_gate_t;

typedef struct {
    lstm_gate_t gates[LSTM_GATES];
    te_ref_t x, y, hidden, cell;
    int32_t batches, steps, inputs, units;
    te_scale_t forget, input, output;  /* of f * c, i * g, o * tanh(c) */
    te_steps_t cell_steps;
    int32_t clip;
    float clip_f32;                    /* 0: none */
    int16_t x_zero, h_zero;
    uint8_t type;
    bool time_major;
} lstm_t;

static int lstm_dims(te_op_t *op, const te_desc_t *t, int32_t rows, int32_t columns) {
    if (t->rank != (columns ? 2 : 1) || t->shape[0] != rows || (columns && t->shape[1] != columns)) {
        return te_op_fail(op, TE_ERR_MODEL, "its weights or biases do not suit %d units", rows);
    }
    return TE_OK;
}

/* A factor that 32-bit products are rescaled by. */
static int lstm_factor(te_op_t *op, te_scale_t s, int32_t limit) {
    return s.shift <= limit ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "its scales do not suit each other", 0);
}

static int lstm_weights(te_op_t *op, uint32_t slot, const te_desc_t *x, int32_t columns, const lstm_t *p, te_ref_t *at,
    te_scale_t *scale) {
    te_desc_t k;
    TE_TRY(te_op_input(op, slot, &k));
    TE_TRY(lstm_dims(op, &k, p->units, columns));
    *at = te_op_in_at(op, slot);
    if (te_is(p->type, TE_FLOAT32)) {
        return TE_OK;
    }
    if (k.scales.n != 1 || !k.symmetric) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "weights must have one scale and zero point 0", 0);
    }
    float product = x->scale * k.scale;
    if (!(product > 0 && product <= 3.4e38f)) {
        return te_op_fail(op, TE_ERR_MODEL, "the product of its scales is not a positive number", 0);
    }
    *scale = te_scale(product, 1, 1.0f / 4096);
    return lstm_factor(op, *scale, te_is(p->type, TE_INT8) ? 30 : 7);
}

static int lstm_gate(te_op_t *op, int i, const te_desc_t *x, const te_desc_t *h, lstm_t *p) {
    te_desc_t b;
    lstm_gate_t *gate = &p->gates[i];
    TE_TRY(lstm_weights(op, (uint32_t)(LSTM_K + i), x, p->inputs, p, &gate->k, &gate->k_scale));
    TE_TRY(lstm_weights(op, (uint32_t)(LSTM_R + i), h, p->units, p, &gate->r, &gate->r_scale));
    TE_TRY(te_op_input(op, (uint32_t)(LSTM_BIAS + i), &b));
    TE_TRY(lstm_dims(op, &b, p->units, 0));
    gate->bias = te_op_in_at(op, (uint32_t)(LSTM_BIAS + i));
    return TE_OK;
}

/* The cell's scale must be a power of two, for tanh; and what the cell is clipped to, if it is. */
static int lstm_cell(te_op_t *op, const te_desc_t *c, lstm_t *p) {
    int32_t bits = te_load_i32(&c->scale), power = (bits >> 23) - 127, shift = power + 12;
    uint32_t at = te_fb_field(&op->graph->file, &op->options, LSTM_CLIP, 4);
    float clip = at ? te_fb_f32(&op->graph->file, at) : 0;
    p->clip_f32 = clip > 0 ? clip : 0;
    if (te_is(p->type, TE_FLOAT32)) {
        return TE_OK;
    }
    if ((bits & 0x7FFFFF) != 0 || shift < -20 || shift > 12) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "the cell's scale must be a power of two, 2^-32 to 1", 0);
    }
    p->cell_steps.mult = 3 << (shift > 0 ? shift : 0);
    p->cell_steps.shift = shift < 0 ? -shift : 0;
    clip /= c->scale;
    p->clip = clip > 0 ? (clip < INT16_MAX ? (int32_t)clip : INT16_MAX) : INT32_MAX;
    return TE_OK;
}

static int lstm_options(te_op_t *op, lstm_t *p) {
    te_file_t *f = &op->graph->file;
    int activation = te_fb_field_u8(f, &op->options, LSTM_ACTIVATION, 0);
    if (activation != LSTM_TANH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "activation %d of the cell is not supported", activation);
    }
    p->time_major = te_fb_field_u8(f, &op->options, LSTM_TIME_MAJOR, 0) != 0;
    return TE_OK;
}

static int lstm_shapes(te_op_t *op, const te_desc_t *x, const te_desc_t *h, const te_desc_t *c, const te_desc_t *y,
    lstm_t *p) {
    if (x->rank != 3 || y->rank != 3 || h->rank != 2) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "input and output must have 3 dimensions, the state 2", 0);
    }
    p->batches = x->shape[p->time_major ? 1 : 0];
    p->steps = x->shape[p->time_major ? 0 : 1];
    p->inputs = x->shape[2];
    p->units = h->shape[1];
    if (p->inputs > TE_MAX_DEPTH || p->units > TE_MAX_DEPTH) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than 65536 inputs or units are not supported", 0);
    }
    if (h->shape[0] != p->batches || c->count != h->count) {
        return te_op_fail(op, TE_ERR_MODEL, "its state should have %d rows", p->batches);
    }
    TE_TRY(te_op_out_dim(op, y, 0, x->shape[0]));
    TE_TRY(te_op_out_dim(op, y, 1, x->shape[1]));
    return te_op_out_dim(op, y, 2, p->units);
}

static int lstm_quantised(te_op_t *op, const te_desc_t *x, const te_desc_t *h, const te_desc_t *c) {
    TE_TRY(te_op_quantised(op, x));
    TE_TRY(te_op_quantised(op, h));
    return te_op_quantised(op, c);
}

static int lstm_products(te_op_t *op, const te_desc_t *h, const te_desc_t *c, lstm_t *p) {
    const float unit = 1.0f / 32768;
    p->forget = te_scale(unit, c->scale, c->scale);
    p->input = te_scale(unit, unit, c->scale);
    p->output = te_scale(unit, unit, h->scale);
    TE_TRY(lstm_factor(op, p->input, 0));
    return lstm_factor(op, p->output, 0);
}

static int lstm_prepare(te_op_t *op, void *params) {
    lstm_t *p = params;
    te_desc_t x, h, c, y;
    TE_TRY(te_op_slots(op, LSTM_INPUTS, LSTM_INPUTS, LSTM_OPTIONS));
    TE_TRY(lstm_options(op, p));
    TE_TRY(te_op_activation(op, LSTM_X, &x));
    TE_TRY(te_op_variable(op, LSTM_HIDDEN, &h));
    TE_TRY(te_op_variable(op, LSTM_CELL, &c));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(lstm_quantised(op, &x, &h, &c));
    TE_TRY(lstm_shapes(op, &x, &h, &c, &y, p));
    p->type = x.type;
    for (int i = 0; i < LSTM_GATES; i++) {
        TE_TRY(lstm_gate(op, i, &x, &h, p));
    }
    TE_TRY(lstm_cell(op, &c, p));
    if (!te_is(p->type, TE_FLOAT32)) {
        TE_TRY(lstm_products(op, &h, &c, p));
    }
    p->x_zero = (int16_t)x.zero_point;
    p->h_zero = (int16_t)h.zero_point;
    p->x = te_op_in_at(op, LSTM_X);
    p->hidden = te_op_in_at(op, LSTM_HIDDEN);
    p->cell = te_op_in_at(op, LSTM_CELL);
    p->y = te_op_out_at(op);
    op->macs = (uint64_t)p->batches * (uint32_t)p->steps * LSTM_GATES * (uint64_t)p->units
        * (uint32_t)(p->inputs + p->units);
    return TE_OK;
}

/* What a run reads at one step of one batch. */
typedef struct {
    const te_model_t *m;
    const lstm_t *p;
    const void *x, *h;
} lstm_step_t;

static int32_t lstm_saturate(int32_t x) {
    return te_clamp(x, INT16_MIN, INT16_MAX);
}

/* A unit's gate before its sigmoid or tanh; the two products are rescaled apart. */
static int32_t lstm_gate_s8(const lstm_step_t *s, int i, int32_t unit) {
    const lstm_t *p = s->p;
    const lstm_gate_t *gate = &p->gates[i];
    const int8_t *k = (const int8_t *)te_in(s->m, gate->k) + unit * p->inputs;
    const int8_t *r = (const int8_t *)te_in(s->m, gate->r) + unit * p->units;
    int32_t fresh = te_dot_s8(s->x, k, p->inputs, -p->x_zero), old = te_dot_s8(s->h, r, p->units, -p->h_zero);
    fresh = (int32_t)((uint32_t)fresh + (uint32_t)te_bias_s32(te_in(s->m, gate->bias), unit));
    return lstm_saturate(lstm_saturate(te_rescale(fresh, gate->k_scale)) + lstm_saturate(te_rescale(old, gate->r_scale)));
}

static int32_t lstm_gate_s16(const lstm_step_t *s, int i, int32_t unit) {
    const lstm_t *p = s->p;
    const lstm_gate_t *gate = &p->gates[i];
    const int8_t *k = (const int8_t *)te_in(s->m, gate->k) + unit * p->inputs;
    const int8_t *r = (const int8_t *)te_in(s->m, gate->r) + unit * p->units;
    uint64_t bias;
    memcpy(&bias, (const uint8_t *)te_in(s->m, gate->bias) + 8 * unit, sizeof(bias));
    int64_t fresh = (int64_t)((uint64_t)te_dot_s16(s->x, k, p->inputs) + bias), old = te_dot_s16(s->h, r, p->units);
    return lstm_saturate(lstm_saturate(te_rescale_wide(fresh, gate->k_scale))
        + lstm_saturate(te_rescale_wide(old, gate->r_scale)));
}

static int32_t lstm_gate_value(const lstm_step_t *s, int i, int32_t unit) {
    static const te_steps_t steps = {3, 0};
    int32_t v = te_is(s->p->type, TE_INT8) ? lstm_gate_s8(s, i, unit) : lstm_gate_s16(s, i, unit);
    return i == LSTM_CELL_GATE ? te_gate_tanh(v, steps) : te_gate_sigmoid(v, steps);
}

/* Moves a unit's cell on and gives its new h, without h's zero point. */
static int32_t lstm_unit(const lstm_step_t *s, int32_t unit, int16_t *cell) {
    const lstm_t *p = s->p;
    int32_t kept = te_rescale(lstm_gate_value(s, LSTM_FORGET_GATE, unit) * *cell, p->forget);
    int32_t fresh = lstm_gate_value(s, LSTM_INPUT_GATE, unit) * lstm_gate_value(s, LSTM_CELL_GATE, unit);
    int32_t c = lstm_saturate(lstm_saturate(kept) + lstm_saturate(te_rescale(fresh, p->input)));
    *cell = (int16_t)te_clamp(c, -p->clip, p->clip);
    return te_rescale(te_gate_tanh(*cell, p->cell_steps) * lstm_gate_value(s, LSTM_OUTPUT_GATE, unit), p->output);
}

static float lstm_sigmoid_f32(float x) {
    return x > 16.619047164916992188f ? 1 : x < -9 ? te_exp(x) : 1 / (1 + te_exp(-x));
}

static float lstm_gate_f32(const lstm_step_t *s, int i, int32_t unit) {
    const lstm_t *p = s->p;
    const lstm_gate_t *gate = &p->gates[i];
    const uint8_t *k = (const uint8_t *)te_in(s->m, gate->k) + 4 * unit * p->inputs;
    const uint8_t *r = (const uint8_t *)te_in(s->m, gate->r) + 4 * unit * p->units;
    float fresh = te_dot_f32(0, s->x, k, p->inputs) + te_bias_f32(te_in(s->m, gate->bias), unit);
    float v = fresh + te_dot_f32(0, s->h, r, p->units);
    return i == LSTM_CELL_GATE ? te_tanh(v) : lstm_sigmoid_f32(v);
}

static float lstm_unit_f32(const lstm_step_t *s, int32_t unit, float *cell) {
    float c = lstm_gate_f32(s, LSTM_FORGET_GATE, unit) * *cell
        + lstm_gate_f32(s, LSTM_INPUT_GATE, unit) * lstm_gate_f32(s, LSTM_CELL_GATE, unit);
    *cell = s->p->clip_f32 > 0 ? te_clamp_f32(c, -s->p->clip_f32, s->p->clip_f32) : c;
    return te_tanh(*cell) * lstm_gate_f32(s, LSTM_OUTPUT_GATE, unit);
}

/* One step of one batch: y becomes h, and then h becomes y. */
static void lstm_step_f32(const lstm_step_t *s, void *h, float *cell, float *y) {
    for (int32_t unit = 0; unit < s->p->units; unit++) {
        y[unit] = lstm_unit_f32(s, unit, &cell[unit]);
    }
    memcpy(h, y, (size_t)s->p->units * sizeof(float));
}

static void lstm_step(const lstm_step_t *s, void *h, int16_t *cell, void *y) {
    const lstm_t *p = s->p;
    for (int32_t unit = 0; unit < p->units; unit++) {
        int32_t v = lstm_unit(s, unit, &cell[unit]) + p->h_zero;
        if (te_is(p->type, TE_INT8)) {
            ((int8_t *)y)[unit] = (int8_t)te_clamp(v, INT8_MIN, INT8_MAX);
        } else {
            ((int16_t *)y)[unit] = (int16_t)lstm_saturate(v);
        }
    }
    memcpy(h, y, (size_t)p->units * te_type_size(p->type));
}

static void lstm_run(const te_model_t *m, const void *params) {
    const lstm_t *p = params;
    uint32_t size = te_type_size(p->type);
    uint32_t in = (uint32_t)p->inputs * size, out = (uint32_t)p->units * size;
    for (int32_t t = 0; t < p->steps; t++) {
        for (int32_t n = 0; n < p->batches; n++) {
            uint32_t row = (uint32_t)(p->time_major ? t * p->batches + n : n * p->steps + t);
            uint8_t *h = (uint8_t *)te_out(m, p->hidden) + (uint32_t)n * out;
            lstm_step_t s = {m, p, (const uint8_t *)te_in(m, p->x) + row * in, h};
            uint8_t *y = (uint8_t *)te_out(m, p->y) + row * out;
            if (te_is(p->type, TE_FLOAT32)) {
                lstm_step_f32(&s, h, (float *)te_out(m, p->cell) + n * p->units, (float *)(void *)y);
            } else {
                lstm_step(&s, h, (int16_t *)te_out(m, p->cell) + n * p->units, y);
            }
        }
    }
}

const te_row_t te_row_unidirectional_sequence_lstm = {"UNIDIRECTIONAL_SEQUENCE_LSTM",
    "*bbbbbbbbb---iiii--bh----:b hbbbbbbbb---qqqq--hh----:h fffffffff---ffff--ff----:f",
    44, sizeof(lstm_t), lstm_prepare, lstm_run};
