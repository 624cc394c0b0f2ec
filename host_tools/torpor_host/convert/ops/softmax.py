# SPDX-License-Identifier: MIT
"""SOFTMAX."""

from torpor_host.convert import layout
from torpor_host.convert.keras_layer import axis
from torpor_host.convert.ops import keras, onnx, torch


@torch("softmax", "_softmax")
def softmax(net, x, dim, *_, **__):
    """Over one dimension."""
    return over(net, "SOFTMAX", x, dim, beta=1.0)


@torch("log_softmax", "_log_softmax")
def log_softmax(net, x, dim, *_, **__):
    return over(net, "LOG_SOFTMAX", x, dim)


@onnx("Softmax")
def onnx_softmax(net, inputs, axis=-1):
    return over(net, "SOFTMAX", inputs[0], axis, beta=1.0)


@onnx("LogSoftmax")
def onnx_log_softmax(net, inputs, axis=-1):
    return over(net, "LOG_SOFTMAX", inputs[0], axis)


def over(net, name, x, dim, **options):
    """An operator over the last stored dimension, applied to the framework's `dim`."""
    rank = len(x.shape)
    order = [d for d in range(rank) if d != dim % rank] + [dim % rank]
    moved = x.permuted(order)
    tensor = net.arranged(moved, layout.plain(moved.shape).reshape(-1, x.shape[dim]))
    y = net.layer(name, [tensor], tensor.shape, **options).reshaped(moved.shape)
    return y.permuted([order.index(d) for d in range(rank)])


@keras("Softmax")
def keras_softmax(net, layer, x):
    return over(net, "SOFTMAX", x, axis(x, layer.config["axis"]), beta=1.0)
