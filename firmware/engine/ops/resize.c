/* SPDX-License-Identifier: MIT
 * Checks of the two operators that resize images. */
#include "resize.h"

enum { RESIZE_IMAGE, RESIZE_SIZE };

static int resize_sizes(te_op_t *op, const te_desc_t *x, const te_desc_t *y, te_resize_t *p) {
    if (x->rank != 4 || y->rank != 4) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "images must have 4 dimensions", 0);
    }
    const int32_t sizes[] = {x->shape[0], x->shape[1], x->shape[2], y->shape[1], y->shape[2]};
    uint16_t *const fields[] = {&p->batches, &p->in_h, &p->in_w, &p->out_h, &p->out_w};
    for (int i = 0; i < 5; i++) {
        TE_TRY(te_window_size(op, sizes[i], fields[i]));
    }
    p->depth = x->shape[3];
    TE_TRY(te_op_out_dim(op, y, 0, x->shape[0]));
    return te_op_out_dim(op, y, 3, x->shape[3]);
}

/* The output's height and width are stated once more in a constant. */
static int resize_stated(te_op_t *op, const te_desc_t *y) {
    te_desc_t size;
    te_file_t *f = &op->graph->file;
    TE_TRY(te_op_input(op, RESIZE_SIZE, &size));
    if (size.rank != 1 || size.count != 2 || !size.constant) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "the size must be two constant int32 numbers", 0);
    }
    TE_TRY(te_op_out_dim(op, y, 1, te_fb_i32(f, size.constant)));
    return te_op_out_dim(op, y, 2, te_fb_i32(f, size.constant + 4));
}

int te_resize_prepare(te_op_t *op, te_resize_t *p, int options_type) {
    te_desc_t x, y;
    te_file_t *f = &op->graph->file;
    TE_TRY(te_op_slots(op, 2, 2, options_type));
    TE_TRY(te_op_activation(op, RESIZE_IMAGE, &x));
    TE_TRY(te_op_output(op, &y));
    TE_TRY(resize_sizes(op, &x, &y, p));
    TE_TRY(resize_stated(op, &y));
    /* Bilinear's field 0 and 1 are of versions long gone; its flags follow. */
    int first = op->code == 23 ? 2 : 0;
    p->align_corners = te_fb_field_u8(f, &op->options, first, 0) != 0;
    p->half_pixel = te_fb_field_u8(f, &op->options, first + 1, 0) != 0;
    p->type = x.type;
    p->x = te_op_in_at(op, RESIZE_IMAGE);
    p->y = te_op_out_at(op);
    return TE_OK;
}

float te_resize_step(const te_resize_t *p, int32_t in, int32_t out) {
    return p->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}
