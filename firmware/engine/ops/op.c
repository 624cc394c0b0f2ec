/* SPDX-License-Identifier: MIT
 * Checks that operators share: slots, types, shapes, options. */
#include "op.h"

int te_op_fail(te_op_t *op, int code, const char *reason, int32_t value) {
    return te_fail(op->graph, code, reason, value);
}

int te_op_slots(te_op_t *op, uint32_t min_inputs, uint32_t max_inputs, int options_type) {
    if (op->outputs.n != 1) {
        return te_op_fail(op, TE_ERR_MODEL, "it cannot have %d outputs", (int32_t)op->outputs.n);
    }
    return te_op_slots_many(op, min_inputs, max_inputs, options_type);
}

int te_op_slots_many(te_op_t *op, uint32_t min_inputs, uint32_t max_inputs, int options_type) {
    if (op->inputs.n < min_inputs || op->inputs.n > max_inputs) {
        return te_op_fail(op, TE_ERR_MODEL, "it cannot have %d inputs", (int32_t)op->inputs.n);
    }
    if (op->outputs.n == 0) {
        return te_op_fail(op, TE_ERR_MODEL, "it cannot have %d outputs", 0);
    }
    if (options_type && (op->options_type != options_type || op->options.at == 0)) {
        return te_op_fail(op, TE_ERR_MODEL, "its options are missing or another operator's", 0);
    }
    return TE_OK;
}

int te_op_slots_exactly(te_op_t *op, uint32_t inputs, uint32_t outputs) {
    TE_TRY(te_op_slots_many(op, inputs, inputs, 0));
    return op->outputs.n == outputs ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "it cannot have %d outputs", (int32_t)op->outputs.n);
}

static int32_t op_slot(te_op_t *op, te_vec_t slots, uint32_t slot) {
    return slot < slots.n ? te_graph_index(op->graph, slots, slot) : -1;
}

bool te_op_has(te_op_t *op, uint32_t slot) {
    return op_slot(op, op->inputs, slot) != -1;
}

int te_op_input(te_op_t *op, uint32_t slot, te_desc_t *t) {
    if (!te_op_has(op, slot)) {
        return te_op_fail(op, TE_ERR_MODEL, "its input %d is missing", (int32_t)slot);
    }
    return te_graph_tensor(op->graph, op_slot(op, op->inputs, slot), t);
}

int te_op_variable(te_op_t *op, uint32_t slot, te_desc_t *t) {
    TE_TRY(te_op_input(op, slot, t));
    if (!t->variable) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "its input %d must be a variable", (int32_t)slot);
    }
    for (uint32_t i = 0; i < op->inputs.n; i++) {
        if (i != slot && op_slot(op, op->inputs, i) == op_slot(op, op->inputs, slot)) {
            return te_op_fail(op, TE_ERR_UNSUPPORTED, "its input %d cannot be its variable, too", (int32_t)i);
        }
    }
    return TE_OK;
}

int te_op_activation(te_op_t *op, uint32_t slot, te_desc_t *t) {
    TE_TRY(te_op_input(op, slot, t));
    if (t->constant && te_type_size(t->type) > 1) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "a constant input %d is not supported", (int32_t)slot);
    }
    return TE_OK;
}

int te_op_output_slot(te_op_t *op, uint32_t slot, te_desc_t *t) {
    return te_graph_tensor(op->graph, op_slot(op, op->outputs, slot), t);
}

int te_op_output(te_op_t *op, te_desc_t *t) {
    TE_TRY(te_graph_output(op->graph, op_slot(op, op->outputs, 0), t));
    op->out_nbytes = t->nbytes;
    return TE_OK;
}

te_ref_t te_op_scratch(te_op_t *op, uint32_t nbytes) {
    if (nbytes == 0) {
        return TE_IN_STATE;
    }
    te_ref_t ref = op->scratch_at + op->scratch_refs++;
    if (op->graph->model) {
        te_model_where(op->graph->model)[ref] = op->scratch;
    }
    op->scratch += te_padded(nbytes);
    return ref;
}

te_ref_t te_op_in_at(te_op_t *op, uint32_t slot) {
    return te_op_has(op, slot) ? (te_ref_t)(op->graph->part.first_tensor + op_slot(op, op->inputs, slot)) : TE_NO_REF;
}

te_ref_t te_op_out_at(te_op_t *op) {
    return te_op_out_slot_at(op, 0);
}

te_ref_t te_op_out_slot_at(te_op_t *op, uint32_t slot) {
    return (te_ref_t)(op->graph->part.first_tensor + op_slot(op, op->outputs, slot));
}

int te_op_out_dim(te_op_t *op, const te_desc_t *y, int axis, int64_t want) {
    static const char *const reasons[TE_MAX_RANK] = {
        "output dimension 0 should be %d", "output dimension 1 should be %d", "output dimension 2 should be %d",
        "output dimension 3 should be %d", "output dimension 4 should be %d", "output dimension 5 should be %d"};
    return y->shape[axis] == want ? TE_OK : te_op_fail(op, TE_ERR_MODEL, reasons[axis], (int32_t)want);
}

int te_op_same_shape(te_op_t *op, const te_desc_t *a, const te_desc_t *b) {
    bool same = a->rank == b->rank && memcmp(a->shape, b->shape, a->rank * sizeof(a->shape[0])) == 0;
    return same ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "the shapes of input and output differ", 0);
}

int te_op_one_scale(te_op_t *op, const te_desc_t *t) {
    if (t->type != TE_FLOAT32 && t->scales.n == 0) {
        return te_op_fail(op, TE_ERR_MODEL, "an integer tensor has no scale and zero point", 0);
    }
    if (t->type != TE_FLOAT32 && t->scales.n > 1) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an activation with %d scales is not supported", (int32_t)t->scales.n);
    }
    return TE_OK;
}

int te_op_scale(te_op_t *op, te_scale_t scale) {
    return scale.shift <= 30 ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "its scales are far too large for the output's", 0);
}

int te_op_quantised(te_op_t *op, const te_desc_t *t) {
    if (t->type == TE_INT16 && t->zero_point != 0) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "int16 with zero point %d is not supported", t->zero_point);
    }
    return t->type == TE_INT8 || t->type == TE_INT16 ? te_op_one_scale(op, t) : TE_OK;
}
