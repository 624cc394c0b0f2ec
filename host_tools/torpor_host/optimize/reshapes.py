# SPDX-License-Identifier: MIT
"""Drops what only renames the shape of elements: RESHAPE, SQUEEZE and EXPAND_DIMS.

Proof: they keep the elements and their order. One after another does what the last does; one that keeps the shape does nothing;
FULLY_CONNECTED reads its input as rows, whatever the shape. RESHAPE needs no second input when its options say the shape.
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import Graph, Model, Op
from torpor_host.optimize.rewire import bypass, same_numbers
from torpor_host.optimize.ties import RESHAPING


def simplify_reshapes(model: Model) -> int:
    """Returns how many operators were changed, bypassed or dropped."""
    return sum(_simplify(graph, op) for graph in model.graphs for op in list(graph.ops))


def _simplify(graph: Graph, op: Op) -> int:
    if op.name == "FULLY_CONNECTED":
        return _read_rows(graph, op)
    if not _reshapes(op):
        return 0
    before = graph.writer(op.inputs[0])
    changes = 0
    if before is not None and _reshapes(before):
        op.inputs[0] = before.inputs[0]
        _become_reshape(op)
        changes += 1
    if op.name == "RESHAPE" and len(op.inputs) > 1:
        _become_reshape(op)
        changes += 1
    if op.inputs[0].shape == op.outputs[0].shape:
        changes += bypass(graph, op)
    return changes


def _read_rows(graph, op):
    """A fully connected layer takes its input from before a reshape."""
    before = graph.writer(op.inputs[0])
    if before is None or not _reshapes(before) or op.options is None or op.options.keepNumDims or not before.inputs[0].shape:
        return 0
    op.inputs[0] = before.inputs[0]
    return 1


def _reshapes(op):
    """Of activations, to a constant shape, with numbers that mean the same before and after."""
    if op.name not in RESHAPING or op.inputs[0].data is not None or not same_numbers(op.inputs[0], op.outputs[0]):
        return False
    return all(t is None or t.data is not None for t in op.inputs[1:])


def _become_reshape(op):
    op.name, op.version, op.inputs = "RESHAPE", 1, op.inputs[:1]
    op.options = schema.ReshapeOptionsT(newShape=np.array(op.outputs[0].shape, np.int32))
