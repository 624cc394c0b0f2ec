/* SPDX-License-Identifier: MIT
 * Upstream's operators by name, and a resolver with the ones of one model. */
#ifndef TORPOR_TFLM_OPERATORS_H
#define TORPOR_TFLM_OPERATORS_H

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

namespace torpor {

/* Upstream's registration of one operator; 48 bytes on a 32-bit machine. */
using Registration = tflite::MicroMutableOpResolver<1>;

struct Operator {
    tflite::BuiltinOperator code; /* BuiltinOperator_CUSTOM: `name` is its custom code */
    const char *name;             /* as TensorFlow Lite calls it */
    TfLiteStatus (*add)(Registration &registration); /* NULL: these headers do not have it */
};

/* Operator i of those that this build can run: i = 0, 1, ... until NULL. */
const Operator *operator_at(int i);

/* The operator of an entry of the model's list; NULL if this build cannot run it. */
const Operator *operator_of(const tflite::OperatorCode *code);

/* Finds the operators that a model uses, and no others: a registration costs memory, and a board runs few. */
class Operators final : public tflite::MicroOpResolver {
public:
    /* registrations: room for one of each entry in the model's list, each of which operator_of() knows. */
    Operators(const tflite::Model *model, Registration *registrations);

    const TFLMRegistration *FindOp(tflite::BuiltinOperator code) const override;
    const TFLMRegistration *FindOp(const char *name) const override;
    tflite::TfLiteBridgeBuiltinParseFunction GetOpDataParser(tflite::BuiltinOperator code) const override;

private:
    const Registration *registrations_;
    size_t count_;
    TF_LITE_REMOVE_VIRTUAL_DELETE
};

} // namespace torpor

#endif
