/* SPDX-License-Identifier: MIT
 * An open model: upstream's interpreter with all that it needs, at the start of the model's state. */
#ifndef TORPOR_TFLM_MODEL_H
#define TORPOR_TFLM_MODEL_H

#include "memory.h"
#include "operators.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"

namespace torpor {

class Allocator final : public tflite::MicroAllocator {
public:
    Allocator(StateMemory &state, ArenaMemory &arena, Planner &planner) : MicroAllocator(&state, &arena, &planner) {}

private:
    TF_LITE_REMOVE_VIRTUAL_DELETE
};

/* Upstream's interpreter, which can also run one operator, and say where it stopped. */
class Interpreter final : public tflite::MicroInterpreter {
public:
    using MicroInterpreter::MicroInterpreter;

    /* Operator i of the main subgraph; temporaries of the arena are left behind. */
    TfLiteStatus invoke_operator(size_t i);

    /* The operator of the main subgraph that could not be prepared; -1 if something else went wrong. */
    int unprepared();

private:
    TfLiteContext *micro() { return const_cast<TfLiteContext *>(&context()); }
    tflite::MicroInterpreterContext *micro_context() {
        return static_cast<tflite::MicroInterpreterContext *>(context().impl_);
    }
    tflite::MicroInterpreterGraph &graph() {
        return static_cast<tflite::MicroInterpreterGraph &>(micro_context()->graph());
    }
};

} // namespace torpor

struct te_model {
    /* file: aligned to 8 and proved. out: where to go if a memory is too small, set again by each call. */
    te_model(const void *file, torpor::Room state, torpor::Room arena, bool trying, jmp_buf *out);

    /* Runs one operator of the main subgraph. */
    TfLiteStatus invoke(size_t op);

    const tflite::SubGraph *graph() const { return file->subgraphs()->Get(0); }
    const tflite::OperatorCode *code(size_t op) const {
        return file->operator_codes()->Get(graph()->operators()->Get(op)->opcode_index());
    }

    jmp_buf *out;
    const tflite::Model *file;
    torpor::StateMemory state;
    torpor::ArenaMemory arena;
    torpor::Planner planner;
    torpor::Allocator allocator;
    torpor::Operators operators;
    torpor::Interpreter interpreter;
};

#endif
