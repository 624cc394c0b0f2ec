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
    te_runs_t runs;  /* at this row of the output, as if the window began in column 0 of the input */
    int32_t inner, inner_end;  /* columns of the output whose window reaches over neither side of the image */
} conv_blocks_t;

static uint32_t conv_units(int32_t n) {
    return (uint32_t)(n + TE_BLOCK_UNIT - 1) / TE_BLOCK_UNIT * TE_BLOCK_UNIT;
}

/* Whether every output position sees its own input position alone: then positions are rows of a matrix. */
static bool conv_matrix(const te_conv_t *p) {
    return p->w.k_h == 1 && p->w.k_w == 1 && p->w.stride_h == 1 && p->w.stride_w == 1 && p->k_depth == p->x_depth;
}

static bool conv_pieces(const te_conv_t *p) {
    return p->k_depth % TE_BLOCK_UNIT != 0 && !conv_matrix(p);
}

static int32_t conv_positions(const te_conv_t *p) {
    return p->w.batches * p->w.out_h * p->w.out_w;
}

/* Positions that blocks may be made of without regard to rows: all, or a row if there are several groups, because
 * those are gathered one after the other. */
static int32_t conv_span(const te_conv_t *p) {
    return p->k_depth == p->x_depth ? conv_positions(p) : p->w.out_w;
}

uint32_t te_conv_blocks_size(const te_conv_t *p) {
    int32_t filter = te_conv_filter(p);
    uint32_t block = te_padded(te_block_size(filter, conv_span(p)));
    return te_matmul_size(p->c.channels) + block + (conv_pieces(p) ? conv_units(filter) : 0);
}

/* A block is gathered before it is written. So the first output of a row is the last that any row's input is read
 * after, and the last one the first that it is read before: a position less of lag. */
te_lag_t te_conv_blocks_lag(const te_conv_t *p, te_lag_t row_by_row) {
    int32_t channels = p->c.channels;
    if (conv_matrix(p)) {
        return te_matrix_lag((uint32_t)conv_positions(p), p->x_depth, (uint32_t)channels);
    }
    if (p->k_depth == p->x_depth && row_by_row.forward != TE_NO_OVERLAP && row_by_row.backward != TE_NO_OVERLAP) {
        row_by_row.forward = row_by_row.forward > channels ? row_by_row.forward - channels : 0;
        row_by_row.backward = row_by_row.backward > channels ? row_by_row.backward - channels : 1;
    }
    return row_by_row;
}

static void conv_begin_row(conv_blocks_t *r) {
    const te_conv_t *p = r->p;
    te_taps_t h = te_taps_h(&p->w, r->row);
    r->runs.x = r->x + (r->batch * p->w.in_h + h.start) * p->w.in_w * p->x_depth + r->group * p->k_depth;
    r->runs.n = h.last > h.first ? h.last - h.first : 0;
    r->runs.x_step = p->w.dilation_h * p->w.in_w * p->x_depth;
    r->runs.at = h.first * p->w.k_w * p->k_depth;
    r->runs.at_step = p->w.k_w * p->k_depth;
}

static void conv_begin_at(conv_blocks_t *r, int32_t position) {
    const te_window_t *w = &r->p->w;
    int32_t row = position / w->out_w;
    r->column = position - row * w->out_w;
    r->batch = row / w->out_h;
    r->row = row - r->batch * w->out_h;
    conv_begin_row(r);
}

static void conv_next(conv_blocks_t *r) {
    const te_window_t *w = &r->p->w;
    if (++r->column == w->out_w) {
        r->column = 0;
        r->row++;
        if (r->row == w->out_h) {
            r->row = 0;
            r->batch++;
        }
        conv_begin_row(r);
    }
}

