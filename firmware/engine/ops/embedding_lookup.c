/* SPDX-License-Identifier: MIT
 * EMBEDDING_LOOKUP: row ids[i] of the second input becomes row i of the output; rows of int8 may become float32,
 * each element times the scale. */
#include "move.h"

typedef struct {
    te_ref_t ids, table, y;
    int32_t count, rows, columns;
    float scale;
    uint8_t element;  /* bytes of one in the table */
    bool scaled;      /* int8 to float32 */
} embedding_t;

static int embedding_checked(te_op_t *op, const te_desc_t *table, const te_desc_t *y, embedding_t *p) {
    p->scaled = table->type == TE_INT8 && y->type == TE_FLOAT32;
    if (p->scaled && (table->zero_point != 0 || table->scales.n != 1)) {
        return te_op_fail(op, TE_ERR_UNSUPPORTED, "anything but one scale and zero point 0 is not supported", 0);
    }
    return TE_OK;
}

static int embedding_output(te_op_t *op, const te_desc_t *ids, const te_desc_t *table, const te_desc_t *y) {
    TE_TRY(te_move_rank(op, y, table->rank));
    for (int i = 0; i < y->rank; i++) {
        TE_TRY(te_op_out_dim(op, y, i, i == 0 ? (int32_t)ids->count : table->shape[i]));
    }
    return TE_OK;
}

/* The first id that has no row, or -1. */
static int32_t embedding_outside(const embedding_t *p, const uint8_t *ids) {
    for (int32_t i = 0; i < p->count; i++) {
        int32_t id = te_load_i32(ids + 4 * i);
        if (id < 0 || id >= p->rows) {
            return i;
        }
    }
    return -1;
}

static int embedding_constant(te_op_t *op, const te_desc_t *ids, const embedding_t *p) {
    const uint8_t *data = op->graph->file.data + ids->constant;
    int32_t outside = ids->constant ? embedding_outside(p, data) : -1;
    return outside < 0 ? TE_OK
        : te_op_fail(op, TE_ERR_MODEL, "the table has no row %d", te_load_i32(data + 4 * outside));
}

static int embedding_prepare(te_op_t *op, void *params) {
    embedding_t *p = params;
    te_desc_t ids, table, y;
    TE_TRY(te_op_slots(op, 2, 2, 0));
    TE_TRY(te_op_input(op, 0, &ids));
    TE_TRY(te_op_input(op, 1, &table));
    TE_TRY(te_op_output(op, &y));
    if (ids.rank != 1 || table.rank < 2) {
        return te_op_fail(op, TE_ERR_MODEL, "the ids must have 1 dimension, and the table more", 0);
    }
    TE_TRY(embedding_checked(op, &table, &y, p));
    TE_TRY(embedding_output(op, &ids, &table, &y));
    p->count = ids.shape[0];
    p->rows = table.shape[0];
    p->columns = te_product(&table, 1, table.rank);
    p->element = (uint8_t)te_type_size(table.type);
    p->scale = table.scale;
    p->ids = te_op_in_at(op, 0);
    p->table = te_op_in_at(op, 1);
    p->y = te_op_out_at(op);
    return embedding_constant(op, &ids, p);
}

static void embedding_scale(const embedding_t *p, const int8_t *row, float *y) {
    for (int32_t i = 0; i < p->columns; i++) {
        y[i] = (float)row[i] * p->scale;
    }
}

static void embedding_run(const te_model_t *m, const void *params) {
    const embedding_t *p = params;
    const uint8_t *ids = te_in(m, p->ids), *table = te_in(m, p->table);
    uint8_t *y = te_out(m, p->y);
    int32_t outside = embedding_outside(p, ids), run = p->columns * p->element;
    if (outside >= 0) {
        te_fault(m, "the table has no row %d", te_load_i32(ids + 4 * outside));
        return;
    }
    for (int32_t i = 0; i < p->count; i++) {
        const uint8_t *row = table + te_load_i32(ids + 4 * i) * run;
        if (p->scaled) {
            embedding_scale(p, (const int8_t *)row, (float *)y + i * p->columns);
        } else {
            memcpy(y + i * run, row, (size_t)run);
        }
    }
}

const te_row_t te_row_embedding_lookup = {"EMBEDDING_LOOKUP", "i[bf]:= ib:f",
    7, sizeof(embedding_t), embedding_prepare, embedding_run};
