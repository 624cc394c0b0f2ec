/* SPDX-License-Identifier: MIT
 * Resource variables (ops/variable.c): VAR_HANDLE gives a number that stands for one, READ_VARIABLE and ASSIGN_VARIABLE
 * copy its bytes. As in TFLM there is one for each pair of container and shared name, numbered in the file's order,
 * and the number is a value like others, which may go in and out of subgraphs. */
#ifndef TORPOR_VARIABLE_H
#define TORPOR_VARIABLE_H

#include "op.h"

/* The parameters of a VAR_HANDLE. The first of a variable owns it; owners form a list. */
typedef struct {
    te_ref_t y;
    int32_t id;
    te_vec_t container, name;
    bool any;         /* it names no container */
    te_ref_t at;      /* its bytes; TE_NO_REF if nothing assigns it */
    uint32_t nbytes;  /* 0 while nothing that reads or writes it is known */
    uint16_t next;    /* parameters of the next owner, in units of 8 bytes from the start of the state; 0: none */
} te_variable_t;

#define TE_VAR_HANDLE 142
enum { TE_VAR_HANDLE_OPTIONS = 111 };

/* What READ_VARIABLE and ASSIGN_VARIABLE do. */
typedef struct {
    te_ref_t handle, value;
    uint32_t nbytes;
} te_access_t;

/* Variable `id`; NULL if there is none. */
te_variable_t *te_variable(const te_model_t *m, int32_t id);

/* Checks the handle in input 0, and that all tensors that are copied to or from its variable have one size. *v becomes
 * the variable, or NULL if the number comes from elsewhere than a VAR_HANDLE of the same subgraph. */
int te_variable_access(te_op_t *op, uint32_t nbytes, te_access_t *p, te_variable_t **v);

/* The bytes of the variable; NULL, and a fault, if there are none or not as many. */
void *te_variable_bytes(const te_model_t *m, const te_access_t *p);

#endif
