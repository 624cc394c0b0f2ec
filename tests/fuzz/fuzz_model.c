/* SPDX-License-Identifier: MIT
 * The libFuzzer target: any bytes as a model file, opened and run; and a mutator that knows what the numbers of a
 * .tflite stand for. A finding is replayed by giving its file to this program. */
#include <string.h>

#include "exercise.h"
#include "fields.h"

#define BUDGET_BYTES 8192
#define BUDGET_MACS 200000

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static field_t fields[FIELDS_MAX];
static uint32_t noise;

/* A number below n. */
static uint32_t draw(uint32_t n) {
    noise ^= noise << 13;
    noise ^= noise >> 17;
    noise ^= noise << 5;
    return n ? (noise >> 4) % n : 0;
}

static uint32_t seeded(uint32_t seed) {
    noise = seed * 2654435761u | 1;
    return draw(1u << 24);
}

/* A field of the role; any if there is none. */
static const field_t *draw_role(uint32_t n, uint32_t role) {
    const field_t *chosen = &fields[draw(n)];
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (fields[i].role == role && draw(++found) == 0) {
            chosen = &fields[i];
        }
    }
    return chosen;
}

/* A field of a role that is drawn first, so that rare roles have their turn. */
static const field_t *draw_field(uint32_t n) {
    return draw(3) ? draw_role(n, draw(FIELD_ROLES)) : &fields[draw(n)];
}

static uint64_t number(uint64_t old) {
    static const int64_t edges[] = {0, 1, 2, 3, 4, 5, 7, 8, 16, 127, 128, 255, 32767, 32768, 65535, 65536,
        INT32_MAX, -1, -2, -128, -129, INT32_MIN, INT64_MAX, INT64_MIN};
    switch (draw(5)) {
        case 0: return old + 1;
        case 1: return old - 1;
        case 2: return old ^ UINT64_C(1) << draw(32);
        case 3: return draw(16);
        default: return (uint64_t)edges[draw(sizeof(edges) / sizeof(edges[0]))];
    }
}

/* A float: near 1, any power of two, a denormal or none. */
static uint64_t scale(uint64_t old) {
    static const uint32_t edges[] = {0, 1, 0x00800000, 0x3F800000, 0x3B800000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000,
        0xBF800000, 0x80000000};
    switch (draw(4)) {
        case 0: return old + ((uint64_t)draw(32) << 23);
        case 1: return old - ((uint64_t)draw(32) << 23);
        case 2: return draw(1u << 24) | (uint64_t)draw(128) << 24;
        default: return edges[draw(sizeof(edges) / sizeof(edges[0]))];
    }
}

/* Where another offset of the file leads, seen from this one. */
static uint64_t other_target(const uint8_t *file, uint32_t n, const field_t *from) {
    for (int attempt = 0; attempt < 8; attempt++) {
        const field_t *other = &fields[draw(n)];
        if (other->role == FIELD_OFFSET && other->at + field_get(file, other) > from->at) {
            return other->at + field_get(file, other) - from->at;
        }
    }
    return number(field_get(file, from));
}

static uint64_t changed(const uint8_t *file, uint32_t n, const field_t *f) {
    static const uint8_t types[] = {0, 0, 2, 3, 4, 6, 7, 9, 9, 17, 1};
    uint64_t old = field_get(file, f);
    if (draw(4) == 0) {  /* as another field of its kind */
        const field_t *other = draw_role(n, f->role);
        if (other->role == f->role && other->size == f->size) {
            return field_get(file, other);
        }
    }
    switch (f->role) {
        case FIELD_OFFSET: return other_target(file, n, f);
        case FIELD_VTABLE: return draw(3) ? 2 * draw(16) : number(old);
        case FIELD_TENSOR: return draw(8) ? draw(12) : number(old);
        case FIELD_DIM: return draw(3) ? 1 + draw(9) : number(old);
        case FIELD_SCALE: return scale(old);
        case FIELD_ZERO: return draw(3) ? (uint64_t)((int64_t)draw(256) - 128) : number(old);
        case FIELD_TYPE: return types[draw(sizeof(types))];
        case FIELD_INDEX: return draw(3) ? draw(12) : number(old);
        case FIELD_CODE: return draw(6) ? draw(160) : number(old);
        default: return number(old);
    }
}

