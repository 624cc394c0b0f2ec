/* SPDX-License-Identifier: MIT
 * An error as one sentence. */
#include "model.h"

/* The schema's BuiltinOperator, one name after the other. TE_SHORT_NAMES leaves out those that no engine for
 * microcontrollers has (1 kB), TE_NO_NAMES all (2.8 kB) but those of the rows; another operator is called by its
 * number then. */
#ifndef TE_NO_NAMES
static const char describe_names[] =
    "ADD\0AVERAGE_POOL_2D\0CONCATENATION\0CONV_2D\0DEPTHWISE_CONV_2D\0DEPTH_TO_SPACE\0DEQUANTIZE\0"
    "EMBEDDING_LOOKUP\0FLOOR\0FULLY_CONNECTED\0HASHTABLE_LOOKUP\0L2_NORMALIZATION\0L2_POOL_2D\0"
    "LOCAL_RESPONSE_NORMALIZATION\0LOGISTIC\0LSH_PROJECTION\0LSTM\0MAX_POOL_2D\0MUL\0RELU\0RELU_N1_TO_1\0"
    "RELU6\0RESHAPE\0RESIZE_BILINEAR\0RNN\0SOFTMAX\0SPACE_TO_DEPTH\0SVDF\0TANH\0CONCAT_EMBEDDINGS\0SKIP_GRAM\0"
    "CALL\0CUSTOM\0EMBEDDING_LOOKUP_SPARSE\0PAD\0UNIDIRECTIONAL_SEQUENCE_RNN\0GATHER\0BATCH_TO_SPACE_ND\0"
    "SPACE_TO_BATCH_ND\0TRANSPOSE\0MEAN\0SUB\0DIV\0SQUEEZE\0UNIDIRECTIONAL_SEQUENCE_LSTM\0STRIDED_SLICE\0"
    "BIDIRECTIONAL_SEQUENCE_RNN\0EXP\0TOPK_V2\0SPLIT\0LOG_SOFTMAX\0DELEGATE\0BIDIRECTIONAL_SEQUENCE_LSTM\0"
    "CAST\0PRELU\0MAXIMUM\0ARG_MAX\0MINIMUM\0LESS\0NEG\0PADV2\0GREATER\0GREATER_EQUAL\0LESS_EQUAL\0SELECT\0"
    "SLICE\0SIN\0TRANSPOSE_CONV\0SPARSE_TO_DENSE\0TILE\0EXPAND_DIMS\0EQUAL\0NOT_EQUAL\0LOG\0SUM\0SQRT\0RSQRT\0"
    "SHAPE\0POW\0ARG_MIN\0FAKE_QUANT\0REDUCE_PROD\0REDUCE_MAX\0PACK\0LOGICAL_OR\0ONE_HOT\0LOGICAL_AND\0"
    "LOGICAL_NOT\0UNPACK\0REDUCE_MIN\0FLOOR_DIV\0REDUCE_ANY\0SQUARE\0ZEROS_LIKE\0FILL\0FLOOR_MOD\0RANGE\0"
    "RESIZE_NEAREST_NEIGHBOR\0LEAKY_RELU\0SQUARED_DIFFERENCE\0MIRROR_PAD\0ABS\0SPLIT_V\0UNIQUE\0CEIL\0"
    "REVERSE_V2\0ADD_N\0GATHER_ND\0COS\0WHERE\0RANK\0ELU\0REVERSE_SEQUENCE\0MATRIX_DIAG\0QUANTIZE\0"
    "MATRIX_SET_DIAG\0ROUND\0HARD_SWISH\0IF\0WHILE\0NON_MAX_SUPPRESSION_V4\0NON_MAX_SUPPRESSION_V5\0"
    "SCATTER_ND\0SELECT_V2\0DENSIFY\0SEGMENT_SUM\0BATCH_MATMUL\0PLACEHOLDER_FOR_GREATER_OP_CODES\0CUMSUM\0"
    "CALL_ONCE\0BROADCAST_TO\0RFFT2D\0CONV_3D\0IMAG\0REAL\0COMPLEX_ABS\0HASHTABLE\0HASHTABLE_FIND\0"
    "HASHTABLE_IMPORT\0HASHTABLE_SIZE\0REDUCE_ALL\0CONV_3D_TRANSPOSE\0VAR_HANDLE\0READ_VARIABLE\0"
    "ASSIGN_VARIABLE\0BROADCAST_ARGS\0RANDOM_STANDARD_NORMAL\0BUCKETIZE\0RANDOM_UNIFORM\0MULTINOMIAL\0GELU\0"
    "DYNAMIC_UPDATE_SLICE\0RELU_0_TO_1\0UNSORTED_SEGMENT_PROD\0UNSORTED_SEGMENT_MAX\0UNSORTED_SEGMENT_SUM\0"
    "ATAN2\0UNSORTED_SEGMENT_MIN\0SIGN\0BITCAST\0BITWISE_XOR\0RIGHT_SHIFT\0"
