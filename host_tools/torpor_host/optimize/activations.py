# SPDX-License-Identifier: MIT
"""Fuses RELU and RELU6 into the operator before them.

Proof, int8: both sides of the activation have one scale and zero point, and the official interpreter's table of the activation
over all 256 values is a clamp at the very ends that its fused form has. Float32: every fused operator ends in the same
two comparisons, with none fused at the ends of what a float can hold.
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import Graph, Model, Op
from torpor_host.optimize.interpreter import clamp, table
from torpor_host.optimize.noops import is_unary_int8
from torpor_host.optimize.rewire import NONE, set_options, sole_reader

_FUSED = {"RELU": schema.ActivationFunctionType.RELU, "RELU6": schema.ActivationFunctionType.RELU6}
_HOSTS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL"}


def fuse_activations(model: Model) -> int:
    """Returns how many operators went."""
    return sum(_fuse(graph, op) for graph in model.graphs for op in list(graph.ops) if op.name in _FUSED)


def _fuse(graph: Graph, op: Op) -> bool:
    host, activation = graph.writer(op.inputs[0]), _FUSED[op.name]
    if host is None or host.name not in _HOSTS or host.options is None or host.options.fusedActivationFunction != NONE:
        return False
    if sole_reader(graph, op.inputs[0]) is not op or not _same(op, activation):
        return False
    host.outputs = list(op.outputs)
    set_options(host, fusedActivationFunction=activation)
    graph.ops.remove(op)
    return True


def _same(op, activation):
    """Whether the fused form gives the same values as the operator."""
    x, y = op.inputs[0], op.outputs[0]
    if x.dtype == y.dtype == np.float32:
        return x.shape == y.shape
    return is_unary_int8(op) and np.array_equal(table(op), np.clip(np.arange(-128, 128), *clamp(activation, y)))
