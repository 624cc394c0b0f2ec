/* SPDX-License-Identifier: MIT
 * Reads tensors and operators of a model file and proves what they say about themselves.
 * Field numbers are those of TensorFlow Lite's schema.fbs, version 3. */
#include "graph.h"

#include "flatbuf_fast.h"

enum { MODEL_VERSION, MODEL_CODES, MODEL_GRAPHS, MODEL_DESCRIPTION, MODEL_BUFFERS, MODEL_METADATA = 6 };
enum { GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPS };
enum { TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_NAME, TENSOR_QUANTISATION, TENSOR_VARIABLE,
       TENSOR_SPARSITY, TENSOR_EXTERNAL_BUFFER = 10 };
enum { QUANTISATION_SCALE = 2, QUANTISATION_ZERO_POINT, QUANTISATION_DETAILS_TYPE, QUANTISATION_AXIS = 6 };
enum { BUFFER_DATA, BUFFER_OFFSET };
enum { METADATA_NAME, METADATA_BUFFER };
enum { CODE_DEPRECATED, CODE_CUSTOM, CODE_VERSION, CODE_BUILTIN };
enum { OP_CODE, OP_INPUTS, OP_OUTPUTS, OP_OPTIONS_TYPE, OP_OPTIONS, OP_CUSTOM_OPTIONS };

#define GRAPH_KEPT (1 << 28)  /* bytes; a multiple of TE_STATE_ALIGN */

int te_fail(te_graph_t *g, int code, const char *reason, int32_t value) {
    g->why->code = (int8_t)code;
    g->why->reason = reason;
    g->why->value = value;
    return code;
}

void te_graph_blame_none(te_graph_t *g) {
    g->why->graph = (int16_t)g->part.number;
    g->why->op_index = g->why->op_code = -1;
    g->why->op_name = NULL;
}

static int graph_damaged(te_graph_t *g) {
    return te_fail(g, TE_ERR_FORMAT, "the file is damaged or cut off: an offset leads outside it", 0);
}

uint32_t te_type_size(int type) {
    static const uint8_t sizes[] = {[TE_FLOAT32] = 4, [TE_INT32] = 4, [TE_UINT8] = 1, [TE_INT64] = 8, [TE_BOOL] = 1,
        [TE_INT16] = 2, [TE_INT8] = 1, [TE_UINT64] = 8, [TE_RESOURCE] = 4, [TE_UINT32] = 4};
    return type >= 0 && (size_t)type < sizeof(sizes) ? sizes[type] : 0;
}

int te_graph_part(te_graph_t *g, uint32_t number, te_part_t *part) {
    te_file_t *f = &g->file;
    te_table_t table = fb_vec_table(f, g->graphs, number);
    memset(part, 0, sizeof(*part));
    part->number = (uint16_t)number;
    part->tensors = fb_field_vec(f, &table, GRAPH_TENSORS, 4);
    part->inputs = fb_field_vec(f, &table, GRAPH_INPUTS, 4);
    part->outputs = fb_field_vec(f, &table, GRAPH_OUTPUTS, 4);
    part->ops = fb_field_vec(f, &table, GRAPH_OPS, 4);
    te_graph_blame_none(g);
    return f->bad ? graph_damaged(g) : TE_OK;
}

static int graph_open_root(te_graph_t *g) {
    te_file_t *f = &g->file;
    if (f->len < 8 || memcmp(f->data + 4, "TFL3", 4) != 0) {
        return te_fail(g, TE_ERR_FORMAT, "this is no TensorFlow Lite model: it has no TFL3 mark", 0);
    }
    te_table_t model = fb_table(f, fb_follow(f, 0));
    int32_t version = fb_field_i32(f, &model, MODEL_VERSION, 0);
    if (!f->bad && version != 3) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "schema version %d is not supported", version);
    }
    g->codes = fb_field_vec(f, &model, MODEL_CODES, 4);
    g->graphs = fb_field_vec(f, &model, MODEL_GRAPHS, 4);
    g->buffers = fb_field_vec(f, &model, MODEL_BUFFERS, 4);
    g->metadata = fb_field_vec(f, &model, MODEL_METADATA, 4);
    return te_graph_part(g, 0, &g->part);
}

int te_graph_open(te_graph_t *g, const void *file, size_t len, te_error_t *why) {
    memset(g, 0, sizeof(*g));
    memset(why, 0, sizeof(*why));
    g->why = why;
    te_graph_blame_none(g);
    if (file == NULL || len > INT32_MAX) {
        return te_fail(g, TE_ERR_FORMAT, "a model has at most 2147483647 bytes", 0);
    }
    g->file.data = file;
    g->file.len = (uint32_t)len;
    return graph_open_root(g);
}

