# SPDX-License-Identifier: MIT
"""Makes a float graph as small as its int8 twin should be: constants go into layers, activations into operators.

The order of sums changes, so float results change in their last bits; the passes of torpor_host.optimize change none.
"""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert import rules
from torpor_host.convert.graph import Graph, Model, Op, Tensor
from torpor_host.convert.writer import options_table
from torpor_host.optimize.constants import fold_constants
from torpor_host.optimize.dead import drop_dead
from torpor_host.optimize.padding import fuse_padding
from torpor_host.optimize.reshapes import simplify_reshapes
from torpor_host.optimize.rewire import NONE, bypass, set_options, sole_reader

_CHANNELS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0, "TRANSPOSE_CONV": 0}  # the weights' dimension of output channels
_VALID = schema.Padding.VALID
_ACTIVATIONS = {"RELU", "RELU6", "RELU_N1_TO_1"}
_FUSE = {*_CHANNELS, "ADD", "SUB", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D"}


def fold(model: Model) -> None:
    """Runs all passes on a float model until nothing changes."""
    passes = (_after, _before, _activation)
    found = True
    while found:
        found = any([run(graph, op) for graph in model.graphs for run in passes for op in list(graph.ops)])
        found |= any([run(model) for run in (fold_constants, fuse_padding, simplify_reshapes)])
    for graph in model.graphs:
        for op in list(graph.ops):
            _channelwise(graph, op)
            _clamp(graph, op)
            _no_bias(op)
    drop_dead(model)


def _after(graph: Graph, op: Op) -> bool:
    """A product or sum behind a layer goes into its weights and bias."""
    numbers = _affine(op)
    layer = graph.writer(op.inputs[0]) if numbers is not None else None
    if layer is None or not _foldable(layer) or sole_reader(graph, op.inputs[0]) is not op or numbers.ndim > 1:
        return False
    axis = _CHANNELS[layer.name]
    channels = layer.inputs[1].shape[axis]
    if op.outputs[0].shape != op.inputs[0].shape or numbers.size not in (1, channels):
        return False
    bias = _bias(layer, channels)
    if op.name == "MUL":
        gain = np.broadcast_to(numbers, channels)
        _set(layer, 1, layer.inputs[1].values() * gain.reshape([-1 if d == axis else 1 for d in range(layer.inputs[1].values().ndim)]))
        bias = bias * gain
    else:
        bias = bias + numbers
    _set_bias(layer, bias)
    return _keep_activation(graph, op, layer)


def _before(graph: Graph, op: Op) -> bool:
    """A product or sum before a layer goes into its weights and bias; a sum not past zeros that the layer pads with."""
    numbers = _affine(op)
    layer = sole_reader(graph, op.outputs[0]) if numbers is not None else None
    if layer is None or layer.name not in _CHANNELS or layer.inputs[0] is not op.outputs[0] or op.inputs[0] is None:
        return False
    if op.options.fusedActivationFunction != NONE or op.outputs[0].shape != op.inputs[0].shape or not _constant(layer):
        return False
    if op.name == "ADD" and layer.name != "FULLY_CONNECTED" and layer.options.padding != _VALID:
        return False
    k = layer.inputs[1].values()
    rows = _rows(numbers, op.inputs[0].shape, layer, k)
    if rows is None:
        return False
    if op.name == "MUL":
        _set(layer, 1, k * rows)
    else:
        axis = _CHANNELS[layer.name]
        _set_bias(layer, _bias(layer, k.shape[axis]) + (k * rows).sum(axis=tuple(d for d in range(k.ndim) if d != axis)))
    return bypass(graph, op)


def _rows(numbers, shape, layer, k):
    """Numbers on a layer's input, as they meet its weights; None if they do not fit."""
    if numbers.size == 1:
        return numbers.ravel()
    if layer.name == "FULLY_CONNECTED":
        flat = np.broadcast_to(numbers, shape).reshape(-1, k.shape[1])
        return flat[0] if (flat == flat[0]).all() else None
    if numbers.ndim > 1:
        return None
    if layer.name == "DEPTHWISE_CONV_2D":
        return np.repeat(numbers, layer.options.depthMultiplier)
    return numbers if k.shape[3] == numbers.size else None


def _affine(op):
    """The constant of a float product or sum of an activation and a constant; None if it is none."""
    if op.name not in ("MUL", "ADD") or op.inputs[0].data is not None or op.inputs[1].data is None:
        return None
    if op.inputs[0].dtype != np.float32:
        return None
    return op.inputs[1].values().astype(np.float64)


def _foldable(layer):
    return layer.name in _CHANNELS and layer.options.fusedActivationFunction == NONE and _constant(layer)


def _constant(layer):
    k, bias = layer.inputs[1], _bias_of(layer)
    return k.dtype == np.float32 and k.data is not None and (bias is None or bias.data is not None)


def _bias(layer, channels):
    bias = _bias_of(layer)
    return np.zeros(channels) if bias is None else bias.values().astype(np.float64)


def _bias_of(layer):
    return (layer.inputs + [None])[rules.LAYERS[layer.name].bias]


def _set(layer, slot, values):
    layer.inputs[slot] = layer.inputs[slot].with_values(values.astype(np.float32))


def _set_bias(layer, bias):
    name = f"{layer.outputs[0].name}/bias"
    tensor = Tensor(name, bias.shape, schema.TensorType.FLOAT32, bias.astype("<f4").tobytes())
    layer.inputs = [*layer.inputs[: rules.LAYERS[layer.name].bias], tensor]


def _keep_activation(graph, op, layer):
    """The layer writes what `op` wrote, with the activation that was fused into it."""
    set_options(layer, fusedActivationFunction=op.options.fusedActivationFunction)
    layer.outputs = list(op.outputs)
    graph.ops.remove(op)
    return True


def _activation(graph: Graph, op: Op) -> bool:
    """RELU and its like go into the operator before them."""
    before = graph.writer(op.inputs[0]) if op.name in _ACTIVATIONS else None
    if before is None or before.name not in _FUSE or sole_reader(graph, op.inputs[0]) is not op:
        return False
    if before.options.fusedActivationFunction != NONE:
        return False
    set_options(before, fusedActivationFunction=getattr(schema.ActivationFunctionType, op.name))
    before.outputs = list(op.outputs)
    graph.ops.remove(op)
    return True


def _channelwise(graph: Graph, op: Op) -> None:
    """A product with a number a channel of an image becomes a depthwise convolution: so each channel has a scale of its own."""
    numbers = _affine(op) if op.name == "MUL" else None
    if numbers is None or len(op.inputs[0].shape) != 4 or numbers.ndim != 1 or numbers.size != op.inputs[0].shape[3]:
        return
    if numbers.size < 2 or op.outputs[0].shape != op.inputs[0].shape:
        return
    op.name = "DEPTHWISE_CONV_2D"
    op.inputs = [op.inputs[0], op.inputs[1].with_values(numbers.reshape(1, 1, 1, -1).astype(np.float32))]
    op.options = options_table(op.name, dict(
        padding="VALID", strideH=1, strideW=1, depthMultiplier=1, fusedActivationFunction=op.options.fusedActivationFunction))
    for reader in graph.readers(op.outputs[0]):
        _after(graph, reader)


def _no_bias(op: Op) -> None:
    """An absent bias is left out: TFLM's DEPTHWISE_CONV_2D does not survive one that is listed as absent."""
    if op.name in _CHANNELS and op.inputs[2:] == [None]:
        op.inputs = op.inputs[:2]


def _clamp(graph: Graph, op: Op) -> None:
    """RELU_N1_TO_1, which TFLM has only fused, becomes MAXIMUM and MINIMUM."""
    if op.name != "RELU_N1_TO_1":
        return
    x, y = op.inputs[0], op.outputs[0]
    low, high = (Tensor(f"{y.name}/{n}", (1,), x.type, np.array([n], "<f4").tobytes()) for n in (-1, 1))
    middle = y.copy()
    place = graph.ops.index(op)
    table = options_table("MAXIMUM", {})
    graph.ops[place : place + 1] = [Op("MAXIMUM", [x, low], [middle], table), Op("MINIMUM", [middle, high], [y], table)]
