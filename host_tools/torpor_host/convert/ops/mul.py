# SPDX-License-Identifier: MIT
"""MUL, and DIV by a constant, and NEG."""

from functools import reduce

import numpy as np

from torpor_host.convert.arithmetic import binary
from torpor_host.convert.keras_layer import broadcast
from torpor_host.convert.layout import Value
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch


@torch("mul")
def mul(net, a, b):
    """a b, broadcast as NumPy does."""
    if not isinstance(a, Value):
        return mul(net, b, a) if isinstance(b, Value) else a * b
    return binary(net, "MUL", a, b)


@torch("div")
def div(net, a, b):
    if isinstance(b, Value):
        raise Unsupported("a computed divisor is not supported", "a product with a constant")
    return mul(net, a, 1 / b)


@torch("neg")
def neg(net, a):
    return mul(net, a, -1)


@onnx("Mul")
def onnx_mul(net, inputs):
    return mul(net, *inputs)


@onnx("Div")
def onnx_div(net, inputs):
    return div(net, *inputs)


@onnx("Neg")
def onnx_neg(net, inputs):
    return neg(net, *inputs)


@keras("Multiply")
def keras_multiply(net, layer, *inputs):
    return reduce(lambda a, b: mul(net, a, b), inputs)


@keras("Rescaling")
def keras_rescaling(net, layer, x):
    gain, offset = (broadcast(x, np.asarray(layer.config[name], np.float64)) for name in ("scale", "offset"))
    return binary(net, "ADD", mul(net, x, gain), offset)
