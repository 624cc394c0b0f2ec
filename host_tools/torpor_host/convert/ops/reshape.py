# SPDX-License-Identifier: MIT
"""Reshaping and permuting: they move nothing by themselves, see layout.py."""

import numpy as np

from torpor_host.convert.keras_layer import image_first, keras_order
from torpor_host.convert.ops import keras, onnx, torch


@torch("view", "reshape", "_unsafe_view")
def reshape(net, x, shape):
    return x.reshaped([int(n) for n in shape])


@torch("flatten")
def flatten(net, x, start=0, end=-1):
    """Dimensions start to end as one: [1, c, h, w] from 1 -> [1, c h w], in the order of c."""
    rank = len(x.shape)
    start, end = start % rank, end % rank
    return x.reshaped((*x.shape[:start], int(np.prod(x.shape[start : end + 1])), *x.shape[end + 1 :]))


@torch("squeeze")
def squeeze(net, x, dims=None):
    rank = len(x.shape)
    dims = {int(d) % rank for d in np.ravel(range(rank) if dims is None else dims)}
    return x.reshaped([n for d, n in enumerate(x.shape) if n != 1 or d not in dims])


@torch("unsqueeze")
def unsqueeze(net, x, dims):
    shape = list(x.shape)
    rank = len(shape) + np.size(dims)
    for d in sorted(int(d) % rank for d in np.ravel(dims)):
        shape.insert(d, 1)
    return x.reshaped(shape)


@torch("permute")
def permute(net, x, order):
    return x.permuted([int(d) for d in order])


@torch("transpose")
def transpose(net, x, a, b):
    order = list(range(len(x.shape)))
    order[a], order[b] = order[b], order[a]
    return x.permuted(order)


@torch("t", "numpy_T")
def t(net, x):
    return x.T if isinstance(x, np.ndarray) else x.permuted(range(len(x.shape))[::-1])


@torch("sym_size")
def size(net, x, dim):
    return x.shape[dim]


@onnx("Reshape")
def onnx_reshape(net, inputs, allowzero=0):
    x, shape = inputs
    return x.reshaped([x.shape[i] if n == 0 and not allowzero else int(n) for i, n in enumerate(shape)])


@onnx("Flatten")
def onnx_flatten(net, inputs, axis=1):
    x, rows = inputs[0], int(np.prod(inputs[0].shape[:axis]))
    return x.reshaped((rows, -1))


@onnx("Squeeze")
def onnx_squeeze(net, inputs, axes=None):
    return squeeze(net, inputs[0], inputs[1] if len(inputs) > 1 else axes)


@onnx("Unsqueeze")
def onnx_unsqueeze(net, inputs, axes=None):
    return unsqueeze(net, inputs[0], inputs[1] if len(inputs) > 1 else axes)


@onnx("Transpose")
def onnx_transpose(net, inputs, perm=None):
    return inputs[0].permuted(perm or range(len(inputs[0].shape))[::-1])


@onnx("Shape")
def onnx_shape(net, inputs, start=0, end=None):
    return np.array(inputs[0].shape[start:end], np.int64)


@keras("Reshape")
def keras_reshape(net, layer, x):
    return image_first(keras_order(x).reshaped((1, *layer.config["target_shape"])))


@keras("Flatten")
def keras_flatten(net, layer, x):
    return keras_order(x).reshaped((1, -1))


@keras("Permute")
def keras_permute(net, layer, x):
    """dims count from 1, past the batch."""
    return image_first(keras_order(x).permuted((0, *layer.config["dims"])))
