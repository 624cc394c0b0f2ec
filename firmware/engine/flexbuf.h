/* SPDX-License-Identifier: MIT
 * A reader of FlexBuffers maps, in which custom operators have their options. It cannot leave its bytes.
 *
 * The format (little-endian) as far as options need it; it is read from its end:
 *
 *     root    value, then one byte type << 2, then one byte the value's width w: 1, 2, 4 or 8 bytes
 *     offset  w bytes, distance backward from itself
 *     map     w bytes each: offset of its keys, their width, n; then n values of w bytes, then n bytes type << 2 | width
 *     keys    n, then n offsets of text that ends with 0; in ascending order
 *     value   an integer or float of w bytes
 */
#ifndef TORPOR_FLEXBUF_H
#define TORPOR_FLEXBUF_H

#include <stdbool.h>
#include <stdint.h>

#define TE_MAP_KEYS 32   /* more keys, and longer ones, are no operator's options */
#define TE_MAP_KEY_LEN 64

typedef struct {
    const uint8_t *data;
    uint32_t len;
    uint32_t values, keys;  /* positions of value and key 0 */
    uint32_t n;
    uint8_t width, key_width;
} te_map_t;

/* Finds the map that `len` bytes end with, and proves that it, and its keys in order, lie in them. */
bool te_map_open(te_map_t *map, const uint8_t *data, uint32_t len);

/* The value of a key, 0 .. n - 1; -1 if there is none. */
int te_map_find(const te_map_t *map, const char *key);

/* Value i as an integer, of which 32 bits count, or as a float, for which an integer will do. False if it is of another
 * type. Unsigned integers are read as signed ones, as TFLM reads them. */
bool te_map_integer(const te_map_t *map, int i, int32_t *value);
bool te_map_float(const te_map_t *map, int i, float *value);

#endif
