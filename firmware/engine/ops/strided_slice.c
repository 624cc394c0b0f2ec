/* SPDX-License-Identifier: MIT
 * STRIDED_SLICE: x[begin:end:stride, ...] as Python writes it, from three constant inputs. Masks have a bit a
 * dimension: begin or end is left out, or the dimension goes because one index of it is taken. */
#include "move.h"

#define STRIDED_RANK 4  /* as in TFLM */

enum { STRIDED_BEGIN_MASK, STRIDED_END_MASK, STRIDED_ELLIPSIS_MASK, STRIDED_NEW_AXIS_MASK, STRIDED_SHRINK_MASK,
       STRIDED_OFFSET };
enum { STRIDED_BEGIN, STRIDED_END, STRIDED_STRIDE, STRIDED_LISTS };

typedef struct {
    te_ref_t x, y;
    int32_t from;  /* byte of x that goes first */
    te_move_t move;
} strided_t;

typedef struct {
    te_desc_t list[STRIDED_LISTS];
    int32_t mask[STRIDED_LISTS];  /* of begin and end; then what shrinks */
} strided_options_t;

typedef struct {
    int32_t first, stride, n;
} strided_range_t;

static int strided_options(te_op_t *op, const te_desc_t *x, strided_options_t *o) {
    te_file_t *f = &op->graph->file;
    if (te_fb_field_i32(f, &op->options, STRIDED_ELLIPSIS_MASK, 0) || te_fb_field_i32(f, &op->options, STRIDED_NEW_AXIS_MASK, 0)
        || te_fb_field_u8(f, &op->options, STRIDED_OFFSET, 0)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an ellipsis, a new dimension or an offset is not supported", 0);
    }
    o->mask[STRIDED_BEGIN] = te_fb_field_i32(f, &op->options, STRIDED_BEGIN_MASK, 0);
    o->mask[STRIDED_END] = te_fb_field_i32(f, &op->options, STRIDED_END_MASK, 0);
    o->mask[STRIDED_STRIDE] = te_fb_field_i32(f, &op->options, STRIDED_SHRINK_MASK, 0);
    for (uint32_t i = 0; i < STRIDED_LISTS; i++) {
        TE_TRY(te_constant_wholes(op, 1 + i, x->rank, &o->list[i]));
    }
    return TE_OK;
}

/* An index, counted from the end if negative, within what a stride may begin or end at. */
static int32_t strided_index(int32_t index, int32_t size, int32_t stride) {
    int32_t at = index < 0 ? index + size : index;
    return stride > 0 ? te_clamp(at, 0, size) : te_clamp(at, -1, size - 1);
}

/* Which indices of dimension i are taken. */
static int strided_range(te_op_t *op, const te_desc_t *x, const strided_options_t *o, int i, strided_range_t *r) {
    int32_t size = x->shape[i], stride = te_constant_whole(op, &o->list[STRIDED_STRIDE], (uint32_t)i);
    int32_t first = strided_index(te_constant_whole(op, &o->list[STRIDED_BEGIN], (uint32_t)i), size, stride);
    int32_t end = strided_index(te_constant_whole(op, &o->list[STRIDED_END], (uint32_t)i), size, stride);
    if (stride == 0) {
        return te_op_fail(op, TE_ERR_MODEL, "a stride of 0 is not possible", 0);
    }
    first = o->mask[STRIDED_BEGIN] >> i & 1 ? (stride > 0 ? 0 : size - 1) : first;
    end = o->mask[STRIDED_END] >> i & 1 ? (stride > 0 ? size : -1) : end;
    int64_t span = stride > 0 ? (int64_t)end - first : (int64_t)first - end, pace = stride > 0 ? stride : -(int64_t)stride;
    r->first = first;
    r->stride = stride;
    r->n = o->mask[STRIDED_STRIDE] >> i & 1 ? 1 : (int32_t)((span + pace - 1) / pace);
    if (r->n < 1 || first < 0 || first >= size) {
        return te_op_fail(op, TE_ERR_MODEL, "nothing is left of dimension %d", i);
    }
    return TE_OK;
}

static int strided_prepare(te_op_t *op, void *params) {
    strided_t *p = params;
    te_desc_t x, y;
    strided_options_t o;
    TE_TRY(te_op_slots(op, 4, 4, TE_STRIDED_SLICE_OPTIONS));
    TE_TRY(te_move_ends(op, 0, &x, &y));
    TE_TRY(strided_options(op, &x, &o));
    if (x.rank > STRIDED_RANK) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "more than %d dimensions are not supported", STRIDED_RANK);
    }
    int32_t x_step = (int32_t)te_type_size(x.type), y_step = x_step, from = 0, left = x.rank;
    for (int i = 0; i < x.rank; i++) {
        left -= o.mask[STRIDED_STRIDE] >> i & 1;
    }
    TE_TRY(te_move_rank(op, &y, left));
    te_move_begin(&p->move, (uint32_t)x_step);
    for (int i = x.rank; i-- > 0;) {
        strided_range_t r = {0, 1, 1};
        TE_TRY(strided_range(op, &x, &o, i, &r));
        if (!(o.mask[STRIDED_STRIDE] >> i & 1)) {
            TE_TRY(te_op_out_dim(op, &y, --left, r.n));
        }
        te_move_dimension(&p->move, r.n, r.n == 1 ? 0 : x_step * r.stride, y_step);
        from += r.first * x_step;
        x_step *= x.shape[i];
        y_step *= r.n;
    }
    p->x = te_op_in_at(op, 0);
    p->from = from;
    p->y = te_op_out_at(op);
    return TE_OK;
}

static void strided_run(const te_model_t *m, const void *params) {
    const strided_t *p = params;
    te_move(&p->move, (const uint8_t *)te_in(m, p->x) + p->from, te_out(m, p->y));
}

const te_row_t te_row_strided_slice = {"STRIDED_SLICE", "[bhif?]iii:=",
    45, sizeof(strided_t), strided_prepare, strided_run};
