/* SPDX-License-Identifier: MIT
 * What the files of the module `tflm` share.
 *
 * Who keeps what alive: a Model owns its state block and refers to the object that holds the
 * model's bytes and to the one that holds the arena. Tensor views are memoryviews whose base is
 * the arena's own block, so they outlive the Model safely; Tensor objects refer to the Model. */
#ifndef TORPOR_MODTFLM_H
#define TORPOR_MODTFLM_H

#include "module.h"

#include "engine/engine.h"

typedef struct {
    mp_obj_t owner; /* keeps the bytes alive */
    uint8_t *start;
    size_t length;
} bytes_t;

typedef struct {
    mp_obj_base_t base;
    te_model_t *engine;
    void *state;      /* the block that holds *engine, for the garbage collector */
    bytes_t file;
    bytes_t arena;    /* as the owner gave it, before alignment */
    te_sizes_t sizes;
    mp_obj_t inputs;  /* tuples of memoryviews */
    mp_obj_t outputs;
} model_obj_t;

typedef struct {
    mp_obj_base_t base;
    mp_obj_t model; /* the name lies in its file */
    te_tensor_t t;
} tensor_obj_t;

typedef struct {
    uint8_t type; /* te_type_t */
    char code;    /* of array and struct */
    uint8_t size;
    char name[8];
} dtype_t;

/* te_input or te_output. */
typedef int (*get_tensor_t)(const te_model_t *m, int i, te_tensor_t *out);

/* Errors: of the engine; a caller's mistake, whose reason may have one %d for value; a block that the heap lacks. */
bool tflm_check(int result, const te_error_t *why);
NORETURN void tflm_raise_argument(const char *reason, int32_t value);
NORETURN void tflm_raise_memory(const char *reason, size_t needed, size_t available);

/* Memory. */
void *tflm_new_block(size_t n, const char *what);

/* A block with the state of the model, which is proved and planned in it. */
void *tflm_new_state(const bytes_t *file, te_sizes_t *sizes);
bytes_t tflm_get_bytes(mp_obj_t owner, mp_uint_t flags);
void tflm_check_in_place(const bytes_t *bytes, mp_uint_t flags);
bool tflm_overlap(const bytes_t *a, const bytes_t *b);
bytes_t tflm_open_source(mp_obj_t src);
bytes_t tflm_open_arena(mp_obj_t given, size_t needed);

/* Tensors. */
const dtype_t *tflm_dtype_of(const te_tensor_t *t);
mp_obj_t tflm_new_view(mp_obj_t owner, void *data, size_t nbytes, char code, size_t size);
mp_obj_t tflm_tensors_of(mp_obj_t model, int n, get_tensor_t get);

/* Values: raw ones in; floats, quantised on the way, in and out. */
void tflm_write_raw(const te_tensor_t *t, mp_obj_t values);
void tflm_write_floats(const te_tensor_t *t, mp_obj_t object);
mp_obj_t tflm_list_of_floats(const te_tensor_t *t);
void tflm_floats_into(const te_tensor_t *t, mp_obj_t out);

/* Model(...), which each module defines: its arguments, and what they open. */
mp_obj_t tflm_model_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);

/* Proves, plans and opens the model in a file; file.start is NULL in a module that has its model in it. arena: a buffer,
 * or None for one of its own. */
mp_obj_t tflm_new_model(const mp_obj_type_t *type, bytes_t file, mp_obj_t arena);

/* The Model that a method was called on, whose file and arena are still where they were. */
model_obj_t *tflm_get_model(mp_obj_t self_in);

MP_DECLARE_CONST_FUN_OBJ_VAR(tflm_model_run_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(tflm_model_predict_obj);
MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(tflm_model_profile_obj);
MP_DECLARE_CONST_FUN_OBJ_1(tflm_model_reset_obj);
DECLARE_CLASS(tflm_tensor)
DECLARE_CLASS(tflm_model)

#endif
