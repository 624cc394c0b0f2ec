/* SPDX-License-Identifier: MIT
 * What a compiled model consists of: a file of C that COMPILED_MODEL names. generate.c, on the host, prepares a model
 * with the engine's own te_measure() and prints
 *
 *     COMPILED_KERNELS   the set of kernels that it was prepared for: see ops/kernels.h
 *     COMPILED_ARENA     bytes
 *     COMPILED_MACS      multiply-accumulates
 *     COMPILED_INPUTS, COMPILED_OUTPUTS    how many
 *     COMPILED_OPS(X)    X(0, conv_2d) X(1, softmax) ...: the operators in order, by their rows
 *     COMPILED_NAMES     names of operators, one after the other, each ended by a 0
 *     compiled_name_of[]     for each operator, which of the names is its
 *     compiled_params_0[]    parameters of operator 0, ...
 *     compiled_where[]       places of tensors and scratch
 *     compiled_kept[]        what the model remembers from run to run, as it begins; one 0 and COMPILED_NOTHING_KEPT
 *     compiled_ends[]        inputs, then outputs
 *     compiled_names[]       theirs, one after the other
 *
 * and torpor_host/compile.py adds
 *
 *     compiled_file[]        the part of the file that operators read: weights, biases, scales
 *     COMPILED_BASE          its position in the file, a multiple of 16
 *     COMPILED_METADATA(X)   X(0) ...
 *     compiled_entry_0[], compiled_entry_name_0[]   a metadata entry */
#ifndef TORPOR_COMPILED_H
#define TORPOR_COMPILED_H

#include "engine/ops/kernels.h"

/* An input or output: te_tensor_t without pointers. */
typedef struct {
    te_ref_t ref;
    uint32_t nbytes;
    int32_t shape[TE_MAX_RANK];
    float scale;
    int32_t zero_point;
    uint16_t name, name_len;
    uint8_t type, rank;
} compiled_end_t;

#include COMPILED_MODEL

#if COMPILED_KERNELS != TE_KERNELS
#error "The model was prepared for other kernels than this compiler builds"
#endif

#define COMPILED_ONE(i, row) + 1
#define COMPILED_COUNT (0 COMPILED_OPS(COMPILED_ONE))

#endif
