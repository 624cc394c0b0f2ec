/* SPDX-License-Identifier: MIT
 * The table of upstream's operators, and the resolver. */
#include "operators.h"

#include <string.h>
#include <type_traits>

#include "tensorflow/lite/schema/schema_utils.h"

namespace torpor {

namespace {

/* `add` is a generic lambda that calls one of MicroMutableOpResolver's Add methods; where the headers at
 * hand do not have that method, it cannot be called, and the operator is left out. */
template <class Add>
constexpr Operator make(tflite::BuiltinOperator code, const char *name, Add add) {
    if constexpr (std::is_invocable_v<Add, Registration &>) {
        return {code, name, add};
    } else {
        return {code, name, nullptr};
    }
}

#define ADD(method) [](auto &registration) -> decltype(registration.method()) { return registration.method(); }
#define BUILTIN(name, method) make(tflite::BuiltinOperator_##name, #name, ADD(method))
#define CUSTOM(name, method) make(tflite::BuiltinOperator_CUSTOM, name, ADD(method))

/* All that upstream can register, but Ethos-U's and DECODE, which Torpor's verifier does not know. */
constexpr Operator operators[] = {
    BUILTIN(ABS, AddAbs),
    BUILTIN(ADD, AddAdd),
    BUILTIN(ADD_N, AddAddN),
    BUILTIN(ARG_MAX, AddArgMax),
    BUILTIN(ARG_MIN, AddArgMin),
    BUILTIN(ASSIGN_VARIABLE, AddAssignVariable),
    BUILTIN(AVERAGE_POOL_2D, AddAveragePool2D),
    BUILTIN(BATCH_MATMUL, AddBatchMatMul),
    BUILTIN(BATCH_TO_SPACE_ND, AddBatchToSpaceNd),
    BUILTIN(BROADCAST_ARGS, AddBroadcastArgs),
    BUILTIN(BROADCAST_TO, AddBroadcastTo),
    BUILTIN(CALL_ONCE, AddCallOnce),
    BUILTIN(CAST, AddCast),
    BUILTIN(CEIL, AddCeil),
    BUILTIN(CONCATENATION, AddConcatenation),
    BUILTIN(CONV_2D, AddConv2D),
    BUILTIN(COS, AddCos),
    BUILTIN(CUMSUM, AddCumSum),
    BUILTIN(DEPTHWISE_CONV_2D, AddDepthwiseConv2D),
    BUILTIN(DEPTH_TO_SPACE, AddDepthToSpace),
    BUILTIN(DEQUANTIZE, AddDequantize),
    BUILTIN(DIV, AddDiv),
    BUILTIN(DYNAMIC_UPDATE_SLICE, AddDynamicUpdateSlice),
    BUILTIN(ELU, AddElu),
    BUILTIN(EMBEDDING_LOOKUP, AddEmbeddingLookup),
    BUILTIN(EQUAL, AddEqual),
    BUILTIN(EXP, AddExp),
    BUILTIN(EXPAND_DIMS, AddExpandDims),
    BUILTIN(FILL, AddFill),
    BUILTIN(FLOOR, AddFloor),
    BUILTIN(FLOOR_DIV, AddFloorDiv),
    BUILTIN(FLOOR_MOD, AddFloorMod),
    BUILTIN(FULLY_CONNECTED, AddFullyConnected),
    BUILTIN(GATHER, AddGather),
    BUILTIN(GATHER_ND, AddGatherNd),
    BUILTIN(GREATER, AddGreater),
    BUILTIN(GREATER_EQUAL, AddGreaterEqual),
    BUILTIN(HARD_SWISH, AddHardSwish),
    BUILTIN(IF, AddIf),
    BUILTIN(L2_NORMALIZATION, AddL2Normalization),
    BUILTIN(L2_POOL_2D, AddL2Pool2D),
    BUILTIN(LEAKY_RELU, AddLeakyRelu),
    BUILTIN(LESS, AddLess),
    BUILTIN(LESS_EQUAL, AddLessEqual),
    BUILTIN(LOG, AddLog),
    BUILTIN(LOGICAL_AND, AddLogicalAnd),
    BUILTIN(LOGICAL_NOT, AddLogicalNot),
    BUILTIN(LOGICAL_OR, AddLogicalOr),
    BUILTIN(LOGISTIC, AddLogistic),
    BUILTIN(LOG_SOFTMAX, AddLogSoftmax),
    BUILTIN(MAXIMUM, AddMaximum),
    BUILTIN(MAX_POOL_2D, AddMaxPool2D),
    BUILTIN(MEAN, AddMean),
    BUILTIN(MINIMUM, AddMinimum),
    BUILTIN(MIRROR_PAD, AddMirrorPad),
    BUILTIN(MUL, AddMul),
    BUILTIN(NEG, AddNeg),
    BUILTIN(NOT_EQUAL, AddNotEqual),
    BUILTIN(PACK, AddPack),
    BUILTIN(PAD, AddPad),
    BUILTIN(PADV2, AddPadV2),
    BUILTIN(PRELU, AddPrelu),
    BUILTIN(QUANTIZE, AddQuantize),
    BUILTIN(READ_VARIABLE, AddReadVariable),
    BUILTIN(REDUCE_ALL, AddReduceAll),
    BUILTIN(REDUCE_MAX, AddReduceMax),
    BUILTIN(REDUCE_MIN, AddReduceMin),
    BUILTIN(RELU, AddRelu),
    BUILTIN(RELU6, AddRelu6),
    BUILTIN(RESHAPE, AddReshape),
    BUILTIN(RESIZE_BILINEAR, AddResizeBilinear),
    BUILTIN(RESIZE_NEAREST_NEIGHBOR, AddResizeNearestNeighbor),
    BUILTIN(REVERSE_V2, AddReverseV2),
    BUILTIN(ROUND, AddRound),
    BUILTIN(RSQRT, AddRsqrt),
    BUILTIN(SELECT_V2, AddSelectV2),
    BUILTIN(SHAPE, AddShape),
    BUILTIN(SIN, AddSin),
    BUILTIN(SLICE, AddSlice),
    BUILTIN(SOFTMAX, AddSoftmax),
    BUILTIN(SPACE_TO_BATCH_ND, AddSpaceToBatchNd),
    BUILTIN(SPACE_TO_DEPTH, AddSpaceToDepth),
    BUILTIN(SPLIT, AddSplit),
    BUILTIN(SPLIT_V, AddSplitV),
    BUILTIN(SQRT, AddSqrt),
    BUILTIN(SQUARE, AddSquare),
    BUILTIN(SQUARED_DIFFERENCE, AddSquaredDifference),
    BUILTIN(SQUEEZE, AddSqueeze),
    BUILTIN(STRIDED_SLICE, AddStridedSlice),
    BUILTIN(SUB, AddSub),
    BUILTIN(SUM, AddSum),
    BUILTIN(SVDF, AddSvdf),
    BUILTIN(TANH, AddTanh),
    BUILTIN(TRANSPOSE, AddTranspose),
    BUILTIN(TRANSPOSE_CONV, AddTransposeConv),
    BUILTIN(UNIDIRECTIONAL_SEQUENCE_LSTM, AddUnidirectionalSequenceLSTM),
    BUILTIN(UNPACK, AddUnpack),
    BUILTIN(VAR_HANDLE, AddVarHandle),
    BUILTIN(WHILE, AddWhile),
    BUILTIN(ZEROS_LIKE, AddZerosLike),
    CUSTOM("CIRCULAR_BUFFER", AddCircularBuffer),
    CUSTOM("SignalDelay", AddDelay),
    CUSTOM("SignalEnergy", AddEnergy),
    CUSTOM("SignalFftAutoScale", AddFftAutoScale),
    CUSTOM("SignalFilterBank", AddFilterBank),
    CUSTOM("SignalFilterBankLog", AddFilterBankLog),
    CUSTOM("SignalFilterBankSpectralSubtraction", AddFilterBankSpectralSubtraction),
    CUSTOM("SignalFilterBankSquareRoot", AddFilterBankSquareRoot),
    CUSTOM("SignalFramer", AddFramer),
    CUSTOM("SignalIrfft", AddIrfft),
    CUSTOM("SignalOverlapAdd", AddOverlapAdd),
    CUSTOM("SignalPCAN", AddPCAN),
    CUSTOM("SignalRfft", AddRfft),
    CUSTOM("SignalStacker", AddStacker),
    CUSTOM("SignalWindow", AddWindow),
    CUSTOM("TFLite_Detection_PostProcess", AddDetectionPostprocess),
};

} // namespace

const Operator *operator_at(int i) {
    for (const Operator &o : operators) {
        if (o.add != nullptr && i-- == 0) {
            return &o;
        }
    }
    return nullptr;
}

static bool is(const Operator &o, tflite::BuiltinOperator code, const flatbuffers::String *custom) {
    if (o.add == nullptr || o.code != code) {
        return false;
    }
    return code != tflite::BuiltinOperator_CUSTOM || (custom != nullptr && strcmp(o.name, custom->c_str()) == 0);
}

const Operator *operator_of(const tflite::OperatorCode *code) {
    for (const Operator &o : operators) {
        if (is(o, tflite::GetBuiltinCode(code), code->custom_code())) {
            return &o;
        }
    }
    return nullptr;
}

Operators::Operators(const tflite::Model *model, Registration *registrations)
    : registrations_(registrations), count_(model->operator_codes()->size()) {
    for (size_t i = 0; i < count_; i++) {
        operator_of(model->operator_codes()->Get(i))->add(*new (registrations + i) Registration);
    }
}

const TFLMRegistration *Operators::FindOp(tflite::BuiltinOperator code) const {
    for (size_t i = 0; i < count_; i++) {
        if (const TFLMRegistration *found = registrations_[i].FindOp(code)) {
            return found;
        }
    }
    return nullptr;
}

const TFLMRegistration *Operators::FindOp(const char *name) const {
    for (size_t i = 0; i < count_; i++) {
        if (const TFLMRegistration *found = registrations_[i].FindOp(name)) {
            return found;
        }
    }
    return nullptr;
}

tflite::TfLiteBridgeBuiltinParseFunction Operators::GetOpDataParser(tflite::BuiltinOperator code) const {
    for (size_t i = 0; i < count_; i++) {
        if (tflite::TfLiteBridgeBuiltinParseFunction found = registrations_[i].GetOpDataParser(code)) {
            return found;
        }
    }
    return nullptr;
}

} // namespace torpor
