/* SPDX-License-Identifier: MIT
 * Python's values into tensors, and tensors' values out again. */
#include "modtflm.h"

#define CHUNK 32 /* floats converted at a time, on the stack */

/* Raw values as they are; their kind must be the tensor's, or bytes. */
void tflm_write_raw(const te_tensor_t *t, mp_obj_t values) {
    mp_buffer_info_t buffer = get_buffer(values, MP_BUFFER_READ);
    const dtype_t *dtype = tflm_dtype_of(t);
    size_t size = mp_binary_get_size('@', buffer.typecode, NULL);
    bool floats = buffer.typecode == 'f' || buffer.typecode == 'd';
    bool same_kind = size == dtype->size && floats == (dtype->code == 'f');
    if (size != 1 && !same_kind) {
        mp_raise_TypeError(MP_ERROR_TEXT("run: values are not of the input's type"));
    }
    if (buffer.len != t->nbytes) {
        tflm_raise_argument("run: the input takes %d bytes", t->nbytes);
    }
    memmove(t->data, buffer.buf, t->nbytes);
}

/* n values of a tensor from value i on, as a tensor of its own. */
static te_tensor_t part_of(const te_tensor_t *t, size_t i, size_t n) {
    te_tensor_t part = *t;
    size_t size = tflm_dtype_of(t)->size;
    part.data = (uint8_t *)t->data + i * size;
    part.nbytes = n * size;
    part.rank = 1;
    part.shape[0] = n;
    return part;
}

/* Python values, from a buffer (items == NULL) or a list or tuple. */
typedef struct {
    const mp_obj_t *items;
    mp_buffer_info_t buffer;
    size_t n;
} values_t;

/* ulab's frombuffer makes arrays at any address; a core without unaligned accesses would stop. */
static size_t aligned_size(const mp_buffer_info_t *buffer) {
    size_t size = mp_binary_get_size('@', buffer->typecode, NULL);
    if ((uintptr_t)buffer->buf % size != 0) {
        tflm_raise_argument("predict: values of %d bytes at an address that is no multiple of it", size);
    }
    return size;
}

static values_t get_values(mp_obj_t object) {
    values_t v = { NULL, { NULL, 0, 0 }, 0 };
    if (MP_OBJ_TYPE_HAS_SLOT(mp_obj_get_type(object), buffer)) {
        v.buffer = get_buffer(object, MP_BUFFER_READ);
        v.n = v.buffer.len / aligned_size(&v.buffer);
    } else {
        mp_obj_get_array(object, &v.n, (mp_obj_t **)&v.items);
    }
    return v;
}

/* Values i .. i + n as floats. Only doubles in a buffer allocate. */
static void get_floats(const values_t *v, size_t i, size_t n, float *out) {
    if (v->items == NULL && v->buffer.typecode == 'f') {
        memcpy(out, (float *)v->buffer.buf + i, n * sizeof(float));
        return;
    }
    for (size_t k = 0; k < n; k++) {
        mp_obj_t value = v->items ? v->items[i + k] : mp_binary_get_val_array(v->buffer.typecode, v->buffer.buf, i + k);
        mp_binary_set_val_array('f', out, k, value);
    }
}

void tflm_write_floats(const te_tensor_t *t, mp_obj_t object) {
    values_t values = get_values(object);
    size_t total = t->nbytes / tflm_dtype_of(t)->size;
    if (values.n != total) {
        tflm_raise_argument("predict: the input takes %d values", total);
    }
    float chunk[CHUNK];
    for (size_t i = 0; i < total; i += CHUNK) {
        size_t n = MIN(CHUNK, total - i);
        get_floats(&values, i, n, chunk);
        te_tensor_t part = part_of(t, i, n);
        if (te_write_floats(&part, chunk, n) != TE_OK) {
            tflm_raise_argument("predict: cannot make tensor type %d from floats", t->type);
        }
    }
}

static void read_floats(const te_tensor_t *t, size_t i, size_t n, float *out) {
    te_tensor_t part = part_of(t, i, n);
    if (te_read_floats(&part, out, n) != TE_OK) {
        tflm_raise_argument("predict: cannot make floats from tensor type %d", t->type);
    }
}

mp_obj_t tflm_list_of_floats(const te_tensor_t *t) {
    size_t total = t->nbytes / tflm_dtype_of(t)->size;
    mp_obj_t list = mp_obj_new_list(0, NULL);
    float chunk[CHUNK];
    for (size_t i = 0; i < total; i += CHUNK) {
        size_t n = MIN(CHUNK, total - i);
        read_floats(t, i, n, chunk);
        for (size_t k = 0; k < n; k++) {
            mp_obj_list_append(list, mp_binary_get_val_array('f', chunk, k));
        }
    }
    return list;
}

void tflm_floats_into(const te_tensor_t *t, mp_obj_t out) {
    mp_buffer_info_t buffer = get_buffer(out, MP_BUFFER_WRITE);
    size_t total = t->nbytes / tflm_dtype_of(t)->size;
    if (buffer.typecode != 'f') {
        mp_raise_TypeError(MP_ERROR_TEXT("predict: out takes float32 values"));
    }
    if (buffer.len != total * sizeof(float)) {
        tflm_raise_argument("predict: the output has %d values", total);
    }
    aligned_size(&buffer);
    read_floats(t, 0, total, buffer.buf);
}
