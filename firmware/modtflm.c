/* SPDX-License-Identifier: MIT
 * The MicroPython module `tflm`: engine.h for Python. lib/stubs/tflm.pyi is its manual.
 *
 * Who keeps what alive: a Model owns its state block and refers to the object that holds the
 * model's bytes and to the one that holds the arena. Tensor views are memoryviews whose base is
 * the arena's own block, so they outlive the Model safely; Tensor objects refer to the Model. */
#include "module.h"

#include "engine/engine.h"
#if TORPOR_TFLM
#include "engine_tflm/work.h"
#endif

#define CHUNK 32 /* floats converted at a time, on the stack */

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

/* ---- Errors ---- */

static NORETURN void raise_error(const te_error_t *why) {
    char text[160];
    te_describe(why, text, sizeof(text));
    const mp_obj_type_t *type = why->code == TE_ERR_MEMORY ? &mp_type_MemoryError : &mp_type_ValueError;
    nlr_raise(mp_obj_new_exception_arg1(type, new_string(text)));
}

static void check(int result, const te_error_t *why) {
    if (result != TE_OK) {
        raise_error(why);
    }
}

/* A caller's mistake; the reason may have one %d for value. */
static NORETURN void raise_argument(const char *reason, int32_t value) {
    te_error_t why;
    memset(&why, 0, sizeof(why));
    why.code = TE_ERR_ARGUMENT;
    why.op_index = why.op_code = -1;
    why.reason = reason;
    why.value = value;
    raise_error(&why);
}

static NORETURN void raise_memory(const char *reason, size_t needed, size_t available) {
    te_error_t why;
    memset(&why, 0, sizeof(why));
    why.code = TE_ERR_MEMORY;
    why.op_index = why.op_code = -1;
    why.reason = reason;
    why.needed = needed;
    why.available = available;
    raise_error(&why);
}

/* ---- Memory ---- */

static void *align_up(void *p, size_t alignment) {
    return (void *)(((uintptr_t)p + alignment - 1) & ~(uintptr_t)(alignment - 1));
}

static void *new_block(size_t n, const char *what) {
    void *block = m_malloc_maybe(n);
    if (block == NULL) {
        mp_obj_t free = mp_call_function_n_kw(import_attr(MP_QSTR_gc, MP_QSTR_mem_free), 0, 0, NULL);
        raise_memory(what, n, mp_obj_get_int(free));
    }
    return block;
}

static bytes_t get_bytes(mp_obj_t owner, mp_uint_t flags) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(owner, &buffer, flags);
    return (bytes_t) { owner, buffer.buf, buffer.len };
}

/* A bytearray can be resized, which moves its bytes away from under the model. */
static void check_in_place(const bytes_t *bytes, mp_uint_t flags) {
    bytes_t now = get_bytes(bytes->owner, flags);
    if (now.start != bytes->start || now.length < bytes->length) {
        raise_argument("the model's file or arena was resized", 0);
    }
}

#if TORPOR_TFLM
/* Upstream's engine tries models out on the heap, where they will live. */
void *te_borrow(size_t n) {
    return m_malloc_maybe(n);
}

void te_give_back(void *work, size_t n) {
    m_del(uint8_t, work, n);
}
#endif

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
    mp_obj_t data = mp_obj_new_bytearray_by_ref(n, new_block(n, "the heap is too small for the model's file"));
    mp_obj_t got = call_method(file, MP_QSTR_readinto, 1, &data);
    call_method(file, MP_QSTR_close, 0, NULL);
    if (mp_obj_get_int(got) != (mp_int_t)n) {
        mp_raise_OSError(MP_EIO);
    }
    return get_bytes(data, MP_BUFFER_READ);
}

/* The bytes of a model: where they lie if `src` is a buffer or a path in ROMFS, else read to the heap. */
static bytes_t open_source(mp_obj_t src) {
    if (!mp_obj_is_str(src)) {
        return get_bytes(src, MP_BUFFER_READ);
    }
    mp_obj_t args[] = { src, MP_OBJ_NEW_QSTR(MP_QSTR_rb) };
    mp_obj_t file = mp_call_function_n_kw(import_attr(MP_QSTR_builtins, MP_QSTR_open), 2, 0, args);
    mp_buffer_info_t mapped;
    return mp_get_buffer(file, &mapped, MP_BUFFER_READ) ? get_bytes(file, MP_BUFFER_READ) : read_all(file);
}

