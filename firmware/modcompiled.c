/* SPDX-License-Identifier: MIT
 * A MicroPython module that is one model: `torpor compile` makes it, compiled/ has what it consists of. Its class Model
 * is that of tflm without a source. */
#include "modtflm/modtflm.h"

mp_obj_t tflm_model_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    const mp_arg_t allowed[] = { { MP_QSTR_arena, MP_ARG_OBJ, { .u_obj = mp_const_none } } };
    mp_arg_val_t arena;
    mp_arg_parse_all_kw_array(n_args, n_kw, args, 1, allowed, &arena);
    return tflm_new_model(type, (bytes_t) { mp_const_none, NULL, 0 }, arena.u_obj);
}

#define COMPILED_GLOBALS(X) \
    X(MP_QSTR_Model, tflm_model_type)

#define COMPILED_VALUES(X) \
    X(MP_QSTR_ENGINE, new_string(te_engine_name())) \
    X(MP_QSTR_VERSION, new_string(TORPOR_VERSION)) \
    X(MP_QSTR_BUILD, new_string("compiled"))

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    tflm_tensor_init();
    tflm_model_init();
    MODULE_INIT(COMPILED_GLOBALS, COMPILED_VALUES)
    MP_DYNRUNTIME_INIT_EXIT
}