#ifndef TE_SHORT_NAMES
    "STABLEHLO_LOGISTIC\0STABLEHLO_ADD\0"
    "STABLEHLO_DIVIDE\0STABLEHLO_MULTIPLY\0STABLEHLO_MAXIMUM\0STABLEHLO_RESHAPE\0STABLEHLO_CLAMP\0"
    "STABLEHLO_CONCATENATE\0STABLEHLO_BROADCAST_IN_DIM\0STABLEHLO_CONVOLUTION\0STABLEHLO_SLICE\0"
    "STABLEHLO_CUSTOM_CALL\0STABLEHLO_REDUCE\0STABLEHLO_ABS\0STABLEHLO_AND\0STABLEHLO_COSINE\0"
    "STABLEHLO_EXPONENTIAL\0STABLEHLO_FLOOR\0STABLEHLO_LOG\0STABLEHLO_MINIMUM\0STABLEHLO_NEGATE\0"
    "STABLEHLO_OR\0STABLEHLO_POWER\0STABLEHLO_REMAINDER\0STABLEHLO_RSQRT\0STABLEHLO_SELECT\0"
    "STABLEHLO_SUBTRACT\0STABLEHLO_TANH\0STABLEHLO_SCATTER\0STABLEHLO_COMPARE\0STABLEHLO_CONVERT\0"
    "STABLEHLO_DYNAMIC_SLICE\0STABLEHLO_DYNAMIC_UPDATE_SLICE\0STABLEHLO_PAD\0STABLEHLO_IOTA\0"
    "STABLEHLO_DOT_GENERAL\0STABLEHLO_REDUCE_WINDOW\0STABLEHLO_SORT\0STABLEHLO_WHILE\0STABLEHLO_GATHER\0"
    "STABLEHLO_TRANSPOSE\0DILATE\0STABLEHLO_RNG_BIT_GENERATOR\0REDUCE_WINDOW\0STABLEHLO_COMPOSITE\0"
    "STABLEHLO_SHIFT_LEFT\0STABLEHLO_CBRT\0STABLEHLO_CASE\0"
#endif
    ;
#endif

#define DESCRIBE_CUSTOM 40  /* letters of a custom operator's name */

typedef struct {
    char *text;
    size_t len, at;
} describe_t;

static void describe_char(describe_t *d, char c) {
    if (d->at + 1 < d->len) {
        d->text[d->at++] = c;
    }
}

static void describe_text(describe_t *d, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        describe_char(d, text[i]);
    }
}

static void describe_number(describe_t *d, uint32_t v) {
    char digits[10];
    int n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    while (n > 0) {
        describe_char(d, digits[--n]);
    }
}

static void describe_value(describe_t *d, int32_t v) {
    if (v < 0) {
        describe_char(d, '-');
    }
    describe_number(d, v < 0 ? 0 - (uint32_t)v : (uint32_t)v);
}

/* A custom operator's name: any bytes of any number, so not all of them. */
static void describe_custom(describe_t *d, const te_error_t *why) {
    for (uint32_t i = 0; i < why->op_name_len && i < DESCRIBE_CUSTOM; i++) {
        char c = why->op_name[i];
        describe_char(d, c > ' ' && c <= '~' ? c : '?');
    }
}

/* A builtin operator's name, "" if there is none. */
static const char *describe_name(int code) {
#ifdef TE_NO_NAMES
    int i = 0;
    while (te_row(i) && te_row(i)->code != code) {
        i++;
    }
    return te_row(i) ? te_row(i)->name : "";
#else
    size_t at = 0;
    for (int i = 0; i < code && at < sizeof(describe_names); i++) {
        at += strlen(describe_names + at) + 1;
    }
    return code >= 0 && at < sizeof(describe_names) ? describe_names + at : "";
#endif
}

/* A custom operator as it is called, another in small letters; "operator 250" if it has no name. */
static void describe_op(describe_t *d, const te_error_t *why) {
    const char *name = describe_name(why->op_code);
    if (why->op_name && why->op_name_len) {
        describe_custom(d, why);
        return;
    }
    for (const char *c = name; *c; c++) {
        describe_char(d, *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c);
    }
    if (*name == 0) {
        describe_text(d, "operator", 8);
        if (why->op_code >= 0) {
            describe_char(d, ' ');
            describe_value(d, why->op_code);
        }
    }
}

static void describe_type(describe_t *d, int type) {
    const char *name = te_type_name(type);
    if (name) {
        describe_text(d, name, strlen(name));
    } else {
        describe_text(d, "type ", 5);
        describe_value(d, type);
    }
}

/* %d is the value, %t the name of a tensor type; with both, the type has the value's lower 8 bits. */
static void describe_reason(describe_t *d, const te_error_t *why) {
    const char *reason = why->reason ? why->reason : "no error";
    bool both = false;
    for (const char *p = reason; *p; p++) {
        both |= p[0] == '%' && p[1] == 't';
    }
    for (const char *p = reason; *p; p++) {
        if (*p != '%') {
            describe_char(d, *p);
        } else if (*++p == 't') {
            describe_type(d, why->value & 255);
        } else {
            describe_value(d, both ? why->value >> 8 : why->value);
        }
    }
}

char *te_describe(const te_error_t *why, char *text, size_t len) {
    describe_t d = {text, len, 0};
    if (len == 0) {
        return text;
    }
    if (why->op_index >= 0) {
        describe_op(&d, why);
        describe_text(&d, " #", 2);
        describe_value(&d, why->op_index);
        if (why->graph > 0) {
            describe_text(&d, " of subgraph ", 13);
            describe_value(&d, why->graph);
        }
        describe_text(&d, ": ", 2);
    }
    describe_reason(&d, why);
    if (why->code == TE_ERR_MEMORY) {
        describe_text(&d, ": ", 2);
        describe_number(&d, why->needed);
        describe_text(&d, " bytes needed, ", 15);
        describe_number(&d, why->available);
        describe_text(&d, " available", 10);
    }
    text[d.at] = 0;
    return text;
}
