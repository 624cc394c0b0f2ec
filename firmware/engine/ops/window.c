/* SPDX-License-Identifier: MIT
 * The geometry of sliding windows: padding, output size, rows, and how far in place may go. */
#include "op.h"

enum { PADDING_SAME, PADDING_VALID };

int te_window_size(te_op_t *op, int32_t size, uint16_t *out) {
    if (size < 1 || size > INT16_MAX) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a window, image, stride or dilation of %d is not supported", size);
    }
    *out = (uint16_t)size;
    return TE_OK;
}

static int window_image(te_op_t *op, const te_desc_t *x, const te_desc_t *y, te_window_t *w) {
    if (x->rank != 4 || y->rank != 4) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an image of %d dimensions is not supported",
            x->rank != 4 ? x->rank : y->rank);
    }
    const int32_t sizes[] = {x->shape[0], x->shape[1], x->shape[2], y->shape[1], y->shape[2]};
    uint16_t *const fields[] = {&w->batches, &w->in_h, &w->in_w, &w->out_h, &w->out_w};
    for (int i = 0; i < 5; i++) {
        TE_TRY(te_window_size(op, sizes[i], fields[i]));
    }
    return te_op_out_dim(op, y, 0, w->batches);
}

/* Output size along one axis, and the padding before it; 0 if the window does not fit. */
static int32_t window_axis(int padding, int32_t in, int32_t reach, int32_t stride, uint16_t *pad) {
    int32_t out = padding == PADDING_SAME ? (in + stride - 1) / stride : (in + stride - reach) / stride;
    int32_t total = (out - 1) * stride + reach - in;
    *pad = (uint16_t)(total > 0 && out > 0 ? total / 2 : 0);
    return out > 0 ? out : 0;
}

int te_window(te_op_t *op, const te_desc_t *x, const te_desc_t *y, te_window_t *w) {
    te_file_t *f = &op->graph->file;
    uint16_t reach_h = 0, reach_w = 0;
    TE_TRY(window_image(op, x, y, w));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, &op->options, WINDOW_STRIDE_W, 0), &w->stride_w));
    TE_TRY(te_window_size(op, te_fb_field_i32(f, &op->options, WINDOW_STRIDE_H, 0), &w->stride_h));
    TE_TRY(te_window_size(op, (w->k_h - 1) * w->dilation_h + 1, &reach_h));
    TE_TRY(te_window_size(op, (w->k_w - 1) * w->dilation_w + 1, &reach_w));
    int padding = te_fb_field_u8(f, &op->options, WINDOW_PADDING, PADDING_SAME);
    if (padding > PADDING_VALID) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "padding %d is not supported", padding);
    }
    TE_TRY(te_op_out_dim(op, y, 1, window_axis(padding, w->in_h, reach_h, w->stride_h, &w->pad_h)));
    return te_op_out_dim(op, y, 2, window_axis(padding, w->in_w, reach_w, w->stride_w, &w->pad_w));
}

/* Rows r .. r + rows - 1 of the output are done when rows before `first` of the input are of no more use (forward),
 * or rows from `end` on (backward). Both are straight lines in r but for the edges, so the worst case is at a corner. */
te_lag_t te_window_lag(const te_window_t *w, int32_t rows, uint32_t in_row_bytes, uint32_t out_row_bytes) {
    int64_t forward = 0, backward = 0;
    int32_t reach = (w->k_h - 1) * w->dilation_h + 1 + (rows - 1) * w->stride_h;
    int32_t top = w->pad_h / w->stride_h, bottom = (w->in_h + w->pad_h - reach) / w->stride_h;
    const int32_t corners[] = {0, top, top + 1, bottom, bottom + 1, w->out_h - rows, w->out_h - 1};
    for (int batch = 0; batch < w->batches; batch += w->batches > 1 ? w->batches - 1 : 1) {
        for (int i = 0; i < 7; i++) {
            int32_t r = te_clamp(corners[i], 0, w->out_h - 1);
            int32_t last = te_clamp(r + rows, 0, w->out_h);
            int32_t first = r * w->stride_h - w->pad_h;
            int32_t end = first + reach;
            int64_t in = (int64_t)batch * w->in_h, out = (int64_t)batch * w->out_h;
            int64_t ahead = (out + last) * out_row_bytes - (in + te_clamp(first, 0, w->in_h)) * in_row_bytes;
            int64_t behind = (in + te_clamp(end, 0, w->in_h)) * in_row_bytes - (out + r) * out_row_bytes;
            forward = ahead > forward ? ahead : forward;
            backward = behind > backward ? behind : backward;
        }
    }
    te_lag_t lag = {(int32_t)(forward < TE_NO_OVERLAP ? forward : TE_NO_OVERLAP),
        (int32_t)(backward < TE_NO_OVERLAP ? backward : TE_NO_OVERLAP)};
    return lag;
}

/* Backward by a byte at least, for te_backward() to know it. */
te_lag_t te_matrix_lag(uint32_t rows, uint32_t in_row_bytes, uint32_t out_row_bytes) {
    int64_t growth = ((int64_t)out_row_bytes - in_row_bytes) * rows;
    int64_t forward = growth > 0 ? growth : 0, backward = growth < 0 ? -growth : 1;
    te_lag_t lag = {(int32_t)(forward < TE_NO_OVERLAP ? forward : TE_NO_OVERLAP),
        (int32_t)(backward < TE_NO_OVERLAP ? backward : TE_NO_OVERLAP)};
    return lag;
}

void te_window_rows(const te_window_t *w, int32_t rows, bool backward, te_rows_function_t function, const void *context) {
    int32_t blocks = (w->out_h + rows - 1) / rows, all = w->batches * blocks;
    for (int32_t i = 0; i < all; i++) {
        int32_t block = backward ? all - 1 - i : i, row = block % blocks * rows;
        function(context, block / blocks, row, row + rows <= w->out_h ? rows : w->out_h - row);
    }
}
