/* SPDX-License-Identifier: MIT
 * CONV_2D of int8: what the window sees at a few output positions is gathered into a block, then multiplied. */
#include "conv.h"

/* A run, and the output position that is gathered next. */
typedef struct {
    const te_conv_t *p;
    const int8_t *x;
    int8_t *y;
    int8_t *piece;  /* room for a row in units, NULL if every run of elements consists of units */
    te_finish_t finish;
    te_matmul_t matmul;
    te_block_t block;
    int32_t batch, row, column, group;
    te_taps_t h;    /* of the row */
} conv_blocks_t;

static uint32_t conv_units(int32_t n) {
    return (uint32_t)(n + TE_BLOCK_UNIT - 1) / TE_BLOCK_UNIT * TE_BLOCK_UNIT;
}

static bool conv_pieces(const te_conv_t *p) {
    return p->k_depth % TE_BLOCK_UNIT != 0;
}

static int32_t conv_positions(const te_conv_t *p) {
    return p->w.batches * p->w.out_h * p->w.out_w;
}

/* Positions that blocks may be made of without regard to rows: all, or a row if there are several groups, because
 * those are gathered one after the other. */
static int32_t conv_span(const te_conv_t *p) {
    return p->group == p->c.channels ? conv_positions(p) : p->w.out_w;
}

uint32_t te_conv_blocks_size(const te_conv_t *p) {
    int32_t filter = te_conv_filter(p);
    return te_padded(te_block_size(filter, conv_span(p))) + (conv_pieces(p) ? conv_units(filter) : 0);
}

/* Where every output position sees its own input position alone, positions are rows of a matrix. */
te_lag_t te_conv_blocks_lag(const te_conv_t *p, te_lag_t row_by_row) {
    bool own = p->w.k_h == 1 && p->w.k_w == 1 && p->w.stride_h == 1 && p->w.stride_w == 1;
    bool matrix = own && p->group == p->c.channels;
    return matrix ? te_matrix_lag((uint32_t)conv_positions(p), p->x_depth, (uint32_t)p->c.channels) : row_by_row;
}

static void conv_begin_at(conv_blocks_t *r, int32_t position) {
    const te_window_t *w = &r->p->w;
    int32_t row = position / w->out_w;
    r->column = position - row * w->out_w;
    r->batch = row / w->out_h;
    r->row = row - r->batch * w->out_h;
    r->h = te_taps_h(w, r->row);
}

static void conv_next(conv_blocks_t *r) {
    const te_window_t *w = &r->p->w;
    if (++r->column < w->out_w) {
        return;
    }
    r->column = 0;
    if (++r->row == w->out_h) {
        r->row = 0;
        r->batch++;
    }
    r->h = te_taps_h(w, r->row);
}

static void conv_copy(int8_t *to, const te_runs_t *runs) {
    const int8_t *x = runs->x;
    to += runs->at;
    for (int32_t i = 0; i < runs->n; i++, x += runs->x_step, to += runs->at_step) {
        int32_t j = 0;
        for (; j + 4 <= runs->length; j += 4) {
            memcpy(to + j, x + j, 4);
        }
        for (; j < runs->length; j++) {
            to[j] = x[j];
        }
    }
}

static void conv_put(const conv_blocks_t *r, int32_t into, const te_runs_t *runs) {
    if (r->piece) {
        conv_copy(r->piece, runs);
    } else {
        te_block_put(&r->block, into, runs);
    }
}

/* Row `into` of the block: the taps of one column after the other, or all at once where they are neighbours. */
static void conv_gather(conv_blocks_t *r, int32_t into) {
    const te_conv_t *p = r->p;
    te_taps_t w = te_taps_w(&p->w, r->column);
    int32_t rows = r->h.last - r->h.first, taps = w.last - w.first, calls = 1, filter = r->block.depth;
    bool clipped = rows < p->w.k_h || taps < p->w.k_w;
    te_runs_t t = {.n = rows, .length = taps * p->k_depth, .at_step = p->w.k_w * p->k_depth};
    t.x_step = p->w.dilation_h * p->w.in_w * p->x_depth;
    t.at = (r->h.first * p->w.k_w + w.first) * p->k_depth;
    t.x = r->x + ((r->batch * p->w.in_h + r->h.start) * p->w.in_w + w.start) * p->x_depth + r->group * p->k_depth;
    if (p->w.dilation_w > 1 || p->k_depth != p->x_depth) {
        calls = taps;
        t.length = p->k_depth;
    }
    if (clipped && r->piece) {
        memset(r->piece, p->c.x_zero, (uint32_t)filter);
    } else if (clipped) {
        te_block_clear(&r->block, into);
    }
    for (; rows > 0 && taps > 0 && calls > 0; calls--, t.x += p->w.dilation_w * p->x_depth, t.at += p->k_depth) {
        conv_put(r, into, &t);
    }
    if (r->piece) {
        te_runs_t whole = {r->piece, 1, (int32_t)conv_units(filter), 0, 0, 0};
        te_block_put(&r->block, into, &whole);
    }
}

/* Positions first .. first + n - 1 of the output. */
static void conv_block(conv_blocks_t *r, int32_t first, int32_t n) {
    const te_conv_t *p = r->p;
    te_matmul_t m = r->matmul;
    int8_t *y = r->y + first * p->c.channels;
    r->block.rows = n;
    m.channels = p->group;
    for (r->group = 0; m.first < p->c.channels; r->group++, m.first += p->group, m.k += p->group * m.depth) {
        conv_begin_at(r, first);
        te_block_begin(&r->block);
        for (int32_t i = 0; i < n; i++, conv_next(r)) {
            conv_gather(r, i);
        }
        te_matmul_s8(&m, &r->block, y + m.first);
    }
}

/* All positions in blocks, from the last to the first if the output lies above the input. */
void te_conv_blocks_run(const te_model_t *m, const te_conv_t *p) {
    bool backward = te_backward(m, p->x, p->y);
    int32_t filter = te_conv_filter(p), span = conv_span(p), all = conv_positions(p);
    conv_blocks_t r = {.p = p, .x = te_in(m, p->x), .y = te_out(m, p->y)};
    r.finish = te_finish(m, &p->c, p->range, NULL, filter);
    r.matmul = te_matmul(m, &p->c, &r.finish, filter);
    r.block = (te_block_t){te_out(m, p->block), filter, p->c.x_zero, 0, 0};
    if (conv_pieces(p)) {
        r.piece = (int8_t *)r.block.data + te_padded(te_block_size(filter, span));
        memset(r.piece, p->c.x_zero, conv_units(filter));
    }
    for (int32_t done = 0, n; done < all; done += n) {
        n = te_block_rows(filter, span - done % span);
        conv_block(&r, backward ? all - done - n : done, n);
    }
}
