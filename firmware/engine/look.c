/* SPDX-License-Identifier: MIT
 * The calls of engine.h that look at a model. */
#include "model.h"

int te_input_count(const te_model_t *m) {
    return m->n_inputs;
}

int te_output_count(const te_model_t *m) {
    return m->n_outputs;
}

/* Tensor i of one of the main subgraph's two lists; the file was proved when the model was measured. */
static int look_end(const te_model_t *m, bool input, int i, te_tensor_t *out) {
    te_graph_t g;
    te_error_t why;
    te_desc_t t;
    if (i < 0 || i >= (input ? m->n_inputs : m->n_outputs)) {
        return TE_ERR_ARGUMENT;
    }
    TE_TRY(te_graph_open(&g, m->file, m->file_len, &why));
    int32_t index = te_graph_index(&g, input ? g.part.inputs : g.part.outputs, (uint32_t)i);
    TE_TRY(te_graph_tensor(&g, index, &t));
    out->data = te_out(m, (te_ref_t)index);
    out->nbytes = t.nbytes;
    out->type = t.type;
    out->rank = t.rank;
    memset(out->shape, 0, sizeof(out->shape));
    memcpy(out->shape, t.shape, t.rank * sizeof(t.shape[0]));
    out->scale = t.scale;
    out->zero_point = t.zero_point;
    te_vec_t name = te_graph_name(&g, index);
    out->name = (const char *)m->file + name.at;
    out->name_len = name.n;
    return TE_OK;
}

int te_input(const te_model_t *m, int i, te_tensor_t *out) {
    return look_end(m, true, i, out);
}

int te_output(const te_model_t *m, int i, te_tensor_t *out) {
    return look_end(m, false, i, out);
}

int te_op_count(const te_model_t *m) {
    return m->n_ops;
}

const char *te_op_name(const te_model_t *m, int i) {
    return i >= 0 && i < m->n_ops ? te_row(te_model_steps(m)[i].row)->name : NULL;
}

const char *te_supported(int i) {
    const te_row_t *row = te_row(i);
    return row ? row->name : NULL;
}

uint64_t te_macs(const te_model_t *m) {
    return (uint64_t)m->macs_high << 32 | m->macs_low;
}

const void *te_metadata(const void *file, size_t file_len, const char *name, size_t *len) {
    te_graph_t g;
    te_error_t why;
    if (te_graph_open(&g, file, file_len, &why) != TE_OK) {
        return NULL;
    }
    for (uint32_t i = 0; i < g.metadata.n; i++) {
        te_vec_t data;
        if (te_graph_metadata(&g, i, name, &data) && !g.file.bad) {
            *len = data.n;
            return (const uint8_t *)file + data.at;
        }
    }
    return NULL;
}

const char *te_engine_name(void) {
    return "torpor";
}
