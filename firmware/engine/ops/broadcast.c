/* SPDX-License-Identifier: MIT
 * Broadcasting: inputs of several shapes, one output. */
#include "broadcast.h"

/* Dimension `axis` of `rank`, as if 1 stood before the tensor's own. */
static int32_t broadcast_dim(const te_desc_t *t, int rank, int axis) {
    int own = axis - (rank - t->rank);
    return own < 0 ? 1 : t->shape[own];
}

/* The size that the inputs give a dimension. */
static int broadcast_size(te_op_t *op, const te_desc_t *in, int inputs, int rank, int axis, int32_t *size) {
    *size = 1;
    for (int k = 0; k < inputs; k++) {
        int32_t own = broadcast_dim(&in[k], rank, axis);
        if (own != 1 && *size != 1 && own != *size) {
            return te_op_fail(op, TE_ERR_MODEL, "dimension %d of its inputs does not agree", axis);
        }
        *size = own != 1 ? own : *size;
    }
    return TE_OK;
}

/* Adds a dimension, or joins it with the one before if every input moves along both or along none. */
static void broadcast_append(te_broadcast_t *b, int32_t size, const bool *moves) {
    uint32_t last = b->n - 1u;
    bool joins = b->n > 0;
    for (int k = 0; k < TE_BROADCAST_INPUTS && joins; k++) {
        joins = (b->moves[k] >> last & 1) == moves[k];
    }
    if (joins) {
        b->size[last] *= size;
        return;
    }
    for (int k = 0; k < TE_BROADCAST_INPUTS; k++) {
        b->moves[k] |= (uint8_t)(moves[k] << b->n);
    }
    b->size[b->n++] = size;
}

int te_broadcast(te_op_t *op, const te_desc_t *in, int inputs, const te_desc_t *y, te_broadcast_t *b) {
    int rank = y->rank;
    for (int k = 0; k < inputs; k++) {
        rank = in[k].rank > rank ? in[k].rank : rank;
    }
    memset(b, 0, sizeof(*b));
    for (int axis = 0; axis < rank; axis++) {
        int32_t size;
        bool moves[TE_BROADCAST_INPUTS] = {false};
        TE_TRY(broadcast_size(op, in, inputs, rank, axis, &size));
        if (broadcast_dim(y, rank, axis) != size) {
            return te_op_fail(op, TE_ERR_MODEL, "output dimension %d does not follow from its inputs", axis);
        }
        for (int k = 0; k < inputs; k++) {
            moves[k] = broadcast_dim(&in[k], rank, axis) == size;
        }
        if (size != 1) {
            broadcast_append(b, size, moves);
        }
    }
    if (b->n == 0) {
        b->size[b->n++] = 1;
    }
    return TE_OK;
}

/* An input that has gone through the dimensions behind `axis` stands behind their elements. To go through them again
 * it returns by their number, `block`, if it is repeated along the axis. */
bool te_walk_next(te_walk_t *w, const te_broadcast_t *b) {
    int32_t block[TE_BROADCAST_INPUTS];
    for (int k = 0; k < TE_BROADCAST_INPUTS; k++) {
        block[k] = te_run_step(b, k) ? te_run_length(b) : 1;
        w->at[k] += block[k];
    }
    for (int axis = b->n - 2; axis >= 0; axis--) {
        bool again = ++w->index[axis] < b->size[axis];
        for (int k = 0; k < TE_BROADCAST_INPUTS; k++) {
            bool moves = b->moves[k] >> axis & 1;
            w->at[k] -= again && !moves ? block[k] : 0;
            block[k] *= moves ? b->size[axis] : 1;
        }
        if (again) {
            return true;
        }
        w->index[axis] = 0;
    }
    return false;
}

int te_binary(te_op_t *op, te_desc_t in[2], te_desc_t *y, te_binary_t *p) {
    TE_TRY(te_op_output(op, y));
    for (uint32_t i = 0; i < 2; i++) {
        TE_TRY(te_op_input(op, i, &in[i]));
        if (in[i].count == y->count) {
            op->lag[i].forward = 0;
        }
    }
    TE_TRY(te_broadcast(op, in, 2, y, &p->shape));
    p->type = in[0].type;
    p->y_type = y->type;
    p->a = te_op_in_at(op, 0);
    p->b = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    return TE_OK;
}

int te_binary_prepare(te_op_t *op, void *params) {
    te_desc_t in[2], y;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    return te_binary(op, in, &y, params);
}

int te_arithmetic(te_op_t *op, te_desc_t in[2], te_desc_t *y, te_binary_t *p) {
    TE_TRY(te_binary(op, in, y, p));
    TE_TRY(te_op_quantised(op, &in[0]));
    TE_TRY(te_op_quantised(op, &in[1]));
    return te_op_quantised(op, y);
}

static te_run_function_t broadcast_function(const te_run_table_t *table, int type) {
    switch (type) {
        case TE_INT8: return table->s8;
        case TE_INT16: return table->s16;
        case TE_INT32: return table->s32;
        case TE_INT64: return table->s64;
        case TE_BOOL: return table->boolean;
        default: return table->f32;
    }
}

void te_binary_run(const te_model_t *m, const te_binary_t *p, const te_run_table_t *table) {
    const uint8_t *a = te_in(m, p->a), *b = te_in(m, p->b);
    uint8_t *y = te_out(m, p->y);
    te_run_function_t run = broadcast_function(table, p->type);
    int32_t size = (int32_t)te_type_size(p->type), y_size = (int32_t)te_type_size(p->y_type);
    te_run_t r = {a, b, size * te_run_step(&p->shape, 0), size * te_run_step(&p->shape, 1), y,
                  te_run_length(&p->shape), m};
    te_walk_t w;
    memset(&w, 0, sizeof(w));
    do {
        r.a = a + w.at[0] * size;
        r.b = b + w.at[1] * size;
        run(p, &r);
        r.y = (uint8_t *)r.y + r.n * y_size;
    } while (te_walk_next(&w, &p->shape));
}
