# SPDX-License-Identifier: MIT
"""MEAN, and SUM."""

import numpy as np

from torpor_host.convert import layout
from torpor_host.convert.keras_layer import axis
from torpor_host.convert.layout import Value
from torpor_host.convert.ops import keras, onnx, torch


@torch("mean")
def mean(net, x, dims=None, keepdim=False, dtype=None):
    """Over some dimensions, or all: [1, c, h, w] over (2, 3) -> [1, c]."""
    return reduce(net, "MEAN", x, dims, keepdim)


@torch("sum")
def sum_(net, x, dims=None, keepdim=False, dtype=None):
    return reduce(net, "SUM", x, dims, keepdim)


@onnx("ReduceMean")
def onnx_mean(net, inputs, axes=None, keepdims=1, noop_with_empty_axes=0):
    return reduce(net, "MEAN", inputs[0], inputs[1] if len(inputs) > 1 else axes, keepdims)


@onnx("ReduceSum")
def onnx_sum(net, inputs, axes=None, keepdims=1, noop_with_empty_axes=0):
    return reduce(net, "SUM", inputs[0], inputs[1] if len(inputs) > 1 else axes, keepdims)


def reduce(net, name, x, dims, keep):
    """dims: of the framework; None or none for all."""
    rank = len(x.shape)
    dims = {int(d) % rank for d in np.ravel(range(rank) if dims is None or not np.size(dims) else dims)}
    axes = layout.axes(x, dims)
    if axes is None:
        x = Value(net.stored(x), x.shape, layout.natural(x.shape))
        axes = layout.axes(x, dims)
    kept = tuple(1 if d in dims else size for d, size in enumerate(x.shape))
    if axes:
        x = net.shaped(name, [x.tensor, np.array(axes, np.int32)], kept, layout.reduced(x, dims, axes), keepDims=True)
    return x.reshaped(kept if keep else [size for d, size in enumerate(x.shape) if d not in dims])


@keras("GlobalAveragePooling1D", "GlobalAveragePooling2D")
def keras_global_average(net, layer, x):
    return mean(net, x, [axis(x, d) for d in range(1, len(x.shape) - 1)], layer.config.get("keepdims", False))
