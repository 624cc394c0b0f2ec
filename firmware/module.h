/* SPDX-License-Identifier: MIT
 * What the modules tflm and dsp share: one source that builds as two kinds of module.
 *
 * A user C module has its tables in ROM; a native .mpy (MICROPY_ENABLE_DYNRUNTIME) fills them
 * when it is imported, because names get their numbers only then. So each table is one list,
 *
 *     #define THING_METHODS(X) X(<name>, thing_run_obj) X(<name>, thing_stop_obj)
 *     #define THING_SLOTS(X)   X(make_new, thing_make_new, 0) X(locals_dict, &thing_methods, 1)
 *     #define MOD_GLOBALS(X)   X(<name>, thing_type) X(<name>, mod_function_obj)
 *     #define MOD_COMPUTED(X)  X(<name>, <expression that makes an object>)
 *
 * which METHODS, CLASS and MODULE, and in mpy_init the same with _INIT, expand into either form.
 * A <name> is written in full, prefix and all: MicroPython's tools collect names from the text.
 * Floats never go by value across the function table: soft-float and hard-float differ there.
 */
#ifndef TORPOR_MODULE_H
#define TORPOR_MODULE_H

#include <string.h>

#define TORPOR_VERSION "0.1.0"

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"

#define TORPOR_BUILD "natmod"

/* The compiler sees the whole program and drops what nothing calls, but for what the loader and itself look for;
 * and the loader finds variables only if they are not static. */
#define TORPOR_KEEP __attribute__((externally_visible))

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) TORPOR_KEEP;
void *memcpy(void *to, const void *from, size_t n) TORPOR_KEEP;
void *memmove(void *to, const void *from, size_t n) TORPOR_KEEP;
void *memset(void *to, int value, size_t n) TORPOR_KEEP;
int memcmp(const void *a, const void *b, size_t n) TORPOR_KEEP;
size_t strlen(const char *text) TORPOR_KEEP;

/* Without libc: GCC calls these by name, for copies and clears that it finds by itself. */
void *memcpy(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}

void *memmove(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}

void *memset(void *to, int value, size_t n) {
    return mp_fun_table.memset_(to, value, n);
}

int memcmp(const void *a, const void *b, size_t n) {
    const uint8_t *x = a, *y = b;
    while (n && *x == *y) {
        x++, y++, n--;
    }
    return n ? *x - *y : 0;
}

size_t strlen(const char *text) {
    size_t n = 0;
    while (text[n]) {
        n++;
    }
    return n;
}

#define mp_type_MemoryError (*(mp_obj_type_t *)mp_load_global(MP_QSTR_MemoryError))
#define m_malloc_maybe(n) m_realloc_maybe(NULL, (n), false)
#define mp_call_method_n_kw(n, n_kw, args) (mp_fun_table.call_method_n_kw((n), (n_kw), (args)))

#define COUNT_ENTRY(name, object) + 1
#define STORE_ENTRY(name, object) *entry++ = (mp_map_elem_t) { MP_OBJ_NEW_QSTR(name), MP_OBJ_FROM_PTR(&object) };
#define STORE_SLOT(slot, value, i) MP_OBJ_TYPE_SET_SLOT(type, slot, value, i);
#define STORE_GLOBAL(name, object) mp_store_global(name, MP_OBJ_FROM_PTR(&object));
#define STORE_COMPUTED(name, value) mp_store_global(name, value);

#define METHODS(thing, LIST) \
    TORPOR_KEEP mp_map_elem_t thing##_table[0 LIST(COUNT_ENTRY)]; \
    static MP_DEFINE_CONST_DICT(thing##_methods, thing##_table);

#define METHODS_INIT(thing, LIST) \
    do { \
        mp_map_elem_t *entry = thing##_table; \
        LIST(STORE_ENTRY) \
    } while (0)

#define CLASS(thing, NAME, SLOTS) TORPOR_KEEP mp_obj_full_type_t thing##_type;

/* What is to be filled in by mpy_init, in another file. */
#define DECLARE_CLASS(thing) \
    extern mp_obj_full_type_t thing##_type; \
    void thing##_init(void);

#define CLASS_INIT(thing, NAME, SLOTS) \
    do { \
        mp_obj_full_type_t *type = &thing##_type; \
        type->base.type = &mp_type_type; \
        type->name = NAME; \
        SLOTS(STORE_SLOT) \
    } while (0)

#define MODULE_INIT(GLOBALS, COMPUTED) GLOBALS(STORE_GLOBAL) COMPUTED(STORE_COMPUTED)

#else
#include "py/builtin.h"
#include "py/runtime.h"

#define TORPOR_BUILD "firmware"

#if !MICROPY_MODULE_ATTR_DELEGATION
#error "What a module computes (tflm.OPS) needs MICROPY_MODULE_ATTR_DELEGATION"
#endif

#define ROM_ENTRY(name, object) { MP_ROM_QSTR(name), MP_ROM_PTR(&object) },
#define ROM_SLOT(slot, value, i) , slot, value
#define ANSWER_COMPUTED(name, value) if (attr == name) { dest[0] = value; }

#define METHODS(thing, LIST) \
    static const mp_rom_map_elem_t thing##_table[] = { LIST(ROM_ENTRY) }; \
    static MP_DEFINE_CONST_DICT(thing##_methods, thing##_table);

#define CLASS(thing, NAME, SLOTS) \
    MP_DEFINE_CONST_OBJ_TYPE(thing##_type, NAME, MP_TYPE_FLAG_NONE SLOTS(ROM_SLOT));

#define DECLARE_CLASS(thing) extern const mp_obj_type_t thing##_type;

/* Defines mod_module, to be registered, and mod_attr, to be its delegation. */
#define MODULE(mod, NAME, GLOBALS, COMPUTED) \
    static const mp_rom_map_elem_t mod##_globals_table[] = { \
        { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(NAME) }, \
        GLOBALS(ROM_ENTRY) \
    }; \
    static MP_DEFINE_CONST_DICT(mod##_globals, mod##_globals_table); \
    const mp_obj_module_t mod##_module = { { &mp_type_module }, (mp_obj_dict_t *)&mod##_globals }; \
    void mod##_attr(mp_obj_t self, qstr attr, mp_obj_t *dest) { \
        (void)self; \
        COMPUTED(ANSWER_COMPUTED) \
    }

#endif

#include "py/binary.h"
#include "py/mperrno.h"
#include "py/objarray.h"

static inline mp_obj_t new_string(const char *text) {
    return mp_obj_new_str(text, strlen(text));
}

/* The bytes of a buffer. ulab's arrays are buffers, but views with gaps between their elements are not. */
static inline mp_buffer_info_t get_buffer(mp_obj_t object, mp_uint_t flags) {
    mp_buffer_info_t buffer;
    if (!mp_get_buffer(object, &buffer, MP_BUFFER_READ) && MP_OBJ_TYPE_HAS_SLOT(mp_obj_get_type(object), buffer)) {
        mp_raise_TypeError(MP_ERROR_TEXT("an array with gaps cannot be used where it lies: give its copy()"));
    }
    mp_get_buffer_raise(object, &buffer, flags);
    return buffer;
}

/* module.name, whatever a script has made of its own names. */
static inline mp_obj_t import_attr(qstr module, qstr name) {
    return mp_load_attr(mp_import_name(module, mp_const_none, MP_OBJ_NEW_SMALL_INT(0)), name);
}

#endif
