# SPDX-License-Identifier: MIT
"""Drops QUANTIZE, RELU and their like where they change nothing.

Proof: the official interpreter's table of the operator over all 256 int8 values is the identity on the range that the
input can have.
"""

import numpy as np

from torpor_host.convert.graph import Graph, Model, Op
from torpor_host.optimize.bounds import bounds
from torpor_host.optimize.interpreter import table
from torpor_host.optimize.rewire import bypass, same_numbers

_UNARY = {"QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1"}


def drop_noops(model: Model) -> int:
    """Returns how many operators went."""
    return sum(_drop(graph) for graph in model.graphs)


def _drop(graph: Graph) -> int:
    candidates = [op for op in graph.ops if op.name in _UNARY and is_unary_int8(op)]
    ranges = bounds(graph) if candidates else {}
    idle = [op for op in candidates if _identity(op, ranges[op.inputs[0]])]
    return sum(bypass(graph, op) for op in idle)


def is_unary_int8(op: Op) -> bool:
    """One int8 element in, one out, of equal meaning."""
    if len(op.inputs) != 1 or len(op.outputs) != 1:
        return False
    x, y = op.inputs[0], op.outputs[0]
    return x.dtype == np.int8 and x.data is None and x.shape == y.shape and x.scales.size == 1 and same_numbers(x, y)


def _identity(op, x):
    low, high = int(x.low.min()), int(x.high.max())
    values = np.arange(low, high + 1)
    return np.array_equal(table(op)[values + 128], values)
