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

static uint16_t fb_load_u16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

te_table_t te_fb_table(te_file_t *f, uint32_t at) {
    te_table_t t = {0, 0, 0, 0};
    int64_t vtable = (int64_t)at - te_fb_i32(f, at);
    if (at == 0 || f->bad) {
        return t;
    }
    if (vtable < 0 || vtable + 4 > (int64_t)f->len) {
        f->bad = true;
        return t;
    }
    t.at = at;
    t.vtable = (uint32_t)vtable;
    t.vtable_size = fb_load_u16(f->data + t.vtable);
    t.size = fb_load_u16(f->data + t.vtable + 2);
    if (t.vtable_size > f->len - t.vtable || t.size > f->len - at) {
        f->bad = true;
        t.at = t.vtable_size = 0;
    }
    return t;
}

uint32_t te_fb_field(te_file_t *f, const te_table_t *t, int id, uint32_t size) {
    uint32_t slot = 4 + 2 * (uint32_t)id;
    if (slot + 2 > t->vtable_size) {
        return 0;
    }
    uint32_t offset = fb_load_u16(f->data + t->vtable + slot);
    if (offset == 0) {
        return 0;
    }
    if (offset < 4 || offset + size > t->size) {
        f->bad = true;
        return 0;
    }
    return t->at + offset;
}

uint8_t te_fb_field_u8(te_file_t *f, const te_table_t *t, int id, uint8_t absent) {
    uint32_t at = te_fb_field(f, t, id, 1);
    return at ? f->data[at] : absent;
}

int32_t te_fb_field_i32(te_file_t *f, const te_table_t *t, int id, int32_t absent) {
    uint32_t at = te_fb_field(f, t, id, 4);
    return at ? te_load_i32(f->data + at) : absent;
}

te_table_t te_fb_field_table(te_file_t *f, const te_table_t *t, int id) {
    uint32_t at = te_fb_field(f, t, id, 4);
    return te_fb_table(f, at ? te_fb_follow(f, at) : 0);
}

te_vec_t te_fb_field_vec(te_file_t *f, const te_table_t *t, int id, uint32_t element_size) {
    te_vec_t v = {0, 0};
    uint32_t at = te_fb_field(f, t, id, 4);
    at = at ? te_fb_follow(f, at) : 0;
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

te_table_t te_fb_vec_table(te_file_t *f, te_vec_t v, uint32_t i) {
    if (i >= v.n) {
        f->bad = true;
        return te_fb_table(f, 0);
    }
    return te_fb_table(f, te_fb_follow(f, v.at + 4 * i));
}
