/* SPDX-License-Identifier: MIT
 * See fields.h. The tables are those of TensorFlow Lite's schema.fbs, version 3; the format of a FlatBuffer stands
 * in firmware/engine/flatbuf.h. Options are read without a schema: a field reaches up to the next one. */
#include "fields.h"

#include <string.h>

#define FILE_MAX (1u << 17)
#define DATA_WORDS 16
#define DEPTH 8
#define VTABLE_MAX (4 + 2 * 40)  /* bytes of a vtable that are looked at */

typedef struct table table_t;

typedef enum { SCALAR, VECTOR, TABLE, TABLES } kind_t;

/* One field of a table: a scalar or vector of `size` bytes an element, a table or a vector of tables. */
typedef struct {
    uint8_t kind, size, role;
    const table_t *table;
} slot_t;

struct table {
    uint8_t n;
    slot_t slots[11];
};

static const table_t opaque = {0, {{0, 0, 0, NULL}}};

#define NUMBER(size, role) {SCALAR, size, FIELD_##role, NULL}
#define LIST(size, role) {VECTOR, size, FIELD_##role, NULL}
#define ONE(name) {TABLE, 4, FIELD_OFFSET, &name}
#define MANY(name) {TABLES, 4, FIELD_OFFSET, &name}
#define TEXT LIST(0, NUMBER)

static const table_t metadata = {2, {TEXT, NUMBER(4, INDEX)}};
static const table_t buffer = {3, {LIST(1, DATA), NUMBER(8, NUMBER), NUMBER(8, NUMBER)}};
static const table_t code = {4, {NUMBER(1, CODE), TEXT, NUMBER(4, NUMBER), NUMBER(4, CODE)}};
static const table_t quantisation = {7, {LIST(4, SCALE), LIST(4, SCALE), LIST(4, SCALE), LIST(8, ZERO),
    NUMBER(1, NUMBER), ONE(opaque), NUMBER(4, NUMBER)}};
static const table_t tensor = {11, {LIST(4, DIM), NUMBER(1, TYPE), NUMBER(4, INDEX), TEXT, ONE(quantisation),
    NUMBER(1, NUMBER), ONE(opaque), LIST(4, DIM), NUMBER(1, NUMBER), MANY(opaque), NUMBER(4, NUMBER)}};
static const table_t operator = {9, {NUMBER(4, INDEX), LIST(4, TENSOR), LIST(4, TENSOR), NUMBER(1, NUMBER),
    ONE(opaque), LIST(1, DATA), NUMBER(1, NUMBER), LIST(1, NUMBER), LIST(4, TENSOR)}};
static const table_t graph = {5, {MANY(tensor), LIST(4, TENSOR), LIST(4, TENSOR), MANY(operator), TEXT}};
static const table_t model = {7, {NUMBER(4, NUMBER), MANY(code), MANY(graph), TEXT, MANY(buffer), LIST(4, NUMBER),
    MANY(metadata)}};

typedef struct {
    const uint8_t *file;
    uint32_t len, n;
    field_t *list;
    uint8_t seen[FILE_MAX / 8];  /* a bit a position */
} walk_t;

uint64_t field_get(const uint8_t *file, const field_t *field) {
    uint64_t value = 0;
    memcpy(&value, file + field->at, field->size);
    return value;
}

void field_set(uint8_t *file, const field_t *field, uint64_t value) {
    memcpy(file + field->at, &value, field->size);
}

/* Adds a field that is in the file and new, and reads it into *value. */
static int add(walk_t *w, uint64_t at, uint8_t size, uint8_t role, uint64_t *value) {
    if (at + size > w->len || w->n == FIELDS_MAX || w->seen[at / 8] >> (at % 8) & 1) {
        return 0;
    }
    field_t field = {(uint32_t)at, size, role, 0, 0};
    w->seen[at / 8] |= (uint8_t)(1 << (at % 8));
    w->list[w->n++] = field;
    *value = field_get(w->file, &field);
    return 1;
}

static void walk_table(walk_t *w, uint64_t at, const table_t *table, int depth);