/* Shape, and the product of its dimensions in 64 bits. */
static int graph_shape(te_graph_t *g, int32_t index, const te_table_t *table, te_desc_t *t) {
    te_vec_t shape = fb_field_vec(&g->file, table, TENSOR_SHAPE, 4);
    uint32_t size = te_type_size(t->type);
    if (shape.n > TE_MAX_RANK) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d has more than 6 dimensions", index);
    }
    t->rank = (uint8_t)shape.n;
    uint64_t count = 1;
    for (uint32_t i = 0; i < shape.n && count <= INT32_MAX; i++) {
        int32_t dim = te_graph_index(g, shape, i);
        if (dim < 1) {
            return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d has a dimension that is not fixed or below 1", index);
        }
        t->shape[i] = dim;
        count *= (uint32_t)dim;
    }
    if (count > INT32_MAX || count * size > INT32_MAX - 16) {
        return te_fail(g, TE_ERR_MODEL, "tensor %d is larger than 2 GB", index);
    }
    t->count = (uint32_t)count;
    t->nbytes = t->type == TE_INT4 ? (t->count + 1) / 2 : t->count * size;
    return TE_OK;
}

static int graph_type(te_graph_t *g, int32_t index, const te_table_t *table, te_desc_t *t) {
    t->type = fb_field_u8(&g->file, table, TENSOR_TYPE, TE_FLOAT32);
    if (te_type_size(t->type) == 0 && t->type != TE_INT4) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is of a type that is not supported", index);
    }
    if (fb_field(&g->file, table, TENSOR_SPARSITY, 4)) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is sparse, which is not supported", index);
    }
    return TE_OK;
}

int te_graph_type(te_graph_t *g, int32_t tensor) {
    if (g->model && tensor == g->output) {
        return g->output_desc.type;
    }
    te_table_t table = fb_vec_table(&g->file, g->part.tensors, (uint32_t)tensor);
    return fb_field_u8(&g->file, &table, TENSOR_TYPE, TE_FLOAT32);
}

/* The buffer of a tensor; absent if it has none, and for a variable, which does not start from it. */
static te_table_t graph_buffer(te_graph_t *g, const te_table_t *table, const te_desc_t *t) {
    uint32_t number = (uint32_t)fb_field_i32(&g->file, table, TENSOR_BUFFER, 0);
    te_table_t none = {0, 0, 0, 0};
    return number && !t->variable ? fb_vec_table(&g->file, g->buffers, number) : none;
}

/* Its constant bytes: as many as the shape says, and in the file. */
static int graph_constant(te_graph_t *g, int32_t index, const te_table_t *table, te_desc_t *t) {
    te_file_t *f = &g->file;
    te_table_t buffer = graph_buffer(g, table, t);
    te_vec_t data = fb_field_vec(f, &buffer, BUFFER_DATA, 1);
    uint32_t outside = fb_field(f, &buffer, BUFFER_OFFSET, 8);
    if ((outside && te_fb_i64(f, outside) > 1) || fb_field_i32(f, table, TENSOR_EXTERNAL_BUFFER, 0) != 0) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d lies outside the file, which is not supported", index);
    }
    if (data.n != 0 && data.n != t->nbytes) {
        return te_fail(g, TE_ERR_MODEL, "tensor %d has a shape that does not agree with its constant bytes", index);
    }
    if (t->type == TE_INT4 && data.n == 0) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "tensor %d is int4 and not constant, which is not supported", index);
    }
    t->constant = data.at;
    return TE_OK;
}

/* Every scale is positive and finite. Such floats are ordered as their bits are, of which 1 is taken here, so that
 * what is not positive is above all of them. */
static int graph_scales(te_graph_t *g, int32_t index, te_desc_t *t) {
    const uint8_t *scale = g->file.data + t->scales.at, *end = scale + 4 * t->scales.n;
    uint32_t greatest = 0;
    for (; scale != end; scale += 4) {
        uint32_t bits = (uint32_t)te_load_i32(scale) - 1;
        greatest = bits > greatest ? bits : greatest;
    }
    if (greatest >= 0x7F800000 - 1) {
        return te_fail(g, TE_ERR_MODEL, "tensor %d has a scale that is not positive and finite", index);
    }
    greatest++;
    memcpy(&t->greatest, &greatest, sizeof(greatest));
    return TE_OK;
}

