# SPDX-License-Identifier: MIT
"""How operators connect the channels (the last dimension) of what they read with those of what they write.

A convolution or fully connected layer mixes channels: it connects none. Other known operators work on each channel
by itself: what is tied stays or goes together. An operator that is not known keeps all its channels.
"""

from dataclasses import dataclass

import numpy as np

from torpor_host.convert.graph import Op, Tensor
from torpor_host.optimize.interpreter import changed
from torpor_host.optimize.layers import Layer, layer, take

# Operators on elements, whose inputs are broadcast.
BROADCASTING = {"ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "PRELU"}

# Operators with one activation and perhaps constants that say nothing of channels.
SPATIAL = {
    "AVERAGE_POOL_2D", "MAX_POOL_2D", "RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR", "QUANTIZE", "DEQUANTIZE", "RELU", "RELU6",
    "LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "ELU", "ABS", "NEG", "SQUARE", "SQRT", "RSQRT", "EXP", "LOG"}

RESHAPING = {"RESHAPE", "SQUEEZE", "EXPAND_DIMS"}
_PADDING = {"PAD", "PADV2", "MIRROR_PAD"}
_REDUCING = {"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"}


@dataclass(frozen=True)
class Tie:
    """Channel x_channels[i] of x and y_channels[i] of y stay or go together."""

    x: Tensor
    x_channels: np.ndarray
    y: Tensor
    y_channels: np.ndarray


def mixing(op: Op) -> Layer | None:
    """The operator as a layer that mixes channels, if it is one."""
    found = layer(op)
    return found if found and not found.depthwise else None


def ties(op: Op) -> list[Tie] | None:
    """An operator's ties; None if it must keep all channels."""
    if op.intermediates or any(t.variable for t in op.reads()) or any(not t.shape for t in (*_activations(op), *op.outputs)):
        return None
    if found := layer(op):
        multiplier = found.channels // found.x.shape[3] if found.depthwise else 0
        return [_tie(found.x, found.y, np.arange(found.channels) // multiplier)] if found.depthwise else []
    if op.name in BROADCASTING:
        return _broadcast(op)
    if op.name == "CONCATENATION":
        return _concatenation(op)
    if _by_channel(op):
        return [_tie(op.inputs[0], op.outputs[0], np.arange(op.outputs[0].shape[-1]))]
    return _reshape(op) if op.name in RESHAPING else None


def _activations(op):
    return [t for t in op.reads() if t.data is None]


def _tie(x, y, of_y):
    """Channel i of y hangs on channel of_y[i] of x."""
    return Tie(x, of_y, y, np.arange(len(of_y)))


def _by_channel(op):
    """One activation, and each channel of the output depends on the same one of the input."""
    if _activations(op) != op.inputs[:1] or len(op.outputs) != 1 or op.inputs[0].shape[-1] != op.outputs[0].shape[-1]:
        return False
    if op.inputs[0].scales.size > 1 or op.outputs[0].scales.size > 1:
        return False
    if op.name in _PADDING:
        return not op.inputs[1].values().reshape(-1, 2)[-1].any()
    if op.name in _REDUCING:
        rank = len(op.inputs[0].shape)
        return bool((op.inputs[1].values().ravel() % rank != rank - 1).all())
    return op.name in SPATIAL


def _broadcast(op):
    y, wide = op.outputs[0], op.outputs[0].shape[-1]
    if any(t.shape[-1:] not in ((), (1,), (wide,)) or t.scales.size > 1 for t in (*op.reads(), y)):
        return None
    return [_tie(x, y, np.arange(wide)) for x in _activations(op) if x.shape[-1] == wide]


def _concatenation(op):
    y, rank = op.outputs[0], len(op.outputs[0].shape)
    if any(t.data is not None for t in op.reads()):
        return None
    if op.options.axis % rank != rank - 1:
        return [_tie(x, y, np.arange(y.shape[-1])) for x in op.inputs]
    starts = np.cumsum([0, *(x.shape[-1] for x in op.inputs)])
    return [Tie(x, np.arange(x.shape[-1]), y, start + np.arange(x.shape[-1])) for x, start in zip(op.inputs, starts)]


def _reshape(op):
    """Elements keep their order, so that the shorter of two last dimensions divides the longer."""
    x, y = op.inputs[0], op.outputs[0]
    if _activations(op) != [x]:
        return None
    a, b = x.shape[-1], y.shape[-1]
    if b % a == 0:
        return [_tie(x, y, np.arange(b) % a)]
    return [Tie(x, np.arange(a), y, np.arange(a) % b)] if a % b == 0 else None


def cut_constants(op: Op, kept: dict[Tensor, np.ndarray], old: dict[Tensor, int]) -> None:
    """Makes the constants of an operator that mixes nothing fit the channels that are kept.

    kept: of a tensor that loses some, the indices that stay; old: how many it had. Shapes are already cut.
    """
    y = op.outputs[0]
    if op.name == "DEPTHWISE_CONV_2D" and y in kept:
        op.inputs[1:] = [cut(t, kept[y], t is op.inputs[1]) for t in op.inputs[1:]]
    elif op.name in BROADCASTING and y in kept:
        op.inputs = [cut(t, kept[y], True) if t.data is not None and t.shape[-1:] == (old[y],) else t for t in op.inputs]
    elif op.name == "RESHAPE" and y in kept:
        if len(op.inputs) > 1 and op.inputs[1]:
            op.inputs[1] = op.inputs[1].with_values(np.array(y.shape))
        if op.options:
            op.options = changed(op.options, newShape=np.array(y.shape, np.int32))


def cut(tensor: Tensor | None, kept: np.ndarray, last: bool) -> Tensor | None:
    """A constant with some of its channels, along its last or its first dimension."""
    if tensor is None:
        return None
    values = tensor.values()[..., kept] if last else tensor.values()[kept]
    return tensor.with_values(values, quantization=take(tensor.quantization, kept))
