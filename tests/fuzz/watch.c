/* SPDX-License-Identifier: MIT
 * See watch.h. */
#include "watch.h"

#include <sanitizer/asan_interface.h>

#include "model.h"
#include "roomy_plan.h"

/* Where a tensor lies in the arena and how many bytes it has; NULL if it lies elsewhere or is absent. */
static uint8_t *place(te_model_t *m, te_graph_t *g, int32_t tensor, uint32_t *nbytes) {
    te_desc_t t;
    if (tensor == -1 || te_graph_tensor(g, tensor, &t) != TE_OK) {
        return NULL;
    }
    *nbytes = t.nbytes;
    te_place_t where = te_model_where(m)[tensor];
    return where & (TE_IN_FILE | TE_IN_STATE) ? NULL : m->arena + where;
}

static void allow(te_model_t *m, te_graph_t *g, te_vec_t tensors) {
    for (uint32_t i = 0; i < tensors.n; i++) {
        uint32_t nbytes;
        uint8_t *bytes = place(m, g, te_graph_index(g, tensors, i), &nbytes);
        if (bytes) {
            ASAN_UNPOISON_MEMORY_REGION(bytes, nbytes);
        }
    }
}

/* A fingerprint of the tensors that lie in the arena. */
static uint32_t contents(te_model_t *m, te_graph_t *g, te_vec_t tensors) {
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < tensors.n; i++) {
        uint32_t nbytes;
        uint8_t *bytes = place(m, g, te_graph_index(g, tensors, i), &nbytes);
        for (uint32_t k = 0; bytes && k < nbytes; k++) {
            hash = (hash ^ bytes[k]) * 16777619u;
        }
    }
    return hash;
}

int watch_run_op(te_model_t *m, int i, size_t arena_len, const char **broken, te_error_t *why) {
    te_graph_t g;
    te_op_t op;
    *broken = NULL;
    if (i >= ROOMY_OPERATORS || te_graph_open(&g, m->file, m->file_len, why) != TE_OK || te_graph_op(&g, i, &op) != TE_OK) {
        return te_run_op(m, i, why);
    }
    g.why->code = TE_OK;
    uint32_t before = contents(m, &g, op.inputs);
    if (g.why->code != TE_OK) {
        *broken = "each tensor of an operator that runs was proved";
    }
    ASAN_POISON_MEMORY_REGION(m->arena, arena_len);
    allow(m, &g, op.inputs);
    allow(m, &g, op.outputs);
    ASAN_UNPOISON_MEMORY_REGION(m->arena + roomy_scratch[i].at, roomy_scratch[i].nbytes);
    int code = te_run_op(m, i, why);
    ASAN_UNPOISON_MEMORY_REGION(m->arena, arena_len);
    if (*broken == NULL && contents(m, &g, op.inputs) != before) {
        *broken = "an operator leaves its inputs alone where they share no bytes with its output";
    }
    return code;
}

int watch_calls_once(const te_model_t *m) {
    for (int i = 0; i < m->n_steps; i++) {
        if (strcmp(te_row(te_model_steps(m)[i].row)->name, "CALL_ONCE") == 0) {
            return 1;
        }
    }
    return 0;
}
