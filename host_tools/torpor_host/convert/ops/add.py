# SPDX-License-Identifier: MIT
"""ADD, and SUB."""

from functools import reduce

from torpor_host.convert.arithmetic import binary
from torpor_host.convert.layout import Value
from torpor_host.convert.ops import keras, onnx, torch
from torpor_host.convert.ops.mul import mul


@torch("add")
def add(net, a, b, alpha=1):
    """a + alpha b, broadcast as NumPy does."""
    if not isinstance(a, Value):
        return add(net, b, alpha * a) if isinstance(b, Value) else a + alpha * b
    return binary(net, "ADD", a, b if alpha == 1 else mul(net, b, alpha))


@torch("sub")
def sub(net, a, b, alpha=1):
    if isinstance(a, Value) and isinstance(b, Value) and alpha == 1:
        return binary(net, "SUB", a, b)
    return add(net, a, mul(net, b, -alpha))


@torch("rsub")
def rsub(net, a, b, alpha=1):
    return sub(net, b, a, alpha)


@onnx("Add")
def onnx_add(net, inputs):
    return add(net, *inputs)


@onnx("Sub")
def onnx_sub(net, inputs):
    return sub(net, *inputs)


@keras("Add")
def keras_add(net, layer, *inputs):
    return reduce(lambda a, b: add(net, a, b), inputs)


@keras("Subtract")
def keras_subtract(net, layer, a, b):
    return sub(net, a, b)


@keras("Average")
def keras_average(net, layer, *inputs):
    return mul(net, keras_add(net, layer, *inputs), 1 / len(inputs))
