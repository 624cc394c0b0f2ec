# SPDX-License-Identifier: MIT
"""Cross-layer equalisation: where one layer feeds another, channels get weights of like size in both.

Nagel et al. 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction": s ReLU(x / s) = ReLU(x) for s > 0, so
a channel may be divided by s behind the first layer and multiplied by it before the second. The float network stays the
same, up to rounding.
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import Graph, Model, Op
from torpor_host.optimize.rewire import NONE, sole_reader

_OUT = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}  # the weights' dimension of output channels
_IN = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 1}
_POOLS = {"MAX_POOL_2D", "AVERAGE_POOL_2D"}  # channels stay apart, and factors go through
_HOMOGENEOUS = (NONE, schema.ActivationFunctionType.RELU)
_ROUNDS = 20
_DONE = 0.01  # of a factor's logarithm


def equalise(model: Model) -> int:
    """Equalises all pairs of layers of the main graph in place, again and again until little changes; returns how many."""
    pairs = [(op, second) for op in model.main.ops if (second := _second(model.main, op)) is not None]
    for _ in range(_ROUNDS if pairs else 0):
        if max([_equalise(*pair) for pair in pairs]) < _DONE:
            break
    return len(pairs)


def _second(graph: Graph, op: Op) -> Op | None:
    """The layer that alone reads, channel by channel, what a layer writes; None if there is none."""
    at = op if _layer(op) else None
    while at is not None and (at is op or at.name in _POOLS) and at.options.fusedActivationFunction in _HOMOGENEOUS:
        y = at.outputs[0]
        at = sole_reader(graph, y)
        if at is not None and _layer(at) and at.inputs[0] is y:
            return at if _aligned(op, at) else None
    return None


def _layer(op):
    return op.name in _OUT and all(t is None or t.data is not None and t.dtype == np.float32 for t in op.inputs[1:3])


def _aligned(first, second):
    """Whether the first one's outputs are, one by one, the second one's inputs; a depthwise layer must keep their number."""
    channels = first.inputs[1].shape[_OUT[first.name]]
    alone = second.name != "DEPTHWISE_CONV_2D" or second.options.depthMultiplier == 1
    return alone and second.inputs[1].shape[_IN[second.name]] == channels == second.inputs[0].shape[-1]


def _equalise(first, second):
    """Makes the greatest weights of each channel equal in both layers; returns the greatest logarithm of a factor."""
    ranges = [_greatest(first.inputs[1], _OUT[first.name]), _greatest(second.inputs[1], _IN[second.name])]
    live = (ranges[0] > 0) & (ranges[1] > 0)
    factor = np.sqrt(np.where(live, ranges[0], 1) / np.where(live, ranges[1], 1))
    _scale(first, 1, _OUT[first.name], 1 / factor)
    if len(first.inputs) > 2 and first.inputs[2] is not None:
        _scale(first, 2, 0, 1 / factor)
    _scale(second, 1, _IN[second.name], factor)
    return float(np.abs(np.log(factor)).max())


def _greatest(weights, axis):
    values = np.abs(weights.values().astype(np.float64))
    return values.max(axis=tuple(d for d in range(values.ndim) if d != axis))


def _scale(op, slot, axis, factor):
    values = op.inputs[slot].values()
    shape = [-1 if d == axis else 1 for d in range(values.ndim)]
    op.inputs[slot] = op.inputs[slot].with_values((values * factor.reshape(shape)).astype(np.float32))