static bytes_t open_arena(mp_obj_t given, size_t needed) {
    if (given != mp_const_none) {
        return get_bytes(given, MP_BUFFER_RW);
    }
    size_t n = needed + TE_ARENA_ALIGN - 1;
    void *block = new_block(n, "the heap is too small for the arena");
    return get_bytes(mp_obj_new_bytearray_by_ref(n, block), MP_BUFFER_RW);
}

/* ---- Types of values ---- */

typedef struct {
    uint8_t type; /* te_type_t */
    char code;    /* of array and struct */
    uint8_t size;
    char name[8];
} dtype_t;

static const dtype_t dtypes[] = {
    { TE_FLOAT32, 'f', 4, "float32" },
    { TE_INT8, 'b', 1, "int8" },
    { TE_INT16, 'h', 2, "int16" },
    { TE_INT32, 'i', 4, "int32" },
    { TE_UINT8, 'B', 1, "uint8" },
    { TE_INT64, 'q', 8, "int64" },
    { TE_BOOL, 'B', 1, "bool" },
};

static const dtype_t *dtype_of(const te_tensor_t *t) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(dtypes); i++) {
        if (dtypes[i].type == t->type) {
            return &dtypes[i];
        }
    }
    raise_argument("tensor type %d has no Python type", t->type);
}

/* n values of a tensor from value i on, as a tensor of its own. */
static te_tensor_t part_of(const te_tensor_t *t, size_t i, size_t n) {
    te_tensor_t part = *t;
    size_t size = dtype_of(t)->size;
    part.data = (uint8_t *)t->data + i * size;
    part.nbytes = n * size;
    part.rank = 1;
    part.shape[0] = n;
    return part;
}

/* A memoryview of `nbytes` at `data` inside `owner`. There is no such constructor, so Python's own
 * makes one of the whole owner, which is then narrowed: its base stays a block that the garbage
 * collector knows. Memory whose base is not aligned for the type is not the heap's; then base = data. */
static mp_obj_t new_view(mp_obj_t owner, void *data, size_t nbytes, char code, size_t size) {
    mp_obj_t made = mp_call_function_n_kw(import_attr(MP_QSTR_builtins, MP_QSTR_memoryview), 1, 0, &owner);
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

/* ---- Tensor ---- */

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
        dest[0] = new_string(dtype_of(t)->name);
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
    mp_printf(print, "<%s", dtype_of(t)->name);
    for (size_t i = 0; i < t->rank; i++) {
        mp_printf(print, i ? ", %d" : " [%d", (int)t->shape[i]);
    }
    mp_printf(print, "]>");
}

#define TENSOR_SLOTS(X) \
    X(attr, tensor_attr, 0) \
    X(print, tensor_print, 1)

CLASS(tensor, MP_QSTR_Tensor, TENSOR_SLOTS)

/* ---- Model: opening ---- */

typedef int (*get_tensor_t)(const te_model_t *m, int i, te_tensor_t *out);

static mp_obj_t views_of(const model_obj_t *self, int n, get_tensor_t get) {
    mp_obj_tuple_t *views = MP_OBJ_TO_PTR(mp_obj_new_tuple(n, NULL));
    for (int i = 0; i < n; i++) {
        te_tensor_t t;
        get(self->engine, i, &t);
        const dtype_t *dtype = dtype_of(&t);
        views->items[i] = new_view(self->arena.owner, t.data, t.nbytes, dtype->code, dtype->size);
    }
    return MP_OBJ_FROM_PTR(views);
}

static bool overlap(const bytes_t *a, const bytes_t *b) {
    return a->start < b->start + b->length && b->start < a->start + a->length;
}

static void open_model(model_obj_t *self) {
    te_error_t why;
    void *state = align_up(self->state, TE_STATE_ALIGN);
    uint8_t *arena = align_up(self->arena.start, TE_ARENA_ALIGN);
    size_t skipped = arena - self->arena.start;
    size_t length = self->arena.length > skipped ? self->arena.length - skipped : 0;
    check(te_open(&self->engine, self->file.start, self->file.length, state, self->sizes.state, arena, length, &why), &why);
}

