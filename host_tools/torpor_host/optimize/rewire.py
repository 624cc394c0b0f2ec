# SPDX-License-Identifier: MIT
"""What passes share that move operators about."""

from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import Graph, Op, Tensor
from torpor_host.optimize.interpreter import changed

NONE = schema.ActivationFunctionType.NONE

# Operators that do more than write their outputs, or that nobody here knows.
EFFECTS = {"CUSTOM", "DELEGATE", "IF", "WHILE", "CALL", "CALL_ONCE", "VAR_HANDLE", "ASSIGN_VARIABLE", "READ_VARIABLE"}


def same_numbers(x: Tensor, y: Tensor) -> bool:
    """Equal elements of both mean equal numbers."""
    return x.type == y.type and x.scales.tolist() == y.scales.tolist() and x.zero_points.tolist() == y.zero_points.tolist()


def sole_reader(graph: Graph, tensor: Tensor) -> Op | None:
    """The one operator that reads a tensor, through one input; None if there are more or it is an output of the graph."""
    slots = [op for op in graph.ops for t in op.inputs if t is tensor]
    return slots[0] if len(slots) == 1 and tensor not in graph.outputs else None


def bypass(graph: Graph, op: Op) -> bool:
    """Takes out an operator whose output equals its first input; False if both are ends of the graph."""
    x, y = op.inputs[0], op.outputs[0]
    if y in graph.outputs:
        writer = graph.writer(x)
        if writer is None or writer.name in EFFECTS or x.variable or x in graph.outputs:
            return False
        writer.outputs = [y if t is x else t for t in writer.outputs]
        graph.replace(x, y)
    else:
        graph.replace(y, x)
    graph.ops.remove(op)
    return True


def set_options(op: Op, **fields) -> None:
    """Changes options of this operator alone, also where a table was shared."""
    op.options = changed(op.options, **fields)
