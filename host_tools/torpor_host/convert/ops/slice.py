# SPDX-License-Identifier: MIT
"""SLICE: parts along one dimension; splitting is several of them."""

import numpy as np

from torpor_host.convert import layout
from torpor_host.convert.keras_layer import over_sequences, pads
from torpor_host.convert.layout import Value
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch


@torch("slice")
def slice_(net, x, dim=0, start=None, end=None, step=1):
    start, end, step = slice(start, end, step).indices(x.shape[dim])
    if step != 1 or end <= start:
        raise Unsupported(f"a step of {step} over {max(end - start, 0)} elements is not supported", "contiguous elements")
    return _part(net, x, dim % len(x.shape), start, end)


@torch("select")
def select(net, x, dim, place):
    dim, place = dim % len(x.shape), place % x.shape[dim]
    y = _part(net, x, dim, place, place + 1)
    return y.reshaped((*x.shape[:dim], *x.shape[dim + 1 :]))


@torch("split", "split_with_sizes")
def split(net, x, size, dim=0):
    """size: of each part, the last perhaps smaller; or the sizes."""
    total, dim = x.shape[dim], dim % len(x.shape)
    starts = range(0, total, size) if np.isscalar(size) else np.cumsum([0, *size])[:-1]
    ends = [*starts[1:], total]
    return tuple(_part(net, x, dim, int(start), int(end)) for start, end in zip(starts, ends))


@torch("chunk")
def chunk(net, x, count, dim=0):
    return split(net, x, -(-x.shape[dim] // count), dim)


@onnx("Slice")
def onnx_slice(net, inputs):
    x, starts, ends, axes, steps = (*inputs, None, None)[:5]
    axes = range(len(starts)) if axes is None else axes
    for i, axis in enumerate(axes):
        x = slice_(net, x, int(axis), int(starts[i]), int(ends[i]), 1 if steps is None else int(steps[i]))
    return x


@onnx("Split")
def onnx_split(net, inputs, axis=0, num_outputs=None):
    if len(inputs) > 1:
        return split(net, inputs[0], [int(n) for n in inputs[1]], axis)
    if num_outputs is None:
        raise Unsupported("it does not say into how many parts", "sizes")
    return chunk(net, inputs[0], num_outputs, axis)


def _part(net, x, dim, start, end):
    """Elements start to end - 1 of the framework's dimension."""
    if (start, end) == (0, x.shape[dim]):
        return x
    axis = _axis(x, dim)
    if axis is None:
        x = Value(net.stored(x), x.shape, layout.natural(x.shape))
        axis = layout.order(len(x.shape)).index(dim)
    begin, size = np.zeros(x.index.ndim, np.int32), np.array(x.index.shape, np.int32)
    begin[axis], size[axis] = start, end - start
    places = list(np.unravel_index(x.index.take(range(start, end), axis), x.shape))
    places[dim] = places[dim] - start
    shape = [end - start if d == dim else n for d, n in enumerate(x.shape)]
    return net.shaped("SLICE", [x.tensor, begin, size], shape, np.ravel_multi_index(places, shape))


def _axis(x, dim):
    """The tensor's dimension that counts as the framework's does; None if there is none."""
    axes = layout.axes(x, {dim})
    if not axes or len(axes) > 1:
        return None
    counted = np.moveaxis(np.unravel_index(x.index, x.shape)[dim], axes[0], -1)
    return axes[0] if np.array_equal(counted.reshape(-1, counted.shape[-1])[0], np.arange(x.shape[dim])) else None


@keras("Cropping2D")
def keras_cropping(net, layer, x):
    for dim, (before, after) in zip((2, 3), pads(layer, "cropping")):
        x = slice_(net, x, dim, before, x.shape[dim] - after)
    return x


keras("Cropping1D")(over_sequences(keras_cropping))
