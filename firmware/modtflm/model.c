/* SPDX-License-Identifier: MIT
 * The class Model: opening one, and looking at it. */
#include "modtflm.h"

static void *align_up(void *p, size_t alignment) {
    return (void *)(((uintptr_t)p + alignment - 1) & ~(uintptr_t)(alignment - 1));
}

static mp_obj_t views_of(const model_obj_t *self, int n, get_tensor_t get) {
    mp_obj_tuple_t *views = MP_OBJ_TO_PTR(mp_obj_new_tuple(n, NULL));
    for (int i = 0; i < n; i++) {
        te_tensor_t t;
        get(self->engine, i, &t);
        const dtype_t *dtype = tflm_dtype_of(&t);
        views->items[i] = tflm_new_view(self->arena.owner, t.data, t.nbytes, dtype->code, dtype->size);
    }
    return MP_OBJ_FROM_PTR(views);
}

static void open_model(model_obj_t *self) {
    te_error_t why;
    uint8_t *arena = align_up(self->arena.start, TE_ARENA_ALIGN);
    size_t skipped = arena - self->arena.start;
    size_t length = self->arena.length > skipped ? self->arena.length - skipped : 0;
    tflm_check(te_open(&self->engine, self->state, self->sizes.state, arena, length, &why), &why);
}

mp_obj_t tflm_new_model(const mp_obj_type_t *type, bytes_t file, mp_obj_t arena) {
    model_obj_t *self = mp_obj_malloc(model_obj_t, type);
    self->file = file;
    self->state = tflm_new_state(&self->file, &self->sizes);
    self->arena = tflm_open_arena(arena, self->sizes.arena);
    if (tflm_overlap(&self->file, &self->arena)) {
        tflm_raise_argument("the arena overlaps the model's file", 0);
    }
    open_model(self);
    self->inputs = views_of(self, te_input_count(self->engine), te_input);
    self->outputs = views_of(self, te_output_count(self->engine), te_output);
    return MP_OBJ_FROM_PTR(self);
}

/* Every method that touches the file or the arena starts here. */
model_obj_t *tflm_get_model(mp_obj_t self_in) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->file.start != NULL) {
        tflm_check_in_place(&self->file, MP_BUFFER_READ);
    }
    tflm_check_in_place(&self->arena, MP_BUFFER_RW);
    return self;
}

static mp_obj_t model_input(mp_obj_t self_in, mp_obj_t i) {
    return mp_obj_subscr(tflm_get_model(self_in)->inputs, i, MP_OBJ_SENTINEL);
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_input_obj, model_input);

static mp_obj_t model_output(mp_obj_t self_in, mp_obj_t i) {
    return mp_obj_subscr(tflm_get_model(self_in)->outputs, i, MP_OBJ_SENTINEL);
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_output_obj, model_output);

static mp_obj_t model_metadata(mp_obj_t self_in, mp_obj_t name_in) {
    const model_obj_t *self = tflm_get_model(self_in);
    size_t n;
    const void *data = te_metadata(self->file.start, self->file.length, mp_obj_str_get_str(name_in), &n);
    if (data == NULL) {
        return mp_const_none;
    }
    if (self->file.start == NULL) {
        return mp_obj_new_bytes(data, n);
    }
    mp_obj_t made = tflm_new_view(self->file.owner, (void *)data, n, 'B', 1);
    mp_obj_array_t *view = MP_OBJ_TO_PTR(made);
    view->typecode = 'B'; /* read only */
    return made;
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_metadata_obj, model_metadata);

static mp_obj_t model_ops(const model_obj_t *self) {
    mp_obj_tuple_t *names = MP_OBJ_TO_PTR(mp_obj_new_tuple(te_op_count(self->engine), NULL));
    for (size_t i = 0; i < names->len; i++) {
        names->items[i] = new_string(te_op_name(self->engine, i));
    }
    return MP_OBJ_FROM_PTR(names);
}

static mp_obj_t model_macs(const model_obj_t *self) {
    uint64_t macs = te_macs(self->engine);
    return mp_binary_get_val_array('Q', &macs, 0);
}

static void model_attr(mp_obj_t self_in, qstr name, mp_obj_t *dest) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return; /* read only */
    }
    if (name == MP_QSTR_inputs) {
        dest[0] = tflm_tensors_of(self_in, te_input_count(self->engine), te_input);
    } else if (name == MP_QSTR_outputs) {
        dest[0] = tflm_tensors_of(self_in, te_output_count(self->engine), te_output);
    } else if (name == MP_QSTR_ops) {
        dest[0] = model_ops(self);
    } else if (name == MP_QSTR_macs) {
        dest[0] = model_macs(self);
    } else if (name == MP_QSTR_arena_size) {
        dest[0] = mp_obj_new_int_from_uint(self->sizes.arena);
    } else if (name == MP_QSTR_state_size) {
        dest[0] = mp_obj_new_int_from_uint(self->sizes.state);
    } else {
        dest[1] = MP_OBJ_SENTINEL; /* go on with the methods */
    }
}

#define MODEL_SLOTS(X) \
    X(make_new, tflm_model_make_new, 0) \
    X(attr, model_attr, 1) \
    X(locals_dict, &model_methods, 2)

#define MODEL_METHODS(X) \
    X(MP_QSTR_input, model_input_obj) \
    X(MP_QSTR_output, model_output_obj) \
    X(MP_QSTR_run, tflm_model_run_obj) \
    X(MP_QSTR_predict, tflm_model_predict_obj) \
    X(MP_QSTR_profile, tflm_model_profile_obj) \
    X(MP_QSTR_reset, tflm_model_reset_obj) \
    X(MP_QSTR_metadata, model_metadata_obj)

METHODS(model, MODEL_METHODS)
CLASS(tflm_model, MP_QSTR_Model, MODEL_SLOTS)

#if MICROPY_ENABLE_DYNRUNTIME
void tflm_model_init(void) {
    METHODS_INIT(model, MODEL_METHODS);
    CLASS_INIT(tflm_model, MP_QSTR_Model, MODEL_SLOTS);
}
#endif
