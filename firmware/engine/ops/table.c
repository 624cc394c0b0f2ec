/* SPDX-License-Identifier: MIT
 * The table of operators, the most frequent first. TE_OPERATORS may be set to a shorter list, for a model that needs
 * no more. */
#include "op.h"

#ifndef TE_OPERATORS
#define TE_OPERATORS(X) \
    X(conv_2d) X(depthwise_conv_2d) X(fully_connected) X(add) X(average_pool_2d) X(reshape) X(softmax) X(quantize) \
    X(dequantize) X(max_pool_2d) X(mean) X(pad) X(log_softmax) \
    X(sub) X(mul) X(div) X(maximum) X(minimum) X(squared_difference) X(equal) X(not_equal) X(greater) X(greater_equal) \
    X(less) X(less_equal) X(logical_and) X(logical_or) X(select_v2) X(add_n) X(floor_div) X(floor_mod) \
    X(sum) X(reduce_max) X(reduce_min) X(reduce_all) X(arg_max) X(arg_min) X(cumsum) \
    X(abs) X(neg) X(ceil) X(floor) X(round) X(sqrt) X(rsqrt) X(square) X(log) X(exp) X(sin) X(cos) \
    X(logical_not) X(zeros_like) X(relu) X(relu6) X(leaky_relu) X(prelu) X(elu) X(hard_swish) X(logistic) \
    X(tanh) X(l2_normalization) X(cast) \
    X(transpose_conv) X(svdf) X(unidirectional_sequence_lstm) X(resize_bilinear) X(resize_nearest_neighbor) \
    X(batch_matmul) X(l2_pool_2d) \
    X(squeeze) X(expand_dims) X(transpose) X(gather) X(gather_nd) X(embedding_lookup) \
    X(concatenation) X(pack) X(slice) X(strided_slice) X(dynamic_update_slice) \
    X(padv2) X(fill) X(shape) X(broadcast_to) X(broadcast_args) \
    X(mirror_pad) X(reverse_v2) X(space_to_depth) X(depth_to_space) X(space_to_batch_nd) X(batch_to_space_nd) \
    X(split) X(split_v) X(unpack) \
    X(signal_window) X(signal_fft_auto_scale) X(signal_rfft) X(signal_irfft) X(signal_energy) X(signal_filter_bank) \
    X(signal_filter_bank_square_root) X(signal_filter_bank_spectral_subtraction) X(signal_pcan) \
    X(signal_filter_bank_log) X(signal_stacker) X(signal_delay) X(signal_framer) X(signal_overlap_add) \
    X(circular_buffer) X(detection_postprocess) \
    X(if) X(while) X(call_once) X(var_handle) X(read_variable) X(assign_variable)
#endif

#define TE_DECLARE(name) extern const te_row_t te_row_##name;
#define TE_POINT(name) &te_row_##name,

TE_OPERATORS(TE_DECLARE)

static const te_row_t *const table_rows[] = {TE_OPERATORS(TE_POINT)};

#define TABLE_ROWS ((int)(sizeof(table_rows) / sizeof(table_rows[0])))

const te_row_t *te_row(int i) {
    return i >= 0 && i < TABLE_ROWS ? table_rows[i] : NULL;
}

/* A custom operator has the row of its name. */
static bool table_named(const te_row_t *row, const te_graph_t *g, te_vec_t name) {
    return strlen(row->name) == name.n && memcmp(row->name, g->file.data + name.at, name.n) == 0;
}

int te_row_find(const te_graph_t *g, const te_kind_t *kind) {
    for (int i = 0; i < TABLE_ROWS; i++) {
        const te_row_t *row = table_rows[i];
        if (row->code == kind->code && (kind->code != TE_CUSTOM || table_named(row, g, kind->custom))) {
            return i;
        }
    }
    return -1;
}