static mp_obj_t model_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    enum { SRC, ARENA, FIELDS };
    const mp_arg_t allowed[FIELDS] = {
        { MP_QSTR_src, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_int = 0 } },
        { MP_QSTR_arena, MP_ARG_OBJ, { .u_obj = mp_const_none } },
    };
    mp_arg_val_t v[FIELDS];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, FIELDS, allowed, v);
    model_obj_t *self = mp_obj_malloc(model_obj_t, type);
    te_error_t why;
    self->file = open_source(v[SRC].u_obj);
    check(te_measure(self->file.start, self->file.length, &self->sizes, &why), &why);
    self->arena = open_arena(v[ARENA].u_obj, self->sizes.arena);
    if (overlap(&self->file, &self->arena)) {
        raise_argument("the arena overlaps the model's file", 0);
    }
    self->state = new_block(self->sizes.state + TE_STATE_ALIGN - 1, "the heap is too small for the model's state");
    open_model(self);
    self->inputs = views_of(self, te_input_count(self->engine), te_input);
    self->outputs = views_of(self, te_output_count(self->engine), te_output);
    return MP_OBJ_FROM_PTR(self);
}

/* Every method that touches the file or the arena starts here. */
static model_obj_t *get_model(mp_obj_t self_in) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    check_in_place(&self->file, MP_BUFFER_READ);
    check_in_place(&self->arena, MP_BUFFER_RW);
    return self;
}

/* ---- Model: running ---- */

static void run(model_obj_t *self) {
    te_error_t why;
    check(te_run(self->engine, &why), &why);
}

static void check_input_count(const model_obj_t *self, size_t n) {
    if (n != (size_t)te_input_count(self->engine)) {
        raise_argument("the model takes %d inputs", te_input_count(self->engine));
    }
}

/* Raw values as they are; their kind must be the tensor's, or bytes. */
static void write_raw(const te_tensor_t *t, mp_obj_t values) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(values, &buffer, MP_BUFFER_READ);
    const dtype_t *dtype = dtype_of(t);
    size_t size = mp_binary_get_size('@', buffer.typecode, NULL);
    bool same_kind = size == dtype->size && (buffer.typecode == 'f') == (dtype->code == 'f');
    if (size != 1 && !same_kind) {
        mp_raise_TypeError(MP_ERROR_TEXT("run: values are not of the input's type"));
    }
    if (buffer.len != t->nbytes) {
        raise_argument("run: the input takes %d bytes", t->nbytes);
    }
    memmove(t->data, buffer.buf, t->nbytes);
}

