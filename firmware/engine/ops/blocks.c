/* SPDX-License-Identifier: MIT
 * SPACE_TO_DEPTH and SPACE_TO_BATCH_ND: blocks of an image become channels, or batches; DEPTH_TO_SPACE and
 * BATCH_TO_SPACE_ND: and back.
 *
 * SPACE_TO_BATCH_ND pads with zero (the zero point, if int8), as in TensorFlow Lite; TFLM never sets the value that it
 * pads with. */
#include "move.h"

enum { BLOCKS_SIZE };  /* the first option of both */

/* wide[n, h * block + i, w * block + j, c] is deep[n, h, w, (i * block + j) * channels + c]. */
typedef struct {
    te_ref_t x, y;
    te_move_t move;
} depth_t;

static int blocks_shapes(te_op_t *op, const te_desc_t *wide, const te_desc_t *deep, int64_t block) {
    if (wide->rank != 4 || deep->rank != 4) {
        return te_op_fail(op, TE_ERR_MODEL, "input and output must have 4 dimensions", 0);
    }
    if (block < 1 || block > wide->shape[1] || wide->shape[0] != deep->shape[0] || wide->shape[1] != deep->shape[1] * block
        || wide->shape[2] != deep->shape[2] * block || deep->shape[3] != wide->shape[3] * block * block) {
        return te_op_fail(op, TE_ERR_MODEL, "input and output do not agree with blocks of size %d", (int32_t)block);
    }
    return TE_OK;
}

static int depth_prepare(te_op_t *op, depth_t *p, int options_type, bool deepen) {
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 1, 1, options_type));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    const te_desc_t *wide = deepen ? &x : &y, *deep = deepen ? &y : &x;
    int32_t block = te_fb_field_i32(&op->graph->file, &op->options, BLOCKS_SIZE, 0);
    TE_TRY(blocks_shapes(op, wide, deep, block));
    int32_t element = (int32_t)te_type_size(x.type), line = block * wide->shape[3] * element;  /* of a block */
    int32_t wide_row = line * deep->shape[2], deep_row = wide_row * block;
    const struct {
        int32_t size, wide, deep;
    } walk[] = {{wide->shape[3], element, element}, {block, line / block, line / block},
        {deep->shape[2], line, block * line}, {block, wide_row, line}, {deep->shape[1] * deep->shape[0], deep_row, deep_row}};
    te_move_begin(&p->move, (uint32_t)element);
    for (uint32_t i = 0; i < sizeof(walk) / sizeof(walk[0]); i++) {
        te_move_dimension(&p->move, walk[i].size, deepen ? walk[i].wide : walk[i].deep, deepen ? walk[i].deep : walk[i].wide);
    }
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return TE_OK;
}

static int space_to_depth_prepare(te_op_t *op, void *params) {
    return depth_prepare(op, params, TE_SPACE_TO_DEPTH_OPTIONS, true);
}

static int depth_to_space_prepare(te_op_t *op, void *params) {
    return depth_prepare(op, params, TE_DEPTH_TO_SPACE_OPTIONS, false);
}

static void depth_run(const te_model_t *m, const void *params) {
    const depth_t *p = params;
    te_move(&p->move, te_in(m, p->x), te_out(m, p->y));
}

/* wide[n, h * block_h + i - before_h, w * block_w + j - before_w, ..] is deep[(i * block_w + j) * batches + n, h, w, ..];
 * what is outside `wide` is zero in `deep`, or cropped. */
typedef struct {
    te_ref_t x, y;
    uint32_t y_nbytes;
    int32_t batches, block_h, block_w, before_h, before_w;
    int32_t wide_h, wide_w, deep_h, deep_w;
    int32_t run;  /* bytes of all channels */
    int8_t zero;  /* every byte of a zero */
} batches_t;

/* Block and border of dimension i of the image, which has `wide` elements of one and `deep` of the other. */
static int blocks_border(te_op_t *op, int i, int32_t wide, int32_t deep, te_desc_t lists[2], int32_t *block, int32_t *before) {
    *block = te_constant_whole(op, &lists[0], (uint32_t)i);
    *before = te_constant_whole(op, &lists[1], 2 * (uint32_t)i);
    int32_t after = te_constant_whole(op, &lists[1], 2 * (uint32_t)i + 1);
    if (*block < 1 || *before < 0 || after < 0 || (int64_t)deep * *block != (int64_t)wide + *before + after) {
        return te_op_fail(op, TE_ERR_MODEL, "block and border do not agree with dimension %d", i + 1);
    }
    return TE_OK;
}