/* An offset and the vector that it leads to. Constants count by words, the first few of them. */
static void walk_vector(walk_t *w, uint64_t at, const slot_t *slot, int depth) {
    uint64_t distance, count, value;
    if (!add(w, at, 4, FIELD_OFFSET, &distance)) {
        return;
    }
    w->list[w->n - 1].element = slot->size;
    w->list[w->n - 1].element_role = slot->role;
    if (!add(w, at + distance, 4, FIELD_COUNT, &count) || slot->size == 0) {
        return;
    }
    uint8_t size = slot->role == FIELD_DATA ? 4 : slot->size;
    count = slot->role != FIELD_DATA ? count : count / 4 < DATA_WORDS ? count / 4 : DATA_WORDS;
    for (uint64_t i = 0, from = at + distance + 4; i < count && from + size <= w->len; i++, from += size) {
        if (add(w, from, size, slot->role, &value) && slot->kind == TABLES) {
            walk_table(w, from + value, slot->table, depth - 1);
        }
    }
}

static void walk_slot(walk_t *w, uint64_t at, const slot_t *slot, int depth) {
    uint64_t value;
    if (slot->kind == VECTOR || slot->kind == TABLES) {
        walk_vector(w, at, slot, depth);
    } else if (add(w, at, slot->size, slot->role, &value) && slot->kind == TABLE) {
        walk_table(w, at + value, slot->table, depth - 1);
    }
}

/* Bytes from a field at `offset` to the next one, or to the table's end: 1, 2 or 4. */
static uint8_t reach(const walk_t *w, uint64_t vtable, uint32_t size, uint32_t end, uint32_t offset) {
    for (uint32_t i = 4; i + 2 <= size && vtable + i + 2 <= w->len; i += 2) {
        field_t entry = {(uint32_t)(vtable + i), 2, 0, 0, 0};
        uint32_t other = (uint32_t)field_get(w->file, &entry);
        end = other > offset && other < end ? other : end;
    }
    return end - offset >= 4 ? 4 : end - offset >= 2 ? 2 : 1;
}

static void walk_table(walk_t *w, uint64_t at, const table_t *table, int depth) {
    uint64_t distance, size, end, offset;
    if (depth == 0 || !add(w, at, 4, FIELD_VTABLE, &distance)) {
        return;
    }
    uint64_t vtable = at - (uint64_t)(int64_t)(int32_t)distance;
    if (vtable + 4 > w->len || vtable + 4 < vtable) {
        return;
    }
    add(w, vtable, 2, FIELD_VTABLE, &size);
    add(w, vtable + 2, 2, FIELD_VTABLE, &end);
    field_t sizes[] = {{(uint32_t)vtable, 2, 0, 0, 0}, {(uint32_t)vtable + 2, 2, 0, 0, 0}};
    size = field_get(w->file, &sizes[0]);
    size = size < VTABLE_MAX ? size : VTABLE_MAX;
    end = field_get(w->file, &sizes[1]);
    for (uint32_t i = 0; 4 + 2 * i + 2 <= size && vtable + 4 + 2 * i + 2 <= w->len; i++) {
        field_t entry = {(uint32_t)(vtable + 4 + 2 * i), 2, 0, 0, 0};
        add(w, entry.at, 2, FIELD_VTABLE, &offset);
        offset = field_get(w->file, &entry);
        slot_t unknown = {SCALAR, 0, FIELD_NUMBER, NULL};
        unknown.size = reach(w, vtable, (uint32_t)size, (uint32_t)end, (uint32_t)offset);
        if (offset >= 4 && offset < end) {
            walk_slot(w, at + offset, i < table->n ? &table->slots[i] : &unknown, depth);
        }
    }
}

uint32_t fields_find(const uint8_t *file, size_t len, field_t *list) {
    static walk_t w;
    uint64_t root;
    if (len > FILE_MAX) {
        return 0;
    }
    w.file = file;
    w.len = (uint32_t)len;
    w.n = 0;
    w.list = list;
    memset(w.seen, 0, len / 8 + 1);
    if (add(&w, 0, 4, FIELD_OFFSET, &root)) {
        walk_table(&w, root, &model, DEPTH);
    }
    return w.n;
}
