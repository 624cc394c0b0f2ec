/* SPDX-License-Identifier: MIT
 * Tensors that go in and out of subgraphs. */
#include "call.h"

int te_call_slots(te_op_t *op, uint32_t inputs, uint32_t outputs, int options_type) {
    if (op->inputs.n != inputs) {
        return te_op_fail(op, TE_ERR_MODEL, "it should have %d inputs", (int32_t)inputs);
    }
    if (op->outputs.n != outputs) {
        return te_op_fail(op, TE_ERR_MODEL, "it should have %d outputs", (int32_t)outputs);
    }
    if (op->options_type != options_type || op->options.at == 0) {
        return te_op_fail(op, TE_ERR_MODEL, "its options are missing or another operator's", 0);
    }
    return TE_OK;
}

int te_call_part(te_op_t *op, int call, const te_part_t **part) {
    int32_t number = te_fb_field_i32(&op->graph->file, &op->options, call, 0);
    if (number < 0 || (uint32_t)number >= op->graph->graphs.n) {
        return te_op_fail(op, TE_ERR_MODEL, "subgraph %d does not exist", number);
    }
    op->calls[call] = (int16_t)number;
    *part = &op->graph->parts[number];
    return TE_OK;
}

int te_call_own(te_op_t *op, te_vec_t slots, uint32_t slot, te_desc_t *t) {
    TE_TRY(te_graph_tensor(op->graph, te_graph_index(op->graph, slots, slot), t));
    return t->type == TE_INT4 ? te_op_fail(op, TE_ERR_UNSUPPORTED, "int4 is not supported", 0) : TE_OK;
}

int te_call_other(te_op_t *op, const te_part_t *part, te_vec_t list, uint32_t i, te_desc_t *t, te_ref_t *ref) {
    te_graph_t *g = op->graph;
    uint32_t here = g->part.number;
    int32_t tensor = te_graph_index(g, list, i);
    *ref = part->first_tensor + (te_ref_t)tensor;
    te_select(g, part->number);
    int code = te_graph_tensor(g, tensor, t);
    te_select(g, here);
    return code;
}

int te_call_link(te_op_t *op, const te_part_t *part, te_vec_t list, uint32_t i, const te_desc_t *own, uint16_t *to) {
    te_desc_t other;
    te_ref_t ref = TE_NO_REF;
    TE_TRY(te_call_other(op, part, list, i, &other, &ref));
    if (own->type != other.type || own->nbytes != other.nbytes) {
        return te_op_fail(op, TE_ERR_MODEL, "its tensors and those of subgraph %d differ in type or size", part->number);
    }
    *to = (uint16_t)ref;
    return TE_OK;
}

void te_call_copy(const te_model_t *m, const te_link_t *links, uint32_t n, te_side_t from, te_side_t to) {
    for (uint32_t i = 0; i < n; i++, links++) {
        memcpy(te_call_at(m, links->ref[to.column], to.arena), te_call_at(m, links->ref[from.column], from.arena),
            links->nbytes);
    }
}
