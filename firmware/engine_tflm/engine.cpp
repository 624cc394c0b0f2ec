/* SPDX-License-Identifier: MIT
 * firmware/engine/engine.h over upstream TFLM's public API.
 *
 *   state  te_model with the interpreter, then what TFLM keeps as long as a model is open (its persistent memory)
 *   arena  TFLM's non-persistent memory: activations and scratch, and temporaries while a model is opened
 */
#include <string.h>

#include "model.h"
#include "tensorflow/lite/schema/schema_utils.h"

extern "C" {
#include "../engine/engine.h"

/* Torpor's own te_measure() and te_supported(), see proof.h. */
int te_prove(const void *file, size_t file_len, void *state, size_t state_len, te_sizes_t *need, te_error_t *why);
const char *te_provable(int i);
}

using namespace torpor;

namespace {

#ifdef TORPOR_TFLM_TRUST
constexpr bool trusting = true;
#else
constexpr bool trusting = false;
#endif
constexpr size_t first_try = 8192;    /* bytes to measure a model in, at least; twice as many next time */
constexpr size_t file_alignment = 8;  /* TFLM reads a file's int64 values and vectors of floats in place */
constexpr size_t head = (sizeof(te_model) + 15) / 16 * 16 + TE_STATE_ALIGN; /* of a state that is aligned to 8 only */

uint8_t *align_up(void *p, size_t alignment) {
    return reinterpret_cast<uint8_t *>(((uintptr_t)p + alignment - 1) / alignment * alignment);
}

int fail(te_error_t *why, te_err_t code, const char *reason, int32_t value = 0) {
    *why = {};
    why->code = (int8_t)code;
    why->op_index = why->op_code = -1;
    why->reason = reason;
    why->value = value;
    return code;
}

int fail_at(te_error_t *why, const te_model *m, int op, te_err_t code, const char *reason) {
    fail(why, code, reason);
    if (op >= 0) {
        why->op_index = (int16_t)op;
        why->op_code = (int16_t)tflite::GetBuiltinCode(m->code(op));
        if (why->op_code == tflite::BuiltinOperator_CUSTOM && m->code(op)->custom_code() != nullptr) {
            why->op_name = m->code(op)->custom_code()->c_str();
            why->op_name_len = m->code(op)->custom_code()->size();
        }
    }
    return code;
}

int fail_memory(te_error_t *why, const char *reason, size_t needed, size_t available) {
    fail(why, TE_ERR_MEMORY, reason);
    why->needed = (uint32_t)needed;
    why->available = available > UINT32_MAX ? UINT32_MAX : (uint32_t)available;
    return TE_ERR_MEMORY;
}

/* ---- Opening ---- */

/* A file and where to open it. */
struct Attempt {
    const void *file;
    size_t file_len;
    Room state, arena;
    bool trying;       /* only to see what it needs */
    te_model *model;   /* what was made of it */
    int code;          /* TE_OK or the error in *why */
    te_error_t *why;
};

/* TFLM would place such variables in the arena, which other models share. */
bool plans_variables(const tflite::Model *model) {
    bool planned = false, variable = false;
    if (model->metadata() != nullptr) {
        for (const tflite::Metadata *entry : *model->metadata()) {
            planned |= entry->name() != nullptr && strcmp(entry->name()->c_str(), "OfflineMemoryAllocation") == 0;
        }
    }
    for (const tflite::SubGraph *graph : *model->subgraphs()) {
        for (const tflite::Tensor *t : *graph->tensors()) {
            variable |= t->is_variable();
        }
    }
    return planned && variable;
}

/* Torpor proved what it reads of the file; TFLM reads more (all metadata, every option). And has TFLM the operators? */
int check_model(const void *file, size_t file_len, te_error_t *why) {
    flatbuffers::Verifier verifier(static_cast<const uint8_t *>(file), file_len);
    if (!tflite::VerifyModelBuffer(verifier)) {
        return fail(why, TE_ERR_FORMAT, "the file is no FlatBuffer of TFLM's schema");
    }
    const tflite::Model *model = tflite::GetModel(file);
    for (const tflite::OperatorCode *entry : *model->operator_codes()) {
        if (operator_of(entry) == nullptr) {
            return fail(why, TE_ERR_UNSUPPORTED, "TFLM has no operator %d", tflite::GetBuiltinCode(entry));
        }
    }
    return plans_variables(model) ? fail(why, TE_ERR_UNSUPPORTED, "planned places of variables are not supported") : TE_OK;
}

bool in_arena(const te_model *m, const TfLiteTensor *t) {
    return m->arena.holds(t->data.data, t->bytes);
}

/* What TFLM has opened must also keep engine.h's promises. */
int check_ends(te_model *m, te_error_t *why) {
    for (size_t i = 0; i < m->interpreter.inputs_size(); i++) {
        if (!in_arena(m, m->interpreter.input(i))) {
            return fail(why, TE_ERR_UNSUPPORTED, "input %d does not lie in the arena", (int32_t)i);
        }
    }
    for (size_t i = 0; i < m->interpreter.outputs_size(); i++) {
        if (!in_arena(m, m->interpreter.output(i))) {
            return fail(why, TE_ERR_UNSUPPORTED, "output %d does not lie in the arena", (int32_t)i);
        }
    }
    return TE_OK;
}

int check_opened(te_model *m, TfLiteStatus status, te_error_t *why) {
    if (status != kTfLiteOk) {
        return fail_at(why, m, m->interpreter.unprepared(), TE_ERR_UNSUPPORTED, "TFLM refuses to prepare it");
    }
    return check_ends(m, why);
}

/* Bytes of the state for a copy of a file that TFLM could not read where it lies. */
size_t copy_size(const Attempt &a) {
    return (uintptr_t)a.file % file_alignment == 0 ? 0 : (a.file_len + 15) / 16 * 16;
}

/* Lets TFLM open the file, which lies aligned. Jumps out if a memory is too small. */
void open_in(Attempt &a, Room state, const void *file, jmp_buf *out) {
    a.code = check_model(file, a.file_len, a.why);
    if (a.code == TE_OK) {
        a.model = new (a.state.start) te_model(file, state, a.arena, a.trying, out);
        a.code = check_opened(a.model, a.model->interpreter.AllocateTensors(), a.why);
    }
}

/* The same, and comes back with what was too small. Apart, because setjmp() and inlined variables do not agree. */
__attribute__((noinline)) Shortage guarded_open(Attempt &a, Room state, const void *file) {
    jmp_buf out;
    int shortage = setjmp(out);
    if (shortage == NO_SHORTAGE) {
        open_in(a, state, file, &out);
    }
    return (Shortage)shortage;
}

/* Makes a.model at the start of the state, or says in a.code why not. */
Shortage attempt(Attempt &a) {
    size_t copied = copy_size(a);
    if (a.state.size < head + copied) {
        return STATE_TOO_SMALL;
    }
    uint8_t *start = align_up(a.state.start + sizeof(te_model), 16);
    if (copied != 0) {
        memcpy(start, a.file, a.file_len);
    }
    return guarded_open(a, {start + copied, a.state.size - head - copied}, copied ? start : a.file);
}

/* What te_measure() leaves in the state for te_open(). */
struct Measured {
    const void *file;
    size_t file_len;
    te_sizes_t need;
};
static_assert(sizeof(Measured) <= head);

/* Opens the model for a try in n bytes of work memory, aligned to 16. */
Shortage try_in(uint8_t *work, size_t n, Attempt &a, te_sizes_t *need) {
    size_t half = n / 2 / 16 * 16;
    a.state = {work, half};
    a.arena = {work + half, half};
    Shortage shortage = attempt(a);
    if (shortage == NO_SHORTAGE && a.code == TE_OK) {
        need->state = (uint32_t)(head + copy_size(a) + a.model->state.GetPersistentUsedBytes());
        need->arena = (uint32_t)a.model->arena.peak();
    }
    return shortage;
}

/* Tries the model out. */
int measure(Measured &m, Room work, te_error_t *why) {
    const char *reason = "too little memory to try the model out";
    size_t skipped = align_up(work.start, 16) - work.start;
    if (work.size < first_try) {
        return fail_memory(why, reason, first_try, work.size);
    }
    Attempt a = {m.file, m.file_len, {}, {}, true, nullptr, TE_OK, why};
    Shortage shortage = try_in(work.start + skipped, work.size - skipped, a, &m.need);
    return shortage == NO_SHORTAGE ? a.code : fail_memory(why, reason, 2 * work.size, work.size);
}

/* Torpor proves the file safe. With TFLM_TRUST=1, what it does not know runs unproved. */
int prove(const void *file, size_t file_len, Room work, te_error_t *why) {
    te_sizes_t torpors;
    int code = te_prove(file, file_len, work.start, work.size, &torpors, why);
    return trusting && code == TE_ERR_UNSUPPORTED ? TE_OK : code;
}

} // namespace

