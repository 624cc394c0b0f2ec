# SPDX-License-Identifier: MIT
"""The operators that front ends of `convert` make, over torch tensors: one inference, channels last, as TFLite defines them.

Each is `name(op, x, ...)`: the graph's operator for its options, then its inputs; constants of integers come as they are in the graph.
"""

import torch
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema
from torch.nn import functional as F

from torpor_host.convert.graph import Op

_SAME = schema.Padding.SAME
_KIND = schema.ActivationFunctionType
_ACTIVATIONS = {
    _KIND.NONE: lambda x: x, _KIND.RELU: F.relu, _KIND.RELU6: F.relu6, _KIND.RELU_N1_TO_1: lambda x: x.clamp(-1, 1)}


def run(op: Op, *inputs) -> torch.Tensor:
    """The only output of an operator that KNOWN has, with the activation that is fused into it."""
    return _ACTIVATIONS[getattr(op.options, "fusedActivationFunction", _KIND.NONE)](KNOWN[op.name](op, *inputs))


def conv_2d(op, x, weights, bias=None):
    """x [1, h, w, in], weights [out, kh, kw, in / groups]."""
    o, kernel = op.options, weights.permute(0, 3, 1, 2)
    return _last(F.conv2d(_padded(x, op, weights.shape[1:3]), kernel, bias, (o.strideH, o.strideW), 0,
                          (o.dilationHFactor, o.dilationWFactor), x.shape[3] // weights.shape[3]))


def depthwise_conv_2d(op, x, weights, bias=None):
    """x [1, h, w, c], weights [1, kh, kw, c * multiplier]."""
    o, kernel = op.options, weights.permute(3, 0, 1, 2)
    return _last(F.conv2d(_padded(x, op, weights.shape[1:3]), kernel, bias, (o.strideH, o.strideW), 0,
                          (o.dilationHFactor, o.dilationWFactor), x.shape[3]))


def transpose_conv(op, size, weights, x, bias=None):
    """weights [out, kh, kw, in], x [1, h, w, in]. SAME cuts off half of what is too much before, the rest behind."""
    o, pads = op.options, []
    y = F.conv_transpose2d(_first(x), weights.permute(3, 0, 1, 2), None, (o.strideH, o.strideW))
    for whole, out in zip(y.shape[:1:-1], size[2:0:-1].tolist()):
        before = max(whole - out, 0) // 2 if o.padding == _SAME else 0
        pads += [-before, out + before - whole]
    y = _last(F.pad(y, pads))
    return y if bias is None else y + bias


def fully_connected(op, x, weights, bias=None):
    """Over rows as long as those of weights [out, in]."""
    return F.linear(x.reshape(-1, weights.shape[1]), weights, bias).reshape(op.outputs[0].shape)


def average_pool_2d(op, x):
    """A border is not counted."""
    ones = _padded(torch.ones_like(x), op, _window(op))
    return _pooled(F.avg_pool2d, _padded(x, op, _window(op)), op) / _pooled(F.avg_pool2d, ones, op)


def max_pool_2d(op, x):
    return _pooled(F.max_pool2d, _padded(x, op, _window(op), -torch.inf), op)


def mean(op, x, axes):
    return x.mean([int(a) for a in axes.ravel()], op.options.keepDims)


def sum_(op, x, axes):
    return x.sum([int(a) for a in axes.ravel()], op.options.keepDims)


def slice_(op, x, begin, size):
    for axis, (start, length) in enumerate(zip(begin, size)):
        x = x.narrow(axis, int(start), x.shape[axis] - int(start) if length == -1 else int(length))
    return x


def pad(op, x, pads, value=None):
    pairs = [int(n) for pair in pads[::-1] for n in pair]
    return F.pad(x, pairs) if value is None else F.pad(x - value, pairs) + value


def resize(mode):
    """size: [height, width]. Bilinear: the corners of pixels correspond, or those of images."""
    def run(op, x, size):
        corners = {} if mode == "nearest" else {"align_corners": op.options.alignCorners}
        return _last(F.interpolate(_first(x), [int(n) for n in size], mode=mode, **corners))

    return run


def gather(op, x, places):
    return x.index_select(op.options.axis, torch.from_numpy(places.astype("int64").ravel())).reshape(op.outputs[0].shape)


KNOWN = {
    "ABS": lambda op, x: x.abs(),
    "ADD": lambda op, a, b: a + b,
    "AVERAGE_POOL_2D": average_pool_2d,
    "CONCATENATION": lambda op, *parts: torch.cat(parts, op.options.axis),
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "ELU": lambda op, x: F.elu(x),
    "FULLY_CONNECTED": fully_connected,
    "GATHER": gather,
    "HARD_SWISH": lambda op, x: F.hardswish(x),
    "LEAKY_RELU": lambda op, x: F.leaky_relu(x, op.options.alpha),
    "LOGISTIC": lambda op, x: x.sigmoid(),
    "LOG_SOFTMAX": lambda op, x: x.log_softmax(-1),
    "MAXIMUM": lambda op, a, b: torch.maximum(a, b),
    "MAX_POOL_2D": max_pool_2d,
    "MEAN": mean,
    "MINIMUM": lambda op, a, b: torch.minimum(a, b),
    "MUL": lambda op, a, b: a * b,
    "PAD": pad,
    "PADV2": pad,
    "PRELU": lambda op, x, slopes: torch.where(x < 0, x * slopes, x),
    "RELU": lambda op, x: F.relu(x),
    "RELU6": lambda op, x: F.relu6(x),
    "RESHAPE": lambda op, x, shape=None: x.reshape(op.outputs[0].shape),
    "RESIZE_BILINEAR": resize("bilinear"),
    "RESIZE_NEAREST_NEIGHBOR": resize("nearest"),
    "SLICE": slice_,
    "SOFTMAX": lambda op, x: (x * op.options.beta).softmax(-1),
    "SUB": lambda op, a, b: a - b,
    "SUM": sum_,
    "TANH": lambda op, x: x.tanh(),
    "TRANSPOSE": lambda op, x, order: x.permute(tuple(int(n) for n in order)),
    "TRANSPOSE_CONV": transpose_conv,
}


def _first(x):
    """Channels before height and width, as torch wants them."""
    return x.permute(0, 3, 1, 2)


def _last(x):
    return x.permute(0, 2, 3, 1)


def _window(op):
    return op.options.filterHeight, op.options.filterWidth


def _padded(x, op, kernel, value=0.0):
    """x [1, h, w, c] as [1, c, h, w], with the border that SAME lays around it."""
    o, pads = op.options, []
    if o.padding != _SAME:
        return _first(x)
    dilation = getattr(o, "dilationHFactor", 1), getattr(o, "dilationWFactor", 1)
    for size, k, stride, d in reversed(list(zip(x.shape[1:3], kernel, (o.strideH, o.strideW), dilation))):
        total = max((-(-size // stride) - 1) * stride + (k - 1) * d + 1 - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(_first(x), pads, value=value)


def _pooled(pool, x, op):
    return _last(pool(x, _window(op), (op.options.strideH, op.options.strideW)))
