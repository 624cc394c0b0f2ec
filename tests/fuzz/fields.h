/* SPDX-License-Identifier: MIT
 * Finds the fields of a .tflite: every number in it that is not weights or text, and what it stands for.
 * Reads any bytes; what leads outside the file is left out. */
#ifndef TORPOR_FIELDS_H
#define TORPOR_FIELDS_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    FIELD_NUMBER,   /* an option, flag or version */
    FIELD_OFFSET,   /* leads to a table or vector */
    FIELD_VTABLE,   /* distance to a vtable, its sizes and its entries */
    FIELD_COUNT,    /* elements of a vector */
    FIELD_TENSOR,   /* index of a tensor */
    FIELD_DIM,      /* of a shape */
    FIELD_SCALE,    /* a float of quantisation */
    FIELD_ZERO,     /* a zero point */
    FIELD_TYPE,     /* of a tensor */
    FIELD_INDEX,    /* of a buffer or operator code */
    FIELD_CODE,     /* an operator's number */
    FIELD_DATA,     /* of a constant: the first words of each buffer */
    FIELD_ROLES
} field_role_t;

typedef struct {
    uint32_t at;            /* position in the file */
    uint8_t size;           /* bytes: 1, 2, 4, 8 */
    uint8_t role;           /* field_role_t */
    uint8_t element;        /* an offset to a vector: bytes of its elements, else 0 */
    uint8_t element_role;
} field_t;

#define FIELDS_MAX 16384

/* Fills list[FIELDS_MAX] and returns how many there are; each position once. */
uint32_t fields_find(const uint8_t *file, size_t len, field_t *list);

/* A little-endian number of 1, 2, 4 or 8 bytes. */
uint64_t field_get(const uint8_t *file, const field_t *field);
void field_set(uint8_t *file, const field_t *field, uint64_t value);

#endif
