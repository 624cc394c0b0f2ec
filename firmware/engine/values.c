/* SPDX-License-Identifier: MIT
 * Floats into a tensor and out of it. */
#include "graph.h"

typedef struct {
    int32_t low, high;
} values_range_t;

/* What a quantised type holds; empty (low > high) for a type that is not one. */
static values_range_t values_range(int type) {
    switch (type) {
        case TE_INT8: return (values_range_t){INT8_MIN, INT8_MAX};
        case TE_UINT8: return (values_range_t){0, UINT8_MAX};
        case TE_INT16: return (values_range_t){INT16_MIN, INT16_MAX};
        case TE_INT32: return (values_range_t){INT32_MIN, INT32_MAX};
        default: return (values_range_t){1, 0};
    }
}

static int32_t values_quantise(const te_tensor_t *t, values_range_t range, float v) {
    int64_t q = (int64_t)te_round(t->scale > 0 ? v / t->scale : v) + t->zero_point;
    return q < range.low ? range.low : q > range.high ? range.high : (int32_t)q;
}

/* Element i, of 1, 2 or 4 bytes. */
static void values_store(const te_tensor_t *t, size_t i, int32_t q) {
    uint32_t size = te_type_size(t->type);
    memcpy((uint8_t *)t->data + i * size, &q, size);  /* little-endian */
}

static int32_t values_load(const te_tensor_t *t, size_t i) {
    switch (t->type) {
        case TE_INT8: return ((const int8_t *)t->data)[i];
        case TE_UINT8: return ((const uint8_t *)t->data)[i];
        case TE_INT16: return ((const int16_t *)t->data)[i];
        default: return ((const int32_t *)t->data)[i];
    }
}

static bool values_agree(const te_tensor_t *t, size_t n) {
    uint32_t size = te_type_size(t->type);
    values_range_t range = values_range(t->type);
    return size != 0 && n == t->nbytes / size && (t->type == TE_FLOAT32 || range.low <= range.high);
}

int te_write_floats(const te_tensor_t *t, const float *v, size_t n) {
    if (!values_agree(t, n)) {
        return TE_ERR_ARGUMENT;
    }
    if (t->type == TE_FLOAT32) {
        memcpy(t->data, v, n * sizeof(*v));
        return TE_OK;
    }
    values_range_t range = values_range(t->type);
    for (size_t i = 0; i < n; i++) {
        values_store(t, i, values_quantise(t, range, v[i]));
    }
    return TE_OK;
}

int te_read_floats(const te_tensor_t *t, float *v, size_t n) {
    if (!values_agree(t, n)) {
        return TE_ERR_ARGUMENT;
    }
    if (t->type == TE_FLOAT32) {
        memcpy(v, t->data, n * sizeof(*v));
        return TE_OK;
    }
    float scale = t->scale > 0 ? t->scale : 1;
    for (size_t i = 0; i < n; i++) {
        v[i] = (float)((int64_t)values_load(t, i) - t->zero_point) * scale;
    }
    return TE_OK;
}
