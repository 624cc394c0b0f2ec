/* SPDX-License-Identifier: MIT
 * The bounded FlexBuffers reader of flexbuf.h. */
#include "flexbuf.h"

#include <string.h>

enum { FLEX_INT = 1, FLEX_UINT = 2, FLEX_FLOAT = 3, FLEX_MAP = 9, FLEX_BOOL = 26 };

static bool flex_width_ok(uint64_t width) {
    return width == 1 || width == 2 || width == 4 || width == 8;
}

/* The unsigned number of `width` bytes at a position that was proved. */
static uint64_t flex_unsigned(const te_map_t *map, uint32_t at, uint32_t width) {
    uint64_t v = 0;
    memcpy(&v, map->data + at, width);
    return v;
}

static int64_t flex_signed(const te_map_t *map, uint32_t at, uint32_t width) {
    uint64_t sign = UINT64_C(1) << (8 * width - 1);
    return (int64_t)((flex_unsigned(map, at, width) ^ sign) - sign);
}

/* The position that an offset of `width` bytes at a proved position leads back to. False if before the start. */
static bool flex_follow(const te_map_t *map, uint32_t at, uint32_t width, uint32_t *to) {
    uint64_t distance = flex_unsigned(map, at, width);
    *to = at - (uint32_t)distance;
    return distance <= at;
}

/* Whether a vector's elements, each of `size` bytes, lie in the bytes behind `before` elements of `width`. */
static bool flex_inside(const te_map_t *map, uint32_t at, uint32_t before, uint32_t size) {
    return at >= before && size <= (map->len - at) / map->n;
}

/* The text of key i; NULL if it is not one. */
static const char *flex_key(const te_map_t *map, uint32_t i) {
    uint32_t at;
    if (!flex_follow(map, map->keys + i * map->key_width, map->key_width, &at)) {
        return NULL;
    }
    uint32_t most = map->len - at < TE_MAP_KEY_LEN ? map->len - at : TE_MAP_KEY_LEN;
    for (uint32_t n = 0; n < most; n++) {
        if (map->data[at + n] == 0) {
            return (const char *)map->data + at;
        }
    }
    return NULL;
}

/* Below, at or above 0 as a is before, the same as or after b. */
static int flex_compare(const char *a, const char *b) {
    for (; *a == *b && *a != 0; a++, b++) {
    }
    return (uint8_t)*a - (uint8_t)*b;
}

/* Every key is readable, and comes after the one before: so each is there once. */
static bool flex_keys_ok(const te_map_t *map) {
    for (uint32_t i = 0; i < map->n; i++) {
        const char *key = flex_key(map, i);
        if (key == NULL || (i > 0 && flex_compare(flex_key(map, i - 1), key) >= 0)) {
            return false;
        }
    }
    return true;
}

static bool flex_open_keys(te_map_t *map) {
    uint32_t w = map->width;
    uint64_t width = flex_unsigned(map, map->values - 2 * w, w);
    if (!flex_width_ok(width) || !flex_follow(map, map->values - 3 * w, w, &map->keys)) {
        return false;
    }
    map->key_width = (uint8_t)width;
    return flex_inside(map, map->keys, map->key_width, map->key_width)
        && flex_unsigned(map, map->keys - map->key_width, map->key_width) == map->n && flex_keys_ok(map);
}

/* The last two bytes and the root before them. */
static bool flex_open_root(te_map_t *map) {
    uint32_t end = map->len;
    if (end < 3 || !flex_width_ok(map->data[end - 1]) || map->data[end - 1] > end - 2) {
        return false;
    }
    uint32_t root = map->data[end - 1];
    map->width = (uint8_t)(1 << (map->data[end - 2] & 3));
    return map->data[end - 2] >> 2 == FLEX_MAP && flex_follow(map, end - 2 - root, root, &map->values);
}

bool te_map_open(te_map_t *map, const uint8_t *data, uint32_t len) {
    map->data = data;
    map->len = len;
    if (!flex_open_root(map) || map->values < 3u * map->width) {
        return false;
    }
    uint64_t n = flex_unsigned(map, map->values - map->width, map->width);
    map->n = (uint32_t)n;
    return n >= 1 && n <= TE_MAP_KEYS && flex_inside(map, map->values, 3u * map->width, map->width + 1u) && flex_open_keys(map);
}

int te_map_find(const te_map_t *map, const char *key) {
    for (uint32_t i = 0; i < map->n; i++) {
        if (flex_compare(flex_key(map, i), key) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static uint32_t flex_at(const te_map_t *map, int i) {
    return map->values + (uint32_t)i * map->width;
}

static int flex_type(const te_map_t *map, int i) {
    return map->data[map->values + map->n * map->width + (uint32_t)i] >> 2;
}

bool te_map_integer(const te_map_t *map, int i, int32_t *value) {
    int type = flex_type(map, i);
    *value = (int32_t)flex_signed(map, flex_at(map, i), map->width);
    return type == FLEX_INT || type == FLEX_UINT || type == FLEX_BOOL;
}

/* The nearest float to a double, by its bits: a core may have no double. False beyond a float's normal range. */
static bool flex_narrow(uint64_t bits, float *value) {
    int32_t exponent = (int32_t)(bits >> 52 & 2047) - 1023;
    uint32_t power = (uint32_t)(exponent + 127) << 23;
    float scale, m = (float)((bits & (UINT64_MAX >> 12)) | UINT64_C(1) << 52) / 4503599627370496.0f;
    memcpy(&scale, &power, sizeof(scale));
    *value = bits << 1 == 0 ? 0 : bits >> 63 ? -m * scale : m * scale;
    return bits << 1 == 0 || (exponent >= -126 && exponent <= 126);
}

bool te_map_float(const te_map_t *map, int i, float *value) {
    if (flex_type(map, i) == FLEX_INT) {
        int64_t whole = flex_signed(map, flex_at(map, i), map->width);
        *value = (float)(int32_t)whole;
        return whole == (int32_t)whole;
    }
    if (flex_type(map, i) != FLEX_FLOAT || map->width < 4) {
        return false;
    }
    if (map->width == 8) {
        return flex_narrow(flex_unsigned(map, flex_at(map, i), 8), value);
    }
    memcpy(value, map->data + flex_at(map, i), sizeof(*value));
    return true;
}
