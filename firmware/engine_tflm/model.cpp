/* SPDX-License-Identifier: MIT
 * Upstream's interpreter and what it needs, put together. */
#include "model.h"

#include "tensorflow/lite/schema/schema_utils.h"

namespace torpor {

TfLiteStatus Interpreter::invoke_operator(size_t i) {
    tflite::NodeAndRegistration &op = graph().GetAllocations()[0].node_and_registrations[i];
    return op.registration->invoke(micro(), &op.node);
}

int Interpreter::unprepared() {
    using State = tflite::MicroInterpreterContext::InterpreterState;
    bool preparing = micro_context()->GetInterpreterState() == State::kPrepare;
    return preparing && graph().GetCurrentSubgraphIndex() == 0 ? graph().GetCurrentOperatorIndex() : -1;
}

/* Each VAR_HANDLE may name a variable of its own. */
static int count_variables(const tflite::Model *model) {
    int n = 0;
    for (const tflite::SubGraph *graph : *model->subgraphs()) {
        for (const tflite::Operator *op : *graph->operators()) {
            const tflite::OperatorCode *code = model->operator_codes()->Get(op->opcode_index());
            n += tflite::GetBuiltinCode(code) == tflite::BuiltinOperator_VAR_HANDLE;
        }
    }
    return n;
}

static tflite::MicroResourceVariables *make_variables(const tflite::Model *model, tflite::MicroAllocator *allocator) {
    int n = count_variables(model);
    return n > 0 ? tflite::MicroResourceVariables::Create(allocator, n) : nullptr;
}

static Registration *room_for_registrations(const tflite::Model *model, StateMemory &state) {
    size_t size = model->operator_codes()->size() * sizeof(Registration);
    return reinterpret_cast<Registration *>(state.AllocatePersistentBuffer(size, alignof(Registration)));
}

} // namespace torpor

te_model::te_model(const void *bytes, torpor::Room state_room, torpor::Room arena_room, bool trying, jmp_buf *way_out)
    : out(way_out),
      file(tflite::GetModel(bytes)),
      state(state_room, out),
      arena(arena_room, trying, out),
      planner(arena),
      allocator(state, arena, planner),
      operators(file, torpor::room_for_registrations(file, state)),
      interpreter(file, operators, &allocator, torpor::make_variables(file, &allocator)) {}

TfLiteStatus te_model::invoke(size_t op) {
    TfLiteStatus status = interpreter.invoke_operator(op);
    allocator.ResetTempAllocations();
    return status;
}
