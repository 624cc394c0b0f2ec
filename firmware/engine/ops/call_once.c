/* SPDX-License-Identifier: MIT
 * CALL_ONCE: runs a subgraph in the first run after the model was opened, to give variables their first values. */
#include "call.h"

typedef struct {
    te_ref_t scratch;
    uint16_t part;
    bool done;
} call_once_t;

static int call_once_prepare(te_op_t *op, void *params) {
    call_once_t *p = params;
    const te_part_t *part;
    TE_TRY(te_call_slots(op, 0, 0, TE_CALL_ONCE_OPTIONS));
    TE_TRY(te_call_part(op, 0, &part));
    if (part->inputs.n != 0) {
        return te_op_fail(op, TE_ERR_MODEL, "subgraph %d must have no inputs", part->number);
    }
    p->part = part->number;
    p->done = false;
    p->scratch = te_op_scratch(op, TE_ARENA_ALIGN);
    return TE_OK;
}

static void call_once_run(const te_model_t *m, const void *params) {
    call_once_t *p = (call_once_t *)params;  /* in the state; const for what other operators do */
    p->done = p->done || te_call(m, p->part, te_out(m, p->scratch));
}

const te_row_t te_row_call_once = {"CALL_ONCE", ":", 129, sizeof(call_once_t), call_once_prepare, call_once_run};
