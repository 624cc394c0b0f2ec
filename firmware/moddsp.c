/* SPDX-License-Identifier: MIT
 * The MicroPython module `dsp`: dsp.h for Python. lib/stubs/dsp.pyi is its manual. */
#include "module.h"

#include "dsp/dsp.h"

/* A log-mel front end. Its state holds tables and work space; frame() allocates nothing. */
typedef struct {
    mp_obj_base_t base;
    td_logmel_t *state;
    uint16_t window;
    uint16_t bands;
} logmel_obj_t;

/* The int16 values that a buffer holds, as 'h' or as raw bytes; their number goes to *n. */
static int16_t *get_int16(mp_obj_t object, mp_uint_t flags, size_t *n) {
    mp_buffer_info_t buffer = get_buffer(object, flags);
    size_t size = mp_binary_get_size('@', buffer.typecode, NULL);
    if (buffer.typecode != 'h' && size != 1) {
        mp_raise_TypeError(MP_ERROR_TEXT("needs int16 values: array('h') or bytes"));
    }
    if ((uintptr_t)buffer.buf % sizeof(int16_t) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("int16 values at an odd address"));
    }
    *n = buffer.len / sizeof(int16_t);
    return buffer.buf;
}

static void require(bool enough, mp_rom_error_text_t message) {
    if (!enough) {
        mp_raise_ValueError(message);
    }
}

/* An argument that must fit a field of td_config_t. */
static mp_int_t field(const mp_arg_val_t *value, mp_int_t limit) {
    require(value->u_int >= 0 && value->u_int <= limit, MP_ERROR_TEXT("LogMel: a value is out of range"));
    return value->u_int;
}

static mp_obj_t logmel_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    enum { RATE, WINDOW, FFT, BANDS, LOW_HZ, HIGH_HZ, FIELDS };
    const mp_arg_t allowed[FIELDS] = {
        { MP_QSTR_rate, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_window, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_fft, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_bands, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_low_hz, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_high_hz, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
    };
    mp_arg_val_t v[FIELDS];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, FIELDS, allowed, v);
    td_config_t config;
    config.rate = (uint32_t)field(&v[RATE], 96000);
    config.window = (uint16_t)field(&v[WINDOW], UINT16_MAX);
    config.fft = (uint16_t)field(&v[FFT], UINT16_MAX);
    config.bands = (uint16_t)field(&v[BANDS], UINT16_MAX);
    config.low_hz = (uint16_t)field(&v[LOW_HZ], UINT16_MAX);
    config.high_hz = (uint16_t)field(&v[HIGH_HZ], UINT16_MAX);
    int32_t size = td_logmel_size(&config);
    require(size >= 0, MP_ERROR_TEXT("LogMel: a value is out of range"));
    logmel_obj_t *self = mp_obj_malloc(logmel_obj_t, type);
    self->state = m_malloc(size); /* the heap aligns to 16 or more */
    self->window = config.window;
    self->bands = config.bands;
    td_logmel_init(self->state, &config);
    return MP_OBJ_FROM_PTR(self);
}

static void logmel_attr(mp_obj_t self_in, qstr name, mp_obj_t *dest) {
    const logmel_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return; /* read only */
    }
    if (name == MP_QSTR_window) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(self->window);
    } else if (name == MP_QSTR_bands) {
        dest[0] = MP_OBJ_NEW_SMALL_INT(self->bands);
    } else {
        dest[1] = MP_OBJ_SENTINEL; /* go on with the methods */
    }
}

static mp_obj_t logmel_frame(mp_obj_t self_in, mp_obj_t samples_in, mp_obj_t out_in) {
    const logmel_obj_t *self = MP_OBJ_TO_PTR(self_in);
    size_t n, bands;
    const int16_t *samples = get_int16(samples_in, MP_BUFFER_READ, &n);
    int16_t *out = get_int16(out_in, MP_BUFFER_WRITE, &bands);
    require(n >= self->window, MP_ERROR_TEXT("frame: fewer samples than the window"));
    require(bands >= self->bands, MP_ERROR_TEXT("frame: out is shorter than the bands"));
    td_logmel_frame(self->state, samples, out);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(logmel_frame_obj, logmel_frame);

static mp_obj_t dsp_quantize(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    enum { FEATURES, OUT, OFFSET, MULTIPLIER, ZERO_POINT, FIELDS };
    const mp_arg_t allowed[FIELDS] = {
        { MP_QSTR_features, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_out, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_offset, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_multiplier, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_zero_point, MP_ARG_REQUIRED | MP_ARG_INT, { .u_int = 0 } },
    };
    mp_arg_val_t v[FIELDS];
    mp_arg_parse_all(n_args, args, kw, FIELDS, allowed, v);
    size_t n;
    const int16_t *features = get_int16(v[FEATURES].u_obj, MP_BUFFER_READ, &n);
    mp_buffer_info_t out = get_buffer(v[OUT].u_obj, MP_BUFFER_WRITE);
    if (mp_binary_get_size('@', out.typecode, NULL) != 1) {
        mp_raise_TypeError(MP_ERROR_TEXT("quantize: out takes int8 values"));
    }
    require(out.len >= n, MP_ERROR_TEXT("quantize: out is shorter than the features"));
    td_quantize_s8(features, n, v[OFFSET].u_int, v[MULTIPLIER].u_int, v[ZERO_POINT].u_int, out.buf);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(dsp_quantize_obj, 2, dsp_quantize);

static mp_obj_t dsp_level(mp_obj_t samples_in) {
    size_t n;
    const int16_t *samples = get_int16(samples_in, MP_BUFFER_READ, &n);
    return MP_OBJ_NEW_SMALL_INT(td_level_cdb(samples, n));
}
static MP_DEFINE_CONST_FUN_OBJ_1(dsp_level_obj, dsp_level);

#define LOGMEL_METHODS(X) \
    X(MP_QSTR_frame, logmel_frame_obj)

#define LOGMEL_SLOTS(X) \
    X(make_new, logmel_make_new, 0) \
    X(attr, logmel_attr, 1) \
    X(locals_dict, &logmel_methods, 2)

#define DSP_GLOBALS(X) \
    X(MP_QSTR_LogMel, logmel_type) \
    X(MP_QSTR_quantize, dsp_quantize_obj) \
    X(MP_QSTR_level, dsp_level_obj)

#define DSP_COMPUTED(X) \
    X(MP_QSTR_BUILD, new_string(TORPOR_BUILD))

METHODS(logmel, LOGMEL_METHODS)
CLASS(logmel, MP_QSTR_LogMel, LOGMEL_SLOTS)

#if MICROPY_ENABLE_DYNRUNTIME
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    METHODS_INIT(logmel, LOGMEL_METHODS);
    CLASS_INIT(logmel, MP_QSTR_LogMel, LOGMEL_SLOTS);
    MODULE_INIT(DSP_GLOBALS, DSP_COMPUTED)
    MP_DYNRUNTIME_INIT_EXIT
}
#else
MODULE(dsp, MP_QSTR_dsp, DSP_GLOBALS, DSP_COMPUTED)
MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_dsp, dsp_module);
MP_REGISTER_MODULE_DELEGATION(dsp_module, dsp_attr);
#endif