/* Every zero point is in range: mostly they are 0. */
static int graph_zeros(te_graph_t *g, int32_t index, te_desc_t *t, te_vec_t zeros) {
    int half = t->type == TE_INT16 ? INT16_MAX : INT8_MAX;
    int low = t->type == TE_UINT8 ? 0 : -half - 1, high = t->type == TE_UINT8 ? UINT8_MAX : half;
    const uint8_t *point = g->file.data + zeros.at, *end = point + 8 * zeros.n;
    int32_t any = 0;
    for (const uint8_t *p = point; p != end; p += 8) {
        any |= te_load_i32(p) | te_load_i32(p + 4);
    }
    t->symmetric = any == 0;
    for (; any && point != end; point += 8) {
        int64_t zero = (int64_t)te_load_i32(point + 4) * (INT64_C(1) << 32) + (uint32_t)te_load_i32(point);
        if (te_type_size(t->type) <= 2 ? zero < low || zero > high : zero != 0) {
            return te_fail(g, TE_ERR_MODEL, "tensor %d has a zero point outside its range", index);
        }
    }
    return TE_OK;
}

/* As TFLM reads it: quantised if it has scales and zero points. */
static int graph_quantisation(te_graph_t *g, int32_t index, const te_table_t *tensor, te_desc_t *t) {
    te_file_t *f = &g->file;
    te_table_t table = fb_field_table(f, tensor, TENSOR_QUANTISATION);
    te_vec_t none = {0, 0};
    te_vec_t scales = fb_field_vec(f, &table, QUANTISATION_SCALE, 4);
    te_vec_t zeros = fb_field_vec(f, &table, QUANTISATION_ZERO_POINT, 8);
    t->scales = none;
    t->axis = 0;
    t->scale = 0;
    t->zero_point = 0;
    t->symmetric = true;
    if (scales.n == 0 || zeros.n == 0 || f->bad) {
        return TE_OK;
    }
    if (zeros.n != scales.n && zeros.n != 1) {
        return te_fail(g, TE_ERR_MODEL, "tensor %d has zero points that do not agree with its scales", index);
    }
    t->axis = fb_field_i32(f, &table, QUANTISATION_AXIS, 0);
    if (scales.n > 1 && (t->axis < 0 || t->axis >= t->rank || t->shape[t->axis] != (int32_t)scales.n)) {
        return te_fail(g, TE_ERR_MODEL, "tensor %d has scales that do not agree with its dimensions", index);
    }
    t->scales = scales;
    t->scale = te_load_f32(f->data + scales.at);
    t->zero_point = te_load_i32(f->data + zeros.at);
    if (g->model) {
        TE_TRY(graph_scales(g, index, t));
        TE_TRY(graph_zeros(g, index, t, zeros));
    }
    return TE_OK;
}

int te_graph_keep(te_graph_t *g, uint32_t *kept, uint32_t nbytes) {
    if (nbytes > GRAPH_KEPT - *kept) {
        return te_fail(g, TE_ERR_UNSUPPORTED, "more than %d bytes kept from run to run are not supported", GRAPH_KEPT);
    }
    *kept += te_state_size(nbytes);
    return TE_OK;
}

/* Notes where a tensor lies, unless the planner has to say. Variables lie behind what operators keep. */
static int graph_place(te_graph_t *g, int32_t index, const te_desc_t *t) {
    if (g->where[index] != TE_NOWHERE) {
        return TE_OK;
    }
    if (t->constant) {
        g->where[index] = TE_IN_FILE | t->constant;
    }
    if (t->variable) {
        g->where[index] = TE_IN_STATE | g->variables;
        return te_graph_keep(g, &g->variables, t->nbytes);
    }
    return TE_OK;
}

int te_graph_tensor(te_graph_t *g, int32_t index, te_desc_t *t) {
    if (!te_graph_exists(g, index)) {
        return te_fail(g, TE_ERR_MODEL, "tensor %d does not exist", index);
    }
    if (g->model && index == g->output) {
        *t = g->output_desc;
        return TE_OK;
    }
    te_table_t table = fb_vec_table(&g->file, g->part.tensors, (uint32_t)index);
    t->variable = fb_field_u8(&g->file, &table, TENSOR_VARIABLE, 0) != 0;
    TE_TRY(graph_type(g, index, &table, t));
    TE_TRY(graph_shape(g, index, &table, t));
    TE_TRY(graph_constant(g, index, &table, t));
    TE_TRY(graph_quantisation(g, index, &table, t));
    if (g->file.bad) {
        return te_fail(g, TE_ERR_FORMAT, "tensor %d leads outside the file", index);
    }
    return g->model ? graph_place(g, index, t) : TE_OK;
}

int te_graph_output(te_graph_t *g, int32_t index, te_desc_t *t) {
    TE_TRY(te_graph_tensor(g, index, t));
    g->output = index;
    g->output_desc = *t;
    return TE_OK;
}