/* Every field of the role with the value gets another: a dimension or type that a whole graph shares. */
static void change_all(uint8_t *file, uint32_t n) {
    static const uint8_t roles[] = {FIELD_DIM, FIELD_DIM, FIELD_TYPE, FIELD_SCALE, FIELD_ZERO, FIELD_CODE};
    uint8_t role = roles[draw(sizeof(roles))];
    const field_t *first = draw_role(n, role);
    uint64_t old = field_get(file, first), now = changed(file, n, first);
    for (uint32_t i = 0; i < n; i++) {
        if (fields[i].role == first->role && fields[i].size == first->size && field_get(file, &fields[i]) == old) {
            field_set(file, &fields[i], now);
        }
    }
}

/* Two neighbours of a kind change places, or what one gains the other loses: paddings, begin and end, dimensions. */
static void change_pair(uint8_t *file, uint32_t n) {
    const field_t *a = draw(2) ? draw_role(n, FIELD_DATA) : draw_field(n), *b = a + 1 + draw(2);
    if (b >= fields + n || b->role != a->role || b->size != a->size) {
        return;
    }
    uint64_t first = field_get(file, a), second = field_get(file, b), moved = draw(2) ? 1 + draw(3) : second - first;
    field_set(file, a, first + moved);
    field_set(file, b, second - moved);
}

/* Puts a vector of another length at the file's end and leads an offset to it. */
static size_t change_length(uint8_t *file, size_t size, size_t room, uint32_t n) {
    const field_t *f = &fields[draw(n)];
    uint64_t old = f->at + field_get(file, f);
    if (f->role != FIELD_OFFSET || f->element == 0 || f->element_role == FIELD_OFFSET || old + 4 > size) {
        return size;
    }
    field_t count_at = {(uint32_t)old, 4, 0, 0, 0};
    uint64_t have = field_get(file, &count_at), want = draw(2) ? draw(9) : have + 1;
    size_t start = (size + 3) & ~(size_t)3, end = start + 4 + want * f->element;
    if (have > 64 || end > room || old + 4 + have * f->element > size) {
        return size;
    }
    memset(file + size, 0, end - size);
    memcpy(file + start, &want, 4);
    memcpy(file + start + 4, file + old + 4, f->element * (have < want ? have : want));
    for (uint64_t i = have; i < want; i++) {
        field_t fresh = {(uint32_t)(start + 4 + i * f->element), f->element, f->element_role, 0, 0};
        field_set(file, &fresh, changed(file, n, &fresh));
    }
    field_set(file, f, start - f->at);
    return end;
}

size_t LLVMFuzzerCustomMutator(uint8_t *file, size_t size, size_t max_size, unsigned int seed) {
    uint32_t kind = seeded(seed) % 16, n = fields_find(file, size, fields);
    if (kind == 0 || n == 0) {
        return LLVMFuzzerMutate(file, size, max_size);
    }
    for (uint32_t left = draw(3) ? 1 : 1 + draw(5); left > 0; left--) {
        if (kind == 1) {
            size = change_length(file, size, max_size, n);
        } else if (kind < 4) {
            change_all(file, n);
        } else if (kind < 6) {
            change_pair(file, n);
        } else {
            const field_t *f = draw_field(n);
            field_set(file, f, changed(file, n, f));
        }
    }
    return size;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    exercise_watch();
    return 0;
}

/* Inputs and rarer checks follow from the file, so that a finding's file is all there is to it. */
static uint32_t luck_of(const uint8_t *file, size_t size) {
    uint32_t hash = 2166136261u ^ (uint32_t)size, word;
    for (size_t i = 0; i + 4 <= size; i += 4) {
        memcpy(&word, file + i, 4);
        hash = (hash ^ word) * 16777619u;
        hash ^= hash >> 15;
    }
    return hash | 0x100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    exercise_budget_t budget = {BUDGET_BYTES, BUDGET_MACS};
    uint32_t luck = luck_of(data, size);
    if (size <= EXERCISE_FILE_BYTES) {
        exercise(exercise_copy(data, size, luck >> 12 & 7), size, luck, budget);
    }
    return 0;
}
