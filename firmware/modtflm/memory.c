/* SPDX-License-Identifier: MIT
 * Blocks of the heap, and the bytes of files and arenas where they lie. */
#include "modtflm.h"

/* A block of n instead of `old` bytes with the same contents; old == 0: a new one. */
static void *resized_block(void *block, size_t old, size_t n, const char *what) {
    block = m_renew_maybe(uint8_t, block, old, n, true);
    (void)old;
    if (block == NULL) {
        mp_obj_t free = mp_call_function_n_kw(import_attr(MP_QSTR_gc, MP_QSTR_mem_free), 0, 0, NULL);
        tflm_raise_memory(what, n, mp_obj_get_int(free));
    }
    return block;
}

void *tflm_new_block(size_t n, const char *what) {
    return resized_block(NULL, 0, n, what);
}

/* The heap aligns blocks to 16 bytes. */
void *tflm_new_state(const bytes_t *file, te_sizes_t *sizes) {
    te_error_t why;
    void *state = NULL;
    size_t room = 0;
    int code;
    while ((code = te_measure(file->start, file->length, state, room, sizes, &why)) == TE_ERR_MEMORY) {
        state = resized_block(state, room, why.needed, "the heap is too small to measure the model in");
        room = why.needed;
    }
    tflm_check(code, &why);
    return resized_block(state, room, sizes->state, "the heap is too small for the model's state");
}

bytes_t tflm_get_bytes(mp_obj_t owner, mp_uint_t flags) {
    mp_buffer_info_t buffer = get_buffer(owner, flags);
    return (bytes_t) { owner, buffer.buf, buffer.len };
}

/* A bytearray can be resized, which moves its bytes away from under the model. */
void tflm_check_in_place(const bytes_t *bytes, mp_uint_t flags) {
    bytes_t now = tflm_get_bytes(bytes->owner, flags);
    if (now.start != bytes->start || now.length < bytes->length) {
        tflm_raise_argument("the model's file or arena was resized", 0);
    }
}

static mp_obj_t call_method(mp_obj_t self, qstr name, size_t n, const mp_obj_t *args) {
    mp_obj_t call[4];
    mp_load_method(self, name, call);
    memcpy(call + 2, args, n * sizeof(*args));
    return mp_call_method_n_kw(n, 0, call);
}

static bytes_t read_all(mp_obj_t file) {
    mp_obj_t end[] = { MP_OBJ_NEW_SMALL_INT(0), MP_OBJ_NEW_SMALL_INT(2) };
    size_t n = mp_obj_get_int(call_method(file, MP_QSTR_seek, 2, end));
    call_method(file, MP_QSTR_seek, 1, end);
    mp_obj_t data = mp_obj_new_bytearray_by_ref(n, tflm_new_block(n, "the heap is too small for the model's file"));
    mp_obj_t got = call_method(file, MP_QSTR_readinto, 1, &data);
    call_method(file, MP_QSTR_close, 0, NULL);
    if (mp_obj_get_int(got) != (mp_int_t)n) {
        mp_raise_OSError(MP_EIO);
    }
    return tflm_get_bytes(data, MP_BUFFER_READ);
}

/* The bytes of a model: where they lie if `src` is a buffer or a path in ROMFS, else read to the heap. */
bytes_t tflm_open_source(mp_obj_t src) {
    if (!mp_obj_is_str(src)) {
        return tflm_get_bytes(src, MP_BUFFER_READ);
    }
    mp_obj_t args[] = { src, MP_OBJ_NEW_QSTR(MP_QSTR_rb) };
    mp_obj_t file = mp_call_function_n_kw(import_attr(MP_QSTR_builtins, MP_QSTR_open), 2, 0, args);
    mp_buffer_info_t mapped;
    return mp_get_buffer(file, &mapped, MP_BUFFER_READ) ? tflm_get_bytes(file, MP_BUFFER_READ) : read_all(file);
}

bytes_t tflm_open_arena(mp_obj_t given, size_t needed) {
    if (given != mp_const_none) {
        return tflm_get_bytes(given, MP_BUFFER_RW);
    }
    size_t n = needed + TE_ARENA_ALIGN - 1;
    void *block = tflm_new_block(n, "the heap is too small for the arena");
    return tflm_get_bytes(mp_obj_new_bytearray_by_ref(n, block), MP_BUFFER_RW);
}

bool tflm_overlap(const bytes_t *a, const bytes_t *b) {
    return a->start < b->start + b->length && b->start < a->start + a->length;
}
