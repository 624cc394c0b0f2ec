# SPDX-License-Identifier: MIT
"""The least and greatest value that each element of each int8 or int16 activation can have, whatever the inputs are.

Sums of products have exact bounds; what an operator makes of them, the official interpreter says. An element whose
bounds meet is constant: a channel without weights, or one that its activation clamps for every input, and also the
elements at an image's border that a window partly leaves.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from torpor_host.convert.graph import Graph, Op, Tensor
from torpor_host.optimize.interpreter import evaluate
from torpor_host.optimize.layers import Layer, layer

_TYPES = np.dtype(np.int8), np.dtype(np.int16)

# Operators whose outputs never fall when an input rises.
_RISING = {
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "EXPAND_DIMS", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MIRROR_PAD", "PACK",
    "PAD", "PADV2", "QUANTIZE", "RELU", "RELU6", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SPLIT", "SQUEEZE",
    "STRIDED_SLICE", "TRANSPOSE", "UNPACK"}

# Operators of two inputs that rise or fall with either one while the other stands still: extremes lie at corners.
_CORNERS = {"MUL", "SUB"}


@dataclass(frozen=True)
class Range:
    """Bounds of a tensor's elements: int64 arrays of its shape."""

    low: np.ndarray
    high: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Which elements are constant; their value is `low`."""
        return self.low == self.high


def bounds(graph: Graph) -> dict[Tensor, Range]:
    """The range of every int8 and int16 tensor of a graph."""
    found = {t: _constant(t) if t.data is not None else _any(t) for t in graph.used() if t.dtype in _TYPES and t.size}
    for op in graph.ops:
        found.update(zip(op.outputs, _outputs(op, found)))
    return found


def _constant(tensor):
    values = tensor.values().astype(np.int64)
    return Range(values, values)


def _any(tensor):
    limits = np.iinfo(tensor.dtype)
    return Range(np.full(tensor.shape, limits.min, np.int64), np.full(tensor.shape, limits.max, np.int64))


def _outputs(op: Op, found) -> list[Range]:
    """Nothing is said of outputs of other types, or where the interpreter cannot be asked."""
    inputs = [t for t in dict.fromkeys(op.reads()) if t.data is None]
    if not all(t in found and not t.variable for t in [*inputs, *op.outputs]):
        return []
    if found_layer := layer(op):
        return _layer(found_layer, found)
    try:
        if op.name in _RISING:
            ends = [[getattr(found[t], end) for t in inputs] for end in ("low", "high")]
        elif op.name in _CORNERS:
            ends = [list(corner) for corner in product(*((found[t].low, found[t].high) for t in inputs))]
        else:
            return []
        results = [evaluate(op, [v.astype(t.dtype) for v, t in zip(end, inputs)]) for end in ends]
    except RuntimeError:
        return []
    stacks = [np.stack(values).astype(np.int64) for values in zip(*results)]
    return [Range(values.min(axis=0), values.max(axis=0)) for values in stacks]


def _layer(l: Layer, found) -> list[Range]:
    x = found[l.x]
    low, high = ((end - l.x.zero_point).reshape(l.images) for end in (x.low, x.high))
    up, down = np.maximum(l.weights, 0), np.minimum(l.weights, 0)
    ends = np.stack([l.sums(low, up) + l.sums(high, down), l.sums(high, up) + l.sums(low, down)]) + l.bias
    values = l.rescaled(ends)
    return [] if values is None else [Range(*values.reshape(2, *l.y.shape))]
