/* SPDX-License-Identifier: MIT
 * The bounded FlatBuffer reader of flatbuf.h. */
#include "flatbuf_fast.h"

int32_t te_fb_i32(te_file_t *f, uint32_t at) {
    return (int32_t)fb_u32(f, at);
}

int64_t te_fb_i64(te_file_t *f, uint32_t at) {
    int64_t v = 0;
    if (fb_inside(f, at, sizeof(v))) {
        memcpy(&v, f->data + at, sizeof(v));
    }
    return v;
}

float te_fb_f32(te_file_t *f, uint32_t at) {
    return fb_inside(f, at, 4) ? te_load_f32(f->data + at) : 0;
}

uint32_t te_fb_field(te_file_t *f, const te_table_t *t, int id, uint32_t size) {
    return fb_field(f, t, id, size);
}

uint8_t te_fb_field_u8(te_file_t *f, const te_table_t *t, int id, uint8_t absent) {
    return fb_field_u8(f, t, id, absent);
}

int32_t te_fb_field_i32(te_file_t *f, const te_table_t *t, int id, int32_t absent) {
    return fb_field_i32(f, t, id, absent);
}

te_vec_t te_fb_field_vec(te_file_t *f, const te_table_t *t, int id, uint32_t element_size) {
    return fb_field_vec(f, t, id, element_size);
}