static int blocks_batches(te_op_t *op, const te_desc_t *wide, const te_desc_t *deep, batches_t *p) {
    te_desc_t lists[2];
    int last = wide->rank - 1;
    TE_TRY(te_constant_wholes(op, 1, wide->rank - 2u, &lists[0]));
    TE_TRY(te_constant_wholes(op, 2, 2 * (wide->rank - 2u), &lists[1]));
    TE_TRY(blocks_border(op, 0, wide->shape[1], deep->shape[1], lists, &p->block_h, &p->before_h));
    p->wide_w = p->deep_w = p->block_w = 1;
    p->before_w = 0;
    if (last == 3) {
        TE_TRY(blocks_border(op, 1, wide->shape[2], deep->shape[2], lists, &p->block_w, &p->before_w));
        p->wide_w = wide->shape[2];
        p->deep_w = deep->shape[2];
    }
    int64_t batches = (int64_t)wide->shape[0] * p->block_h;
    if (batches > INT32_MAX || batches * p->block_w != deep->shape[0] || wide->shape[last] != deep->shape[last]) {
        return te_op_fail(op, TE_ERR_MODEL, "batches and channels do not agree with the blocks", 0);
    }
    return TE_OK;
}

static int batches_prepare(te_op_t *op, batches_t *p, bool deepen) {
    te_desc_t x, y;
    TE_TRY(te_op_slots(op, 3, 3, 0));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    if (x.rank < 3 || x.rank > 4) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an input of %d dimensions is not supported", x.rank);
    }
    TE_TRY(te_move_rank(op, &y, x.rank));
    const te_desc_t *wide = deepen ? &x : &y, *deep = deepen ? &y : &x;
    TE_TRY(blocks_batches(op, wide, deep, p));
    p->batches = wide->shape[0];
    p->wide_h = wide->shape[1];
    p->deep_h = deep->shape[1];
    p->run = x.shape[x.rank - 1] * (int32_t)te_type_size(x.type);
    p->y_nbytes = y.nbytes;
    p->zero = y.type == TE_INT8 ? (int8_t)y.zero_point : 0;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
    return TE_OK;
}

/* Moves what batch b of `deep` has in common with `wide`. */
static void blocks_batch(const batches_t *p, int32_t b, const uint8_t *x, uint8_t *y, bool deepen) {
    int32_t block = b / p->batches, wide_row = p->wide_w * p->run, deep_row = p->deep_w * p->run;
    te_taps_t h = te_taps(0, 1, p->before_h - block / p->block_w, p->block_h, p->deep_h, p->wide_h);
    te_taps_t w = te_taps(0, 1, p->before_w - block % p->block_w, p->block_w, p->deep_w, p->wide_w);
    int32_t wide = (b % p->batches * p->wide_h + h.start) * wide_row + w.start * p->run;
    int32_t deep = (b * p->deep_h + h.first) * deep_row + w.first * p->run;
    int32_t wide_step = p->block_w * p->run, wide_rows = p->block_h * wide_row;
    te_move_t move;
    if (h.first >= h.last || w.first >= w.last) {
        return;
    }
    te_move_begin(&move, (uint32_t)p->run);
    te_move_dimension(&move, w.last - w.first, deepen ? wide_step : p->run, deepen ? p->run : wide_step);
    te_move_dimension(&move, h.last - h.first, deepen ? wide_rows : deep_row, deepen ? deep_row : wide_rows);
    te_move(&move, x + (deepen ? wide : deep), y + (deepen ? deep : wide));
}

static void batches_run(const te_model_t *m, const batches_t *p, bool deepen) {
    const uint8_t *x = te_in(m, p->x);
    uint8_t *y = te_out(m, p->y);
    if (deepen) {
        memset(y, (uint8_t)p->zero, p->y_nbytes);
    }
    for (int32_t b = 0; b < p->batches * p->block_h * p->block_w; b++) {
        blocks_batch(p, b, x, y, deepen);
    }
}

static int space_to_batch_prepare(te_op_t *op, void *params) {
    return batches_prepare(op, params, true);
}

static int batch_to_space_prepare(te_op_t *op, void *params) {
    return batches_prepare(op, params, false);
}

static void space_to_batch_run(const te_model_t *m, const void *params) {
    batches_run(m, params, true);
}

static void batch_to_space_run(const te_model_t *m, const void *params) {
    batches_run(m, params, false);
}

const te_row_t te_row_space_to_depth = {"SPACE_TO_DEPTH", "[bf]:=",
    26, sizeof(depth_t), space_to_depth_prepare, depth_run};
const te_row_t te_row_depth_to_space = {"DEPTH_TO_SPACE", "[bf]:=",
    5, sizeof(depth_t), depth_to_space_prepare, depth_run};
const te_row_t te_row_space_to_batch_nd = {"SPACE_TO_BATCH_ND", "[bf]ii:=",
    38, sizeof(batches_t), space_to_batch_prepare, space_to_batch_run};
const te_row_t te_row_batch_to_space_nd = {"BATCH_TO_SPACE_ND", "[bf]ii:=",
    37, sizeof(batches_t), batch_to_space_prepare, batch_to_space_run};
