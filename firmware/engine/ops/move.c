/* SPDX-License-Identifier: MIT
 * Index tensors, and copies from one layout to another. */
#include "move.h"

int te_move_ends(te_op_t *op, uint32_t slot, te_desc_t *x, te_desc_t *y) {
    TE_TRY(te_op_input(op, slot, x));
    return te_op_output(op, y);
}

int te_move_rank(te_op_t *op, const te_desc_t *y, int rank) {
    return y->rank == rank ? TE_OK : te_op_fail(op, TE_ERR_MODEL, "the output should have %d dimensions", rank);
}

int te_move_axis(te_op_t *op, int64_t axis, int rank, int *out) {
    if (axis < -rank || axis >= rank) {
        return te_op_fail(op, TE_ERR_MODEL, "there is no dimension %d", (int32_t)axis);
    }
    *out = (int)(axis < 0 ? axis + rank : axis);
    return TE_OK;
}

int32_t te_whole(const void *data, bool wide, uint32_t i) {
    const uint8_t *p = (const uint8_t *)data + (size_t)i * (wide ? 8 : 4);
    int32_t low = te_load_i32(p), high = wide ? te_load_i32(p + 4) : low < 0 ? -1 : 0;
    bool fits = high == (low < 0 ? -1 : 0);
    return fits ? low : high < 0 ? INT32_MIN : INT32_MAX;
}

int te_constant_wholes(te_op_t *op, uint32_t slot, uint32_t count, te_desc_t *t) {
    TE_TRY(te_op_input(op, slot, t));
    if (!t->constant) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "an input %d that is computed is not supported", (int32_t)slot);
    }
    return t->count == count ? TE_OK
        : te_op_fail(op, TE_ERR_MODEL, slot == 1 ? "its input 1 should have %d elements"
            : "one of its inputs should have %d elements", (int32_t)count);
}

void te_move_dimension(te_move_t *move, int32_t size, int32_t x_step, int32_t y_step) {
    int last = move->n - 1;
    if (size == 1) {
        return;
    }
    if (move->n == 0 && x_step == move->run && y_step == move->run) {
        move->run *= size;
    } else if (move->n > 0 && x_step == move->x_step[last] * move->size[last]
        && y_step == move->y_step[last] * move->size[last]) {
        move->size[last] *= size;
    } else {
        TE_ASSERT(move->n < TE_MAX_RANK);
        move->size[move->n] = size;
        move->x_step[move->n] = x_step;
        move->y_step[move->n++] = y_step;
    }
}

/* n runs of a size that the compiler knows become loads and stores. */
#define MOVE_RUNS(bytes) \
    for (ptrdiff_t i = 0; i < n; i++) { \
        memcpy(y + i * y_step, x + i * x_step, (size_t)(bytes)); \
    } \
    break

static void move_runs(const uint8_t *x, uint8_t *y, int32_t x_step, int32_t y_step, int32_t n, int32_t run) {
    switch (run) {
        case 1: MOVE_RUNS(1);
        case 2: MOVE_RUNS(2);
        case 4: MOVE_RUNS(4);
        default: MOVE_RUNS(run);
    }
}

void te_move(const te_move_t *move, const uint8_t *x, uint8_t *y) {
    int32_t at[TE_MAX_RANK] = {0};
    ptrdiff_t x_at = 0, y_at = 0;
    int d = 1;
    if (move->n == 0) {
        memcpy(y, x, (size_t)move->run);
        return;
    }
    do {
        move_runs(x + x_at, y + y_at, move->x_step[0], move->y_step[0], move->size[0], move->run);
        for (d = 1; d < move->n; d++) {
            x_at += move->x_step[d];
            y_at += move->y_step[d];
            if (++at[d] < move->size[d]) {
                break;
            }
            x_at -= (ptrdiff_t)move->size[d] * move->x_step[d];
            y_at -= (ptrdiff_t)move->size[d] * move->y_step[d];
            at[d] = 0;
        }
    } while (d < move->n);
}

void te_repeat(uint8_t *y, const uint8_t *value, uint32_t element, uint32_t n) {
    te_move_t move;
    te_move_begin(&move, element);
    te_move_dimension(&move, (int32_t)n, 0, (int32_t)element);
    te_move(&move, value, y);
}

void te_alias(te_op_t *op, const te_desc_t *x, te_alias_t *p) {
    te_desc_t y;
    op->alias = !x->constant && !x->variable && te_op_output(op, &y) == TE_OK && !y.variable;
    p->nbytes = x->nbytes;
    p->x = te_op_in_at(op, 0);
    p->y = te_op_out_at(op);
}

void te_alias_run(const te_model_t *m, const void *params) {
    const te_alias_t *p = params;
    const void *x = te_in(m, p->x);
    void *y = te_out(m, p->y);
    if (x != y) {
        memcpy(y, x, p->nbytes);
    }
}