int te_measure(const void *file, size_t file_len, void *state, size_t state_len, te_sizes_t *need, te_error_t *why) {
    Room work = {(uint8_t *)state, state_len};
    Measured m = {file, file_len, {}};
    int code = prove(file, file_len, work, why);
    if (code == TE_OK) {
        code = measure(m, work, why);
    }
    if (code == TE_OK) {
        *need = m.need;
        memcpy(state, &m, sizeof(m));
    }
    return code;
}

int te_open(te_model_t **m, void *state, size_t state_len, void *arena, size_t arena_len, te_error_t *why) {
    Measured found;
    *m = nullptr;
    if ((uintptr_t)state % TE_STATE_ALIGN || (uintptr_t)arena % TE_ARENA_ALIGN) {
        return fail(why, TE_ERR_ARGUMENT, "state must be aligned to 8 and arena to 16 bytes");
    }
    if (state_len < sizeof(found)) {
        return fail_memory(why, "the state is too small", head, state_len);
    }
    memcpy(&found, state, sizeof(found));
    if (state_len < found.need.state) {
        return fail_memory(why, "the state is too small", found.need.state, state_len);
    }
    if (arena_len < found.need.arena) {
        return fail_memory(why, "the arena is too small", found.need.arena, arena_len);
    }
    Attempt a = {found.file, found.file_len, {(uint8_t *)state, found.need.state}, {(uint8_t *)arena, found.need.arena},
                 false, nullptr, TE_OK, why};
    if (attempt(a) != NO_SHORTAGE) {
        return fail(why, TE_ERR_UNSUPPORTED, "TFLM needs more memory to open the model than when it tried it out");
    }
    *m = a.code == TE_OK ? a.model : nullptr;
    return a.code;
}

