/* SPDX-License-Identifier: MIT
 * A FlatBuffer reader that cannot leave the file: every access is bounded, any alignment.
 *
 * The format (little-endian), as far as a model needs it:
 *
 *     table   int32 distance back to its vtable, then inline fields
 *     vtable  uint16 own bytes, uint16 the table's bytes, uint16 offset of field 0, 1, ... (0: absent)
 *     offset  uint32 distance forward from itself to a table, vector or string
 *     vector  uint32 count, then the elements; a string is a vector of bytes
 *
 * A position is a byte offset from the start of the file; 0 means absent. What lies outside
 * the file reads as 0 or absent and sets `bad`, which stays set: a caller reads what it wants,
 * then looks at `bad` once. Offsets only lead forward and no reader recurses, so no file can
 * make it loop.
 */
#ifndef TORPOR_FLATBUF_H
#define TORPOR_FLATBUF_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *data;
    uint32_t len;  /* bytes, at most INT32_MAX */
    bool bad;
} te_file_t;

typedef struct {
    uint32_t at;  /* position of element 0 */
    uint32_t n;   /* elements, 0 if absent */
} te_vec_t;

static inline int32_t te_load_i32(const void *p) {
    int32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline float te_load_f32(const void *p) {
    float v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* A table whose vtable and inline bytes were proved to lie in the file. at = 0: absent, and so are its fields. */
typedef struct {
    uint32_t at;
    uint32_t vtable;
    uint16_t vtable_size, size;
} te_table_t;

/* Scalars at a position; 0 outside the file. */
int32_t te_fb_i32(te_file_t *f, uint32_t at);
int64_t te_fb_i64(te_file_t *f, uint32_t at);
float te_fb_f32(te_file_t *f, uint32_t at);

/* Position of a table's field of `size` bytes; 0 if absent. */
uint32_t te_fb_field(te_file_t *f, const te_table_t *t, int id, uint32_t size);

/* A table's fields by kind, with the schema's default where absent. */
uint8_t te_fb_field_u8(te_file_t *f, const te_table_t *t, int id, uint8_t absent);
int32_t te_fb_field_i32(te_file_t *f, const te_table_t *t, int id, int32_t absent);
te_vec_t te_fb_field_vec(te_file_t *f, const te_table_t *t, int id, uint32_t element_size);

#endif
