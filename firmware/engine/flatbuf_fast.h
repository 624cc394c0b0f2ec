/* SPDX-License-Identifier: MIT
 * The reader of flatbuf.h, to be compiled into a file that reads much. */
#ifndef TORPOR_FLATBUF_FAST_H
#define TORPOR_FLATBUF_FAST_H

#include "flatbuf.h"

static inline uint16_t fb_load_u16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* True if `size` bytes from `at` on lie in the file. */
static inline bool fb_inside(te_file_t *f, uint32_t at, uint32_t size) {
    if (at <= f->len && size <= f->len - at) {
        return true;
    }
    f->bad = true;
    return false;
}

static inline uint32_t fb_u32(te_file_t *f, uint32_t at) {
    return fb_inside(f, at, 4) ? (uint32_t)te_load_i32(f->data + at) : 0;
}

/* The target of an offset that lies in the file, as do the target's own first 4 bytes. */
static inline uint32_t fb_target(te_file_t *f, uint32_t at) {
    uint32_t distance = (uint32_t)te_load_i32(f->data + at);
    if (distance < 4 || distance > f->len - at - 4) {
        f->bad = true;
        return 0;
    }
    return at + distance;
}

static inline uint32_t fb_follow(te_file_t *f, uint32_t at) {
    return fb_inside(f, at, 4) ? fb_target(f, at) : 0;
}

/* The table at a target. Positions are below 2^31, so a vtable before the file's start is beyond its end modulo 2^32. */
static inline te_table_t fb_table(te_file_t *f, uint32_t at) {
    te_table_t t = {0, 0, 0, 0};
    uint32_t vtable = at ? at - (uint32_t)te_load_i32(f->data + at) : 0;
    if (vtable == 0 || !fb_inside(f, vtable, 4)) {
        return t;
    }
    uint16_t vtable_size = fb_load_u16(f->data + vtable), size = fb_load_u16(f->data + vtable + 2);
    if (vtable_size > f->len - vtable || size > f->len - at) {
        f->bad = true;
        return t;
    }
    t.at = at;
    t.vtable = vtable;
    t.vtable_size = vtable_size;
    t.size = size;
    return t;
}

static inline uint32_t fb_field(te_file_t *f, const te_table_t *t, int id, uint32_t size) {
    uint32_t slot = 4 + 2 * (uint32_t)id;
    uint32_t offset = slot + 2 > t->vtable_size ? 0 : fb_load_u16(f->data + t->vtable + slot);
    if (offset == 0 || offset + size <= t->size) {
        return offset ? t->at + offset : 0;
    }
    f->bad = true;
    return 0;
}

static inline uint8_t fb_field_u8(te_file_t *f, const te_table_t *t, int id, uint8_t absent) {
    uint32_t at = fb_field(f, t, id, 1);
    return at ? f->data[at] : absent;
}

static inline int32_t fb_field_i32(te_file_t *f, const te_table_t *t, int id, int32_t absent) {
    uint32_t at = fb_field(f, t, id, 4);
    return at ? te_load_i32(f->data + at) : absent;
}

static inline te_table_t fb_field_table(te_file_t *f, const te_table_t *t, int id) {
    uint32_t at = fb_field(f, t, id, 4);
    return fb_table(f, at ? fb_target(f, at) : 0);
}

static inline te_vec_t fb_field_vec(te_file_t *f, const te_table_t *t, int id, uint32_t element_size) {
    te_vec_t v = {0, 0};
    uint32_t at = fb_field(f, t, id, 4);
    at = at ? fb_target(f, at) : 0;
    uint32_t n = at ? (uint32_t)te_load_i32(f->data + at) : 0;
    if (n == 0) {
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

/* Table i of a vector of tables; absent and `bad` if out of range. */
static inline te_table_t fb_vec_table(te_file_t *f, te_vec_t v, uint32_t i) {
    if (i >= v.n) {
        f->bad = true;
        return fb_table(f, 0);
    }
    return fb_table(f, fb_target(f, v.at + 4 * i));
}

#endif