void te_reset(te_model_t *m) {
    m->interpreter.Reset();
}

/* ---- Running ---- */

namespace {

/* Operators first .. end. kTfLiteAbort: an operator of a streaming model wants more input before the rest runs. */
int run(te_model_t *m, int first, int end, te_error_t *why) {
    jmp_buf out;
    m->out = &out;
    if (setjmp(out) != NO_SHORTAGE) {
        return fail(why, TE_ERR_UNSUPPORTED, "TFLM needs more memory to run than to open the model");
    }
    for (int i = first; i < end; i++) {
        TfLiteStatus status = m->invoke((size_t)i);
        if (status == tflite::kTfLiteAbort) {
            return TE_WAIT;
        }
        if (status != kTfLiteOk) {
            return fail_at(why, m, i, TE_ERR_MODEL, "TFLM failed to run it");
        }
    }
    return TE_OK;
}

} // namespace

int te_run(te_model_t *m, te_error_t *why) {
    return m == nullptr ? fail(why, TE_ERR_ARGUMENT, "no model is open") : run(m, 0, te_op_count(m), why);
}

int te_run_op(te_model_t *m, int i, te_error_t *why) {
    if (m == nullptr || i < 0 || i >= te_op_count(m)) {
        return fail(why, TE_ERR_ARGUMENT, "the model has no operator %d", i);
    }
    return run(m, i, i + 1, why);
}

/* ---- Looking ---- */

