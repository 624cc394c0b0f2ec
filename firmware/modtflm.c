/* SPDX-License-Identifier: MIT
 * The MicroPython module `tflm`: engine.h for Python. lib/stubs/tflm.pyi is its manual; modtflm/ has its parts. */
#include "modtflm/modtflm.h"

mp_obj_t tflm_model_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    enum { SRC, ARENA, FIELDS };
    const mp_arg_t allowed[FIELDS] = {
        { MP_QSTR_src, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_arena, MP_ARG_OBJ, { .u_obj = mp_const_none } },
    };
    mp_arg_val_t v[FIELDS];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, FIELDS, allowed, v);
    return tflm_new_model(type, tflm_open_source(v[SRC].u_obj), v[ARENA].u_obj);
}

/* measure(src) -> (arena, state), in bytes */
static mp_obj_t tflm_measure(mp_obj_t src) {
    te_sizes_t sizes;
    bytes_t file = tflm_open_source(src);
    m_del(uint8_t, tflm_new_state(&file, &sizes), sizes.state);
    mp_obj_t pair[2];
    pair[0] = mp_obj_new_int_from_uint(sizes.arena);
    pair[1] = mp_obj_new_int_from_uint(sizes.state);
    return mp_obj_new_tuple(2, pair);
}
static MP_DEFINE_CONST_FUN_OBJ_1(tflm_measure_obj, tflm_measure);

static mp_obj_t supported_ops(void) {
    int n = 0;
    while (te_supported(n) != NULL) {
        n++;
    }
    mp_obj_tuple_t *names = MP_OBJ_TO_PTR(mp_obj_new_tuple(n, NULL));
    for (int i = 0; i < n; i++) {
        names->items[i] = new_string(te_supported(i));
    }
    return MP_OBJ_FROM_PTR(names);
}

#define TFLM_GLOBALS(X) \
    X(MP_QSTR_Model, tflm_model_type) \
    X(MP_QSTR_measure, tflm_measure_obj)

#define TFLM_COMPUTED(X) \
    X(MP_QSTR_ENGINE, new_string(te_engine_name())) \
    X(MP_QSTR_VERSION, new_string(TORPOR_VERSION)) \
    X(MP_QSTR_BUILD, new_string(TORPOR_BUILD)) \
    X(MP_QSTR_OPS, supported_ops())

#if MICROPY_ENABLE_DYNRUNTIME
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    tflm_tensor_init();
    tflm_model_init();
    MODULE_INIT(TFLM_GLOBALS, TFLM_COMPUTED)
    MP_DYNRUNTIME_INIT_EXIT
}
#else
MODULE(tflm, MP_QSTR_tflm, TFLM_GLOBALS, TFLM_COMPUTED)
MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_tflm, tflm_module);
MP_REGISTER_MODULE_DELEGATION(tflm_module, tflm_attr);
#endif
