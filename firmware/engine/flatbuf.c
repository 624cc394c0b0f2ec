/* SPDX-License-Identifier: MIT
 * The bounded FlatBuffer reader of flatbuf.h. */
#include "flatbuf.h"

static const uint8_t *fb_bytes(te_file_t *f, uint32_t at, uint32_t size) {
    static const uint8_t zeros[8];
    if (at > f->len || size > f->len - at) {
        f->bad = true;
        return zeros;
    }
    return f->data + at;
}

uint8_t te_fb_u8(te_file_t *f, uint32_t at) {
    return *fb_bytes(f, at, 1);
}

uint16_t te_fb_u16(te_file_t *f, uint32_t at) {
    uint16_t v;
    memcpy(&v, fb_bytes(f, at, sizeof(v)), sizeof(v));
    return v;
}

int32_t te_fb_i32(te_file_t *f, uint32_t at) {
    return te_load_i32(fb_bytes(f, at, 4));
}

uint32_t te_fb_u32(te_file_t *f, uint32_t at) {
    return (uint32_t)te_load_i32(fb_bytes(f, at, 4));
}

int64_t te_fb_i64(te_file_t *f, uint32_t at) {
    int64_t v;
    memcpy(&v, fb_bytes(f, at, sizeof(v)), sizeof(v));
    return v;
}

float te_fb_f32(te_file_t *f, uint32_t at) {
    return te_load_f32(fb_bytes(f, at, 4));
}

uint32_t te_fb_follow(te_file_t *f, uint32_t at) {
    uint32_t distance = te_fb_u32(f, at);
    if (distance < 4 || distance > f->len - at) {  /* at <= len, or distance is 0 */
        f->bad = true;
        return 0;
    }
    return at + distance;
}

uint32_t te_fb_field(te_file_t *f, uint32_t table, int id, uint32_t size) {
    int64_t vtable = (int64_t)table - te_fb_i32(f, table);
    if (table == 0 || vtable < 0 || vtable > (int64_t)f->len) {
        f->bad |= table != 0;
        return 0;
    }
    uint32_t vtable_size = te_fb_u16(f, (uint32_t)vtable);
    uint32_t table_size = te_fb_u16(f, (uint32_t)vtable + 2);
    uint32_t slot = 4 + 2 * (uint32_t)id;
    if (slot + 2 > vtable_size) {
        return 0;
    }
    uint32_t offset = te_fb_u16(f, (uint32_t)vtable + slot);
    if (offset == 0) {
        return 0;
    }
    if (offset < 4 || offset + size > table_size || offset + size > f->len - table) {
        f->bad = true;
        return 0;
    }
    return table + offset;
}

uint8_t te_fb_field_u8(te_file_t *f, uint32_t table, int id, uint8_t absent) {
    uint32_t at = te_fb_field(f, table, id, 1);
    return at ? te_fb_u8(f, at) : absent;
}

int32_t te_fb_field_i32(te_file_t *f, uint32_t table, int id, int32_t absent) {
    uint32_t at = te_fb_field(f, table, id, 4);
    return at ? te_fb_i32(f, at) : absent;
}

uint32_t te_fb_field_table(te_file_t *f, uint32_t table, int id) {
    uint32_t at = te_fb_field(f, table, id, 4);
    return at ? te_fb_follow(f, at) : 0;
}

te_vec_t te_fb_field_vec(te_file_t *f, uint32_t table, int id, uint32_t element_size) {
    te_vec_t v = {0, 0};
    uint32_t at = te_fb_field_table(f, table, id);
    uint32_t n = at ? te_fb_u32(f, at) : 0;
    if (n == 0 || f->bad) {
        return v;
    }
    if (n > (f->len - at - 4) / element_size) {
        f->bad = true;
        return v;
    }
    v.at = at + 4;
    v.n = n;
    return v;
}

uint32_t te_fb_vec_table(te_file_t *f, te_vec_t v, uint32_t i) {
    if (i >= v.n) {
        f->bad = true;
        return 0;
    }
    return te_fb_follow(f, v.at + 4 * i);
}
