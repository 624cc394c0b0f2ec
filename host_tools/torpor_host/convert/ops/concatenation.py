# SPDX-License-Identifier: MIT
"""CONCATENATION."""

import numpy as np

from torpor_host.convert import layout
from torpor_host.convert.keras_layer import axis
from torpor_host.convert.layout import Value
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch


@torch("cat", "concat")
def cat(net, values, dim=0):
    """A list of values, one behind the other along a dimension."""
    if not all(isinstance(v, Value) for v in values):
        raise Unsupported("a constant part is not supported", "a bias in the next layer")
    dim = int(dim) % len(values[0].shape)
    shape = [sum(v.shape[d] for v in values) if d == dim else size for d, size in enumerate(values[0].shape)]
    along = _axis(values, dim)
    if along is None and np.prod(shape[:dim]) == 1:  # one behind the other: each may keep its own order
        values, along = [Value(net.arranged(v, v.index.reshape(1, -1)), v.shape, v.index.reshape(1, -1)) for v in values], 1
    elif along is None:
        values = [Value(net.stored(v), v.shape, layout.natural(v.shape)) for v in values]
        along = layout.order(len(shape)).index(dim)
    return net.shaped("CONCATENATION", [v.tensor for v in values], shape, layout.joined(values, dim, along), axis=along)


def _axis(values, dim):
    """The tensors' dimension that runs through the framework's `dim`, if they differ in nothing else; else None."""
    found = {layout.axes(v, {dim}) for v in values}
    shapes = {v.tensor.shape[:axis[0]] + v.tensor.shape[axis[0] + 1 :] for v in values for axis in found if axis}
    (axes,) = found if len(found) == 1 else (None,)
    return axes[0] if axes and len(axes) == 1 and len(shapes) == 1 else None


@onnx("Concat")
def onnx_concat(net, inputs, axis):
    return cat(net, inputs, axis)


@keras("Concatenate")
def keras_concatenate(net, layer, *inputs):
    return cat(net, inputs, axis(inputs[0], layer.config["axis"]))
