/* SPDX-License-Identifier: MIT
 * What operators share that join tensors along a dimension into one, or cut one into several (ops/parts.c). */
#ifndef TORPOR_PARTS_H
#define TORPOR_PARTS_H

#include "move.h"

/* The whole is `rows` rows of `step` bytes; each part has some bytes of every row. */
typedef struct {
    te_ref_t whole;
    uint32_t list;  /* position in the file of the parts' tensors */
    int32_t n;      /* parts */
    int32_t rows, step;
} te_parts_t;

/* Describes tensor t as the whole, whose rows hold the dimensions from `axis` on. */
void te_parts(te_vec_t list, te_ref_t whole, const te_desc_t *t, int axis, te_parts_t *p);

/* Copies part i to or from the `run` bytes of each row that begin at byte `at`. */
void te_parts_join(const te_model_t *m, const te_parts_t *p, int32_t i, int32_t at, int32_t run);
void te_parts_cut(const te_model_t *m, const te_parts_t *p, int32_t i, int32_t at, int32_t run);

#endif