/* Old files have the code in one signed byte, new ones in 32 bits: the greater is right. */
static int graph_code(te_graph_t *g, const te_table_t *code) {
    int32_t old = (int8_t)fb_field_u8(&g->file, code, CODE_DEPRECATED, 0);
    int32_t now = fb_field_i32(&g->file, code, CODE_BUILTIN, 0);
    return old > now ? old : now;
}

/* What an error says of an operator. */
static void graph_blame(te_graph_t *g, const te_op_t *op) {
    g->why->graph = (int16_t)g->part.number;
    g->why->op_index = (int16_t)op->index;
    g->why->op_code = (int16_t)(g->file.bad || op->code > INT16_MAX ? -1 : op->code);
    g->why->op_name = op->code == TE_CUSTOM && !g->file.bad ? (const char *)g->file.data + op->custom.at : NULL;
    g->why->op_name_len = op->custom.n;
}

/* The kind of the operators of one entry in the file's list, which mostly was asked for a moment ago. */
static te_kind_t *graph_kind_of(te_graph_t *g, uint32_t number) {
    te_file_t *f = &g->file;
    te_kind_t *kind = &g->kinds[number % TE_KINDS];
    if (number >= g->codes.n || kind->number != number + 1) {
        te_table_t code = fb_vec_table(f, g->codes, number);
        te_vec_t none = {0, 0};
        kind->code = graph_code(g, &code);
        kind->custom = kind->code == TE_CUSTOM ? fb_field_vec(f, &code, CODE_CUSTOM, 1) : none;
        kind->row = te_row_find(g, kind);
        kind->number = number + 1;
        kind->types = 0;
    }
    return kind;
}

static int graph_kind(te_graph_t *g, const te_table_t *table, int index, te_op_t *op) {
    te_file_t *f = &g->file;
    te_kind_t *kind = graph_kind_of(g, (uint32_t)fb_field_i32(f, table, OP_CODE, 0));
    op->graph = g;
    op->index = index;
    op->kind = kind;
    op->code = kind->code;
    op->custom = kind->custom;
    op->row = kind->row;
    op->inputs = fb_field_vec(f, table, OP_INPUTS, 4);
    op->outputs = fb_field_vec(f, table, OP_OUTPUTS, 4);
    graph_blame(g, op);
    return f->bad ? te_fail(g, TE_ERR_FORMAT, "its description leads outside the file", 0) : TE_OK;
}

int te_graph_kind(te_graph_t *g, int index, te_op_t *op) {
    te_table_t table = fb_vec_table(&g->file, g->part.ops, (uint32_t)index);
    return graph_kind(g, &table, index, op);
}

int te_graph_op(te_graph_t *g, int index, te_op_t *op) {
    te_file_t *f = &g->file;
    te_table_t table = fb_vec_table(f, g->part.ops, (uint32_t)index);
    te_vec_t none = {0, 0};
    TE_TRY(graph_kind(g, &table, index, op));
    op->custom_options = op->code == TE_CUSTOM ? fb_field_vec(f, &table, OP_CUSTOM_OPTIONS, 1) : none;
    op->options_type = fb_field_u8(f, &table, OP_OPTIONS_TYPE, 0);
    op->options = fb_field_table(f, &table, OP_OPTIONS);
    op->keep_at = TE_IN_STATE | g->kept;
    op->kept = NULL;
    op->scratch_at = g->refs;
    op->scratch_refs = op->out_nbytes = op->scratch = op->keep = 0;
    op->alias = false;
    op->macs = 0;
    for (int i = 0; i < TE_LAG_SLOTS; i++) {
        op->lag[i].forward = op->lag[i].backward = TE_NO_OVERLAP;
    }
    for (int i = 0; i < TE_CALLS; i++) {
        op->calls[i] = -1;
    }
    return f->bad ? graph_damaged(g) : TE_OK;
}

te_vec_t te_graph_name(te_graph_t *g, int32_t tensor) {
    te_table_t table = fb_vec_table(&g->file, g->part.tensors, (uint32_t)tensor);
    return fb_field_vec(&g->file, &table, TENSOR_NAME, 1);
}

bool te_graph_metadata(te_graph_t *g, uint32_t i, const char *name, te_vec_t *data) {
    te_file_t *f = &g->file;
    te_table_t table = fb_vec_table(f, g->metadata, i);
    te_vec_t own = fb_field_vec(f, &table, METADATA_NAME, 1);
    if (own.n != strlen(name) || memcmp(f->data + own.at, name, own.n) != 0) {
        return false;
    }
    te_table_t buffer = fb_vec_table(f, g->buffers, (uint32_t)fb_field_i32(f, &table, METADATA_BUFFER, 0));
    *data = fb_field_vec(f, &buffer, BUFFER_DATA, 1);
    return data->n != 0;
}
