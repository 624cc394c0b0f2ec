/* SPDX-License-Identifier: MIT
 * Errors of the engine, and a caller's mistakes, as Python's exceptions. */
#include "modtflm.h"

static NORETURN void raise_error(const te_error_t *why) {
    char text[160];
    te_describe(why, text, sizeof(text));
    const mp_obj_type_t *type = why->code == TE_ERR_MEMORY ? &mp_type_MemoryError : &mp_type_ValueError;
    nlr_raise(mp_obj_new_exception_arg1(type, new_string(text)));
}

/* False for TE_WAIT, which is no error. */
bool tflm_check(int result, const te_error_t *why) {
    if (result < TE_OK) {
        raise_error(why);
    }
    return result == TE_OK;
}

/* A caller's mistake; the reason may have one %d for value. */
NORETURN void tflm_raise_argument(const char *reason, int32_t value) {
    te_error_t why;
    memset(&why, 0, sizeof(why));
    why.code = TE_ERR_ARGUMENT;
    why.op_index = why.op_code = -1;
    why.reason = reason;
    why.value = value;
    raise_error(&why);
}

NORETURN void tflm_raise_memory(const char *reason, size_t needed, size_t available) {
    te_error_t why;
    memset(&why, 0, sizeof(why));
    why.code = TE_ERR_MEMORY;
    why.op_index = why.op_code = -1;
    why.reason = reason;
    why.needed = needed;
    why.available = available;
    raise_error(&why);
}