/* run(*inputs): with inputs, copies their raw values first. */
static mp_obj_t model_run(size_t n_args, const mp_obj_t *args) {
    model_obj_t *self = get_model(args[0]);
    if (n_args > 1) {
        check_input_count(self, n_args - 1);
    }
    for (size_t i = 0; i + 1 < n_args; i++) {
        te_tensor_t t;
        te_input(self->engine, i, &t);
        write_raw(&t, args[i + 1]);
    }
    run(self);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(model_run_obj, 1, model_run);

/* Python values, from a buffer (items == NULL) or a list or tuple. */
typedef struct {
    const mp_obj_t *items;
    mp_buffer_info_t buffer;
    size_t n;
} values_t;

static values_t get_values(mp_obj_t object) {
    values_t v = { NULL, { NULL, 0, 0 }, 0 };
    if (mp_get_buffer(object, &v.buffer, MP_BUFFER_READ)) {
        v.n = v.buffer.len / mp_binary_get_size('@', v.buffer.typecode, NULL);
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

static void write_floats(const te_tensor_t *t, mp_obj_t object) {
    values_t values = get_values(object);
    size_t total = t->nbytes / dtype_of(t)->size;
    if (values.n != total) {
        raise_argument("predict: the input takes %d values", total);
    }
    float chunk[CHUNK];
    for (size_t i = 0; i < total; i += CHUNK) {
        size_t n = MIN(CHUNK, total - i);
        get_floats(&values, i, n, chunk);
        te_tensor_t part = part_of(t, i, n);
        if (te_write_floats(&part, chunk, n) != TE_OK) {
            raise_argument("predict: cannot make tensor type %d from floats", t->type);
        }
    }
}

static void read_floats(const te_tensor_t *t, size_t i, size_t n, float *out) {
    te_tensor_t part = part_of(t, i, n);
    if (te_read_floats(&part, out, n) != TE_OK) {
        raise_argument("predict: cannot make floats from tensor type %d", t->type);
    }
}

static mp_obj_t list_of_floats(const te_tensor_t *t) {
    size_t total = t->nbytes / dtype_of(t)->size;
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

static void floats_into(const te_tensor_t *t, mp_obj_t out) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(out, &buffer, MP_BUFFER_WRITE);
    size_t total = t->nbytes / dtype_of(t)->size;
    if (buffer.typecode != 'f') {
        mp_raise_TypeError(MP_ERROR_TEXT("predict: out takes float32 values"));
    }
    if (buffer.len != total * sizeof(float)) {
        raise_argument("predict: the output has %d values", total);
    }
    read_floats(t, 0, total, buffer.buf);
}

/* One output as it is, several as a tuple. */
static mp_obj_t new_results(const model_obj_t *self) {
    mp_obj_tuple_t *results = MP_OBJ_TO_PTR(mp_obj_new_tuple(te_output_count(self->engine), NULL));
    for (size_t i = 0; i < results->len; i++) {
        te_tensor_t t;
        te_output(self->engine, i, &t);
        results->items[i] = list_of_floats(&t);
    }
    return results->len == 1 ? results->items[0] : MP_OBJ_FROM_PTR(results);
}

static void results_into(const model_obj_t *self, mp_obj_t out) {
    size_t n = 1;
    mp_obj_t *outs = &out;
    if (te_output_count(self->engine) != 1) {
        mp_obj_get_array(out, &n, &outs);
    }
    if (n != (size_t)te_output_count(self->engine)) {
        raise_argument("the model has %d outputs", te_output_count(self->engine));
    }
    for (size_t i = 0; i < n; i++) {
        te_tensor_t t;
        te_output(self->engine, i, &t);
        floats_into(&t, outs[i]);
    }
}

/* predict(*inputs, out=None) */
static mp_obj_t model_predict(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    const mp_arg_t allowed[] = { { MP_QSTR_out, MP_ARG_KW_ONLY | MP_ARG_OBJ, { .u_obj = mp_const_none } } };
    mp_arg_val_t out;
    mp_arg_parse_all(0, NULL, kw, 1, allowed, &out);
    model_obj_t *self = get_model(args[0]);
    check_input_count(self, n_args - 1);
    for (size_t i = 0; i + 1 < n_args; i++) {
        te_tensor_t t;
        te_input(self->engine, i, &t);
        write_floats(&t, args[i + 1]);
    }
    run(self);
    if (out.u_obj == mp_const_none) {
        return new_results(self);
    }
    results_into(self, out.u_obj);
    return out.u_obj;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(model_predict_obj, 1, model_predict);

/* [(operator, microseconds), ...] of one run on what the inputs hold. */
static mp_obj_t model_profile(mp_obj_t self_in) {
    model_obj_t *self = get_model(self_in);
    mp_obj_t ticks_us = import_attr(MP_QSTR_time, MP_QSTR_ticks_us);
    mp_obj_t ticks_diff = import_attr(MP_QSTR_time, MP_QSTR_ticks_diff);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (int i = 0; i < te_op_count(self->engine); i++) {
        te_error_t why;
        mp_obj_t times[2]; /* end, start */
        times[1] = mp_call_function_n_kw(ticks_us, 0, 0, NULL);
        check(te_run_op(self->engine, i, &why), &why);
        times[0] = mp_call_function_n_kw(ticks_us, 0, 0, NULL);
        mp_obj_t pair[2];
        pair[0] = new_string(te_op_name(self->engine, i));
        pair[1] = mp_call_function_n_kw(ticks_diff, 2, 0, times);
        mp_obj_list_append(list, mp_obj_new_tuple(2, pair));
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(model_profile_obj, model_profile);

/* ---- Model: looking ---- */

static mp_obj_t model_input(mp_obj_t self_in, mp_obj_t i) {
    return mp_obj_subscr(get_model(self_in)->inputs, i, MP_OBJ_SENTINEL);
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_input_obj, model_input);

static mp_obj_t model_output(mp_obj_t self_in, mp_obj_t i) {
    return mp_obj_subscr(get_model(self_in)->outputs, i, MP_OBJ_SENTINEL);
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_output_obj, model_output);

static mp_obj_t model_metadata(mp_obj_t self_in, mp_obj_t name_in) {
    const model_obj_t *self = get_model(self_in);
    size_t n;
    const void *data = te_metadata(self->file.start, self->file.length, mp_obj_str_get_str(name_in), &n);
    if (data == NULL) {
        return mp_const_none;
    }
    mp_obj_t made = new_view(self->file.owner, (void *)data, n, 'B', 1);
    mp_obj_array_t *view = MP_OBJ_TO_PTR(made);
    view->typecode = 'B'; /* read only */
    return made;
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_metadata_obj, model_metadata);

static mp_obj_t tensors_of(mp_obj_t self_in, int n, get_tensor_t get) {
    const model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_tuple_t *tensors = MP_OBJ_TO_PTR(mp_obj_new_tuple(n, NULL));
    for (int i = 0; i < n; i++) {
        tensor_obj_t *tensor = mp_obj_malloc(tensor_obj_t, (const mp_obj_type_t *)&tensor_type);
        tensor->model = self_in;
        get(self->engine, i, &tensor->t);
        tensors->items[i] = MP_OBJ_FROM_PTR(tensor);
    }
    return MP_OBJ_FROM_PTR(tensors);
}

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
        dest[0] = tensors_of(self_in, te_input_count(self->engine), te_input);
    } else if (name == MP_QSTR_outputs) {
        dest[0] = tensors_of(self_in, te_output_count(self->engine), te_output);
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
    X(make_new, model_make_new, 0) \
    X(attr, model_attr, 1) \
    X(locals_dict, &model_methods, 2)

#define MODEL_METHODS(X) \
    X(MP_QSTR_input, model_input_obj) \
    X(MP_QSTR_output, model_output_obj) \
    X(MP_QSTR_run, model_run_obj) \
    X(MP_QSTR_predict, model_predict_obj) \
    X(MP_QSTR_profile, model_profile_obj) \
    X(MP_QSTR_metadata, model_metadata_obj)

METHODS(model, MODEL_METHODS)
CLASS(model, MP_QSTR_Model, MODEL_SLOTS)

/* ---- The module ---- */

/* measure(src) -> (arena, state), in bytes */
static mp_obj_t tflm_measure(mp_obj_t src) {
    te_error_t why;
    te_sizes_t sizes;
    bytes_t file = open_source(src);
    check(te_measure(file.start, file.length, &sizes, &why), &why);
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
    X(MP_QSTR_Model, model_type) \
    X(MP_QSTR_measure, tflm_measure_obj)

#define TFLM_COMPUTED(X) \
    X(MP_QSTR_ENGINE, new_string(te_engine_name())) \
    X(MP_QSTR_VERSION, new_string(TORPOR_VERSION)) \
    X(MP_QSTR_BUILD, new_string(TORPOR_BUILD)) \
    X(MP_QSTR_OPS, supported_ops())

#if MICROPY_ENABLE_DYNRUNTIME
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    CLASS_INIT(tensor, MP_QSTR_Tensor, TENSOR_SLOTS);
    METHODS_INIT(model, MODEL_METHODS);
    CLASS_INIT(model, MP_QSTR_Model, MODEL_SLOTS);
    MODULE_INIT(TFLM_GLOBALS, TFLM_COMPUTED)
    MP_DYNRUNTIME_INIT_EXIT
}
#else
MODULE(tflm, MP_QSTR_tflm, TFLM_GLOBALS, TFLM_COMPUTED)
MP_REGISTER_EXTENSIBLE_MODULE(MP_QSTR_tflm, tflm_module);
MP_REGISTER_MODULE_DELEGATION(tflm_module, tflm_attr);
#endif
