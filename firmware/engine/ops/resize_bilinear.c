/* SPDX-License-Identifier: MIT
 * RESIZE_BILINEAR: an output's pixel lies between four of the input's, and takes from each by nearness.
 * int8 reckons places with 10 fraction bits and rounds halves away from zero. */
#include "resize.h"

enum { BILINEAR_OPTIONS = 15, BILINEAR_BITS = 10, BILINEAR_ONE = 1 << BILINEAR_BITS };

/* Along one axis: the two pixels, and how far the place is from the lower one. */
typedef struct {
    int32_t low, high;
    int32_t rest;     /* int8, with 10 fraction bits */
    float rest_f32;
} bilinear_place_t;

static bilinear_place_t bilinear_place_f32(const te_resize_t *p, int32_t at, int32_t in, int32_t out) {
    bilinear_place_t t;
    float step = te_resize_step(p, in, out), place = (float)at * step;
    if (p->half_pixel) {
        place = ((float)at + 0.5f) * step - 0.5f;
    }
    t.low = place > 0 ? (int32_t)place : 0;
    t.high = place > (float)t.low ? t.low + 1 : t.low;
    t.high = t.high < in - 1 ? t.high : in - 1;
    t.rest_f32 = place - (float)t.low;
    return t;
}

static bilinear_place_t bilinear_place(const te_resize_t *p, int32_t at, int32_t in, int32_t out) {
    bilinear_place_t t;
    bool corners = p->align_corners && out > 1;
    int32_t gaps = corners ? out - 1 : out;
    int32_t step = (BILINEAR_ONE * (corners ? in - 1 : in) + gaps / 2) / gaps;
    int32_t place = at * step + (p->half_pixel ? step / 2 - BILINEAR_ONE / 2 : 0);
    t.low = place > 0 ? place / BILINEAR_ONE : 0;
    t.high = (place + BILINEAR_ONE - 1) / BILINEAR_ONE;
    t.high = t.high < in - 1 ? t.high : in - 1;
    t.rest = place - BILINEAR_ONE * t.low;
    return t;
}

static bilinear_place_t bilinear_row_place(const te_resize_t *p, int32_t row) {
    return te_is(p->type, TE_FLOAT32) ? bilinear_place_f32(p, row, p->in_h, p->out_h)
        : bilinear_place(p, row, p->in_h, p->out_h);
}

static bilinear_place_t bilinear_column_place(const te_resize_t *p, int32_t column) {
    return te_is(p->type, TE_FLOAT32) ? bilinear_place_f32(p, column, p->in_w, p->out_w)
        : bilinear_place(p, column, p->in_w, p->out_w);
}

/* A rounded step may lead beyond the input; TFLM then reads beyond it. */
static int bilinear_within(te_op_t *op, const te_resize_t *p) {
    bool inside = bilinear_row_place(p, p->out_h - 1).low < p->in_h
        && bilinear_column_place(p, p->out_w - 1).low < p->in_w;
    return inside ? TE_OK : te_op_fail(op, TE_ERR_UNSUPPORTED, "the output is too much larger than the input", 0);
}

static int bilinear_prepare(te_op_t *op, void *params) {
    te_resize_t *p = params;
    TE_TRY(te_resize_prepare(op, p, BILINEAR_OPTIONS));
    if (p->align_corners && p->half_pixel) {
        return te_op_fail(op, TE_ERR_MODEL, "its pixels cannot have half places and aligned corners at once", 0);
    }
    return bilinear_within(op, p);
}

/* Indices of the four pixels' channel 0. */
typedef struct {
    int32_t ll, hl, lh, hh;  /* row low or high, column low or high */
} bilinear_corners_t;

static bilinear_corners_t bilinear_corners(const te_resize_t *p, int32_t n, const bilinear_place_t *i,
    const bilinear_place_t *j) {
    int32_t low = (n * p->in_h + i->low) * p->in_w, high = (n * p->in_h + i->high) * p->in_w;
    bilinear_corners_t t = {(low + j->low) * p->depth, (high + j->low) * p->depth, (low + j->high) * p->depth,
        (high + j->high) * p->depth};
    return t;
}

static void bilinear_pixel_s8(const te_resize_t *p, const int8_t *x, int32_t n, const bilinear_place_t *i,
    const bilinear_place_t *j, int8_t *y) {
    bilinear_corners_t t = bilinear_corners(p, n, i, j);
    for (int32_t c = 0; c < p->depth; c++) {
        int32_t low = x[t.ll + c] * (BILINEAR_ONE - j->rest) + x[t.lh + c] * j->rest;
        int32_t high = x[t.hl + c] * (BILINEAR_ONE - j->rest) + x[t.hh + c] * j->rest;
        int32_t sum = low * (BILINEAR_ONE - i->rest) + high * i->rest, half = 1 << (2 * BILINEAR_BITS - 1);
        y[c] = (int8_t)((sum + (sum > 0 ? half : -half)) / (1 << 2 * BILINEAR_BITS));
    }
}

static void bilinear_pixel_f32(const te_resize_t *p, const float *x, int32_t n, const bilinear_place_t *i,
    const bilinear_place_t *j, float *y) {
    bilinear_corners_t t = bilinear_corners(p, n, i, j);
    float dy = i->rest_f32, dx = j->rest_f32;
    for (int32_t c = 0; c < p->depth; c++) {
        y[c] = x[t.ll + c] * (1 - dy) * (1 - dx) + x[t.hl + c] * dy * (1 - dx) + x[t.lh + c] * (1 - dy) * dx
            + x[t.hh + c] * dy * dx + 0.0f;
    }
}

static void bilinear_row(const te_resize_t *p, const void *x, int32_t n, int32_t row, void *y) {
    int32_t at = (n * p->out_h + row) * p->out_w * p->depth;
    bilinear_place_t i = bilinear_row_place(p, row);
    for (int32_t column = 0; column < p->out_w; column++, at += p->depth) {
        bilinear_place_t j = bilinear_column_place(p, column);
        if (te_is(p->type, TE_FLOAT32)) {
            bilinear_pixel_f32(p, x, n, &i, &j, (float *)y + at);
        } else {
            bilinear_pixel_s8(p, x, n, &i, &j, (int8_t *)y + at);
        }
    }
}

static void bilinear_run(const te_model_t *m, const void *params) {
    const te_resize_t *p = params;
    for (int32_t n = 0; n < p->batches; n++) {
        for (int32_t row = 0; row < p->out_h; row++) {
            bilinear_row(p, te_in(m, p->x), n, row, te_out(m, p->y));
        }
    }
}

const te_row_t te_row_resize_bilinear = {"RESIZE_BILINEAR", "*[bf]i:=",
    23, sizeof(te_resize_t), bilinear_prepare, bilinear_run};