namespace {

float scale_of(const tflite::QuantizationParameters *q) {
    return q != nullptr && q->scale() != nullptr && q->scale()->size() > 0 ? q->scale()->Get(0) : 0;
}

int32_t zero_point_of(const tflite::QuantizationParameters *q) {
    return q != nullptr && q->zero_point() != nullptr && q->zero_point()->size() > 0 ? (int32_t)q->zero_point()->Get(0) : 0;
}

void describe(const tflite::Tensor *tensor, const TfLiteTensor *place, te_tensor_t *out) {
    *out = {};
    out->data = place->data.data;
    out->nbytes = (uint32_t)place->bytes;
    out->type = (uint8_t)tensor->type();
    out->rank = (uint8_t)place->dims->size;
    memcpy(out->shape, place->dims->data, out->rank * sizeof(out->shape[0]));
    out->scale = scale_of(tensor->quantization());
    out->zero_point = zero_point_of(tensor->quantization());
    if (tensor->name() != nullptr) {
        out->name = tensor->name()->c_str();
        out->name_len = tensor->name()->size();
    }
}

} // namespace

int te_input_count(const te_model_t *m) {
    return (int)m->interpreter.inputs_size();
}

int te_output_count(const te_model_t *m) {
    return (int)m->interpreter.outputs_size();
}

int te_input(const te_model_t *m, int i, te_tensor_t *out) {
    if (i < 0 || i >= te_input_count(m)) {
        return TE_ERR_ARGUMENT;
    }
    const tflite::Tensor *tensor = m->graph()->tensors()->Get(m->graph()->inputs()->Get(i));
    describe(tensor, const_cast<te_model_t *>(m)->interpreter.input(i), out);
    return TE_OK;
}

int te_output(const te_model_t *m, int i, te_tensor_t *out) {
    if (i < 0 || i >= te_output_count(m)) {
        return TE_ERR_ARGUMENT;
    }
    const tflite::Tensor *tensor = m->graph()->tensors()->Get(m->graph()->outputs()->Get(i));
    describe(tensor, const_cast<te_model_t *>(m)->interpreter.output(i), out);
    return TE_OK;
}

int te_op_count(const te_model_t *m) {
    return (int)m->graph()->operators()->size();
}

const char *te_op_name(const te_model_t *m, int i) {
    return i >= 0 && i < te_op_count(m) ? operator_of(m->code(i))->name : nullptr;
}

namespace {

bool runs(const char *name) {
    if (trusting) {
        return true;
    }
    for (int i = 0; te_provable(i) != nullptr; i++) {
        if (strcmp(te_provable(i), name) == 0) {
            return true;
        }
    }
    return false;
}

uint64_t elements(const tflite::Tensor *tensor) {
    uint64_t n = 1;
    for (int32_t size : *tensor->shape()) {
        n *= (uint64_t)size;
    }
    return n;
}

/* y[.., Cout] of filters [Cout, H, W, Cin], [1, H, W, Cout] (depthwise) or [Cout, Cin]: each element of y takes
 * all of a filter's elements that belong to one output channel. */
uint64_t macs_of(const te_model *m, size_t i) {
    const tflite::Operator *op = m->graph()->operators()->Get(i);
    int channels;
    switch (tflite::GetBuiltinCode(m->code(i))) {
        case tflite::BuiltinOperator_CONV_2D: channels = 0; break;
        case tflite::BuiltinOperator_DEPTHWISE_CONV_2D: channels = 3; break;
        case tflite::BuiltinOperator_FULLY_CONNECTED: channels = 0; break;
        default: return 0;
    }
    const tflite::Tensor *filter = m->graph()->tensors()->Get(op->inputs()->Get(1));
    const tflite::Tensor *y = m->graph()->tensors()->Get(op->outputs()->Get(0));
    return elements(y) * (elements(filter) / (uint64_t)filter->shape()->Get(channels));
}

} // namespace

const char *te_supported(int i) {
    for (int k = 0; operator_at(k) != nullptr; k++) {
        if (runs(operator_at(k)->name) && i-- == 0) {
            return operator_at(k)->name;
        }
    }
    return nullptr;
}

uint64_t te_macs(const te_model_t *m) {
    uint64_t macs = 0;
    for (int i = 0; i < te_op_count(m); i++) {
        macs += macs_of(m, (size_t)i);
    }
    return macs;
}

const char *te_engine_name(void) {
    return "tflite-micro";
}
