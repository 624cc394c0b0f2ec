/* SPDX-License-Identifier: MIT
 * Tensors for Python: their types, memoryviews of their bytes, and the class Tensor. */
#include "modtflm.h"

static const dtype_t dtypes[] = {
    { TE_FLOAT32, 'f', 4, "float32" },
    { TE_INT8, 'b', 1, "int8" },
    { TE_INT16, 'h', 2, "int16" },
    { TE_INT32, 'i', 4, "int32" },
    { TE_UINT8, 'B', 1, "uint8" },
    { TE_INT64, 'q', 8, "int64" },
    { TE_BOOL, 'B', 1, "bool" },
    { TE_UINT32, 'I', 4, "uint32" },
    { TE_UINT64, 'Q', 8, "uint64" },
};

const dtype_t *tflm_dtype_of(const te_tensor_t *t) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(dtypes); i++) {
        if (dtypes[i].type == t->type) {
            return &dtypes[i];
        }
    }
    tflm_raise_argument("tensor type %d has no Python type", t->type);
}

/* The class memoryview, which a native module has to import. */
static mp_obj_t memoryview_class(void) {
    #if MICROPY_ENABLE_DYNRUNTIME
    return import_attr(MP_QSTR_builtins, MP_QSTR_memoryview);
    #else
    return MP_OBJ_FROM_PTR(&mp_type_memoryview);
    #endif
}

/* A memoryview of `nbytes` at `data` inside `owner`. There is no such constructor, so Python's own
 * makes one of the whole owner, which is then narrowed: its base stays a block that the garbage
 * collector knows. Memory whose base is not aligned for the type is not the heap's; then base = data. */
mp_obj_t tflm_new_view(mp_obj_t owner, void *data, size_t nbytes, char code, size_t size) {
    mp_obj_t made = mp_call_function_n_kw(memoryview_class(), 1, 0, &owner);
    mp_obj_array_t *view = MP_OBJ_TO_PTR(made);
    size_t offset = (uint8_t *)data - (uint8_t *)view->items;
    if (offset % size != 0) {
        view->items = data;
        offset = 0;
    }
    view->typecode = (view->typecode & MP_OBJ_ARRAY_TYPECODE_FLAG_RW) | (uint8_t)code;
    view->free = offset / size;
    view->len = nbytes / size;
    return made;
}

static mp_obj_t tensor_shape(const te_tensor_t *t) {
    mp_obj_t sizes[TE_MAX_RANK];
    for (size_t i = 0; i < t->rank; i++) {
        sizes[i] = mp_obj_new_int(t->shape[i]);
    }
    return mp_obj_new_tuple(t->rank, sizes);
}

static void tensor_attr(mp_obj_t self_in, qstr name, mp_obj_t *dest) {
    te_tensor_t *t = &((tensor_obj_t *)MP_OBJ_TO_PTR(self_in))->t;
    if (dest[0] != MP_OBJ_NULL) {
        return; /* read only */
    }
    if (name == MP_QSTR_shape) {
        dest[0] = tensor_shape(t);
    } else if (name == MP_QSTR_dtype) {
        dest[0] = new_string(tflm_dtype_of(t)->name);
    } else if (name == MP_QSTR_scale) {
        dest[0] = mp_binary_get_val_array('f', &t->scale, 0);
    } else if (name == MP_QSTR_zero_point) {
        dest[0] = mp_obj_new_int(t->zero_point);
    } else if (name == MP_QSTR_name) {
        dest[0] = mp_obj_new_str(t->name, t->name_len);
    } else if (name == MP_QSTR_nbytes) {
        dest[0] = mp_obj_new_int_from_uint(t->nbytes);
    }
}

static void tensor_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    const te_tensor_t *t = &((tensor_obj_t *)MP_OBJ_TO_PTR(self_in))->t;
    mp_printf(print, "<%s", tflm_dtype_of(t)->name);
    for (size_t i = 0; i < t->rank; i++) {
        mp_printf(print, i ? ", %d" : " [%d", (int)t->shape[i]);
    }
    mp_printf(print, "]>");
}

#define TENSOR_SLOTS(X) \
    X(attr, tensor_attr, 0) \
    X(print, tensor_print, 1)

CLASS(tflm_tensor, MP_QSTR_Tensor, TENSOR_SLOTS)

#if MICROPY_ENABLE_DYNRUNTIME
void tflm_tensor_init(void) {
    CLASS_INIT(tflm_tensor, MP_QSTR_Tensor, TENSOR_SLOTS);
}
#endif

mp_obj_t tflm_tensors_of(mp_obj_t self_in, int n, get_tensor_t get) {
    const model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_tuple_t *tensors = MP_OBJ_TO_PTR(mp_obj_new_tuple(n, NULL));
    for (int i = 0; i < n; i++) {
        tensor_obj_t *tensor = mp_obj_malloc(tensor_obj_t, (const mp_obj_type_t *)&tflm_tensor_type);
        tensor->model = self_in;
        get(self->engine, i, &tensor->t);
        tensors->items[i] = MP_OBJ_FROM_PTR(tensor);
    }
    return MP_OBJ_FROM_PTR(tensors);
}