/* Copies runs; of four bytes or more by words, of which the last may lie over the one before. */
static void conv_copy(int8_t *to, const te_runs_t *runs) {
    const int8_t *x = runs->x;
    int32_t length = runs->length, last = length - 4;
    to += runs->at;
    for (int32_t i = runs->n; i > 0; i--, x += runs->x_step, to += runs->at_step) {
        for (int32_t j = 0; j < last; j += 4) {
            memcpy(to + j, x + j, 4);
        }
        for (int32_t j = 0; j < length && last < 0; j++) {
            to[j] = x[j];
        }
        if (last >= 0) {
            memcpy(to + last, x + last, 4);
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

/* Where a row was put together first, that goes into the block. */
static void conv_put_piece(const conv_blocks_t *r, int32_t into) {
    if (r->piece) {
        te_runs_t whole = {r->piece, 1, (int32_t)conv_units(r->block.depth), 0, 0, 0};
        te_block_put(&r->block, into, &whole);
    }
}

static void conv_clear(const conv_blocks_t *r, int32_t into) {
    if (r->piece) {
        memset(r->piece, r->p->c.x_zero, (uint32_t)r->block.depth);
    } else {
        te_block_clear(&r->block, into);
    }
}

/* Row `into` of the block: all taps of the window's rows where they are neighbours in the input, or else one column of
 * taps after the other. */
static void conv_gather(const conv_blocks_t *r, int32_t into) {
    const te_conv_t *p = r->p;
    te_taps_t w = te_taps_w(&p->w, r->column);
    int32_t taps = w.last - w.first, k_depth = p->k_depth;
    bool neighbours = p->w.dilation_w == 1 && k_depth == p->x_depth;
    te_runs_t t = r->runs;
    t.x += w.start * p->x_depth;
    t.at += w.first * k_depth;
    t.length = neighbours ? taps * k_depth : k_depth;
    if (taps < p->w.k_w || t.n < p->w.k_h) {
        conv_clear(r, into);
    }
    for (int32_t i = neighbours && taps > 0 ? 1 : taps; i > 0; i--) {
        conv_put(r, into, &t);
        t.x += p->w.dilation_w * p->x_depth;
        t.at += k_depth;
    }
    conv_put_piece(r, into);
}

/* How many of the next n positions see a whole window whose rows are one run each. */
static int32_t conv_inner(const conv_blocks_t *r, int32_t n) {
    if (r->runs.n < r->p->w.k_h || r->column < r->inner || r->column >= r->inner_end) {
        return 0;
    }
    return n < r->inner_end - r->column ? n : r->inner_end - r->column;
}

/* Gathers n such positions. */
static void conv_gather_inner(conv_blocks_t *r, int32_t into, int32_t n) {
    const te_conv_t *p = r->p;
    te_runs_t t = r->runs;
    t.x += (r->column * p->w.stride_w - p->w.pad_w) * p->x_depth;
    t.length = p->w.k_w * p->k_depth;
    for (int32_t end = into + n; into < end; into++, t.x += p->w.stride_w * p->x_depth) {
        conv_put(r, into, &t);
        conv_put_piece(r, into);
    }
    r->column += n - 1;
}

static void conv_inner_columns(conv_blocks_t *r) {
    const te_window_t *w = &r->p->w;
    bool neighbours = w->dilation_w == 1 && r->p->k_depth == r->p->x_depth;
    int32_t last = w->in_w + w->pad_w - w->k_w;  /* where a window that reaches to the image's end begins */
    r->inner = (w->pad_w + w->stride_w - 1) / w->stride_w;
    r->inner_end = neighbours && last >= 0 ? last / w->stride_w + 1 : 0;
}

/* Gathers positions first .. first + n - 1 of the output. */
static void conv_gather_all(conv_blocks_t *r, int32_t first, int32_t n) {
    if (conv_matrix(r->p)) {
        te_block_fill(&r->block, r->x + first * r->p->x_depth);
        return;
    }
    conv_begin_at(r, first);
    te_block_begin(&r->block);
    for (int32_t i = 0, inner; i < n; i += inner > 0 ? inner : 1, conv_next(r)) {
        inner = conv_inner(r, n - i);
        if (inner > 0) {
            conv_gather_inner(r, i, inner);
        } else {
            conv_gather(r, i);
        }
    }
}

static void conv_block(conv_blocks_t *r, int32_t first, int32_t n) {
    const te_conv_t *p = r->p;
    te_matmul_t m = r->matmul;
    int8_t *y = r->y + first * p->c.channels;
    r->block.rows = n;
    m.channels = te_conv_group(p);
    for (r->group = 0; m.first < p->c.channels; r->group++, m.first += m.channels, m.k += m.channels * m.depth) {
        conv_gather_all(r, first, n);
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
    te_matmul_begin(&r.matmul, te_out(m, p->block));
    r.block = (te_block_t){(int8_t *)te_out(m, p->block) + te_matmul_size(p->c.channels), filter, p->c.x_zero, 0, 0};
    conv_inner_columns(&r);
    if (conv_pieces(p)) {
        r.piece = (int8_t *)r.block.data + te_padded(te_block_size(filter, span));
        memset(r.piece, p->c.x_zero, conv_units(filter));
    }
    for (int32_t done = 0, n; done < all; done += n) {
        n = te_block_rows(filter, span - done % span);
        conv_block(&r, backward ? all - done - n : done, n);
    }
}
