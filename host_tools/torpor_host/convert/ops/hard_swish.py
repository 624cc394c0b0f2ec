# SPDX-License-Identifier: MIT
"""HARD_SWISH; the hard sigmoid as a clamp."""

from torpor_host.convert.ops import onnx, torch
from torpor_host.convert.ops.add import add
from torpor_host.convert.ops.mul import mul
from torpor_host.convert.ops.relu import clamp


@torch("hardswish")
def hardswish(net, x):
    return net.elementwise("HARD_SWISH", x)


@torch("hardsigmoid")
def hardsigmoid(net, x):
    return mul(net, clamp(net, add(net, x, 3), 0, 6), 1 / 6)


@onnx("HardSwish")
def onnx_hard_swish(net, inputs):
    return hardswish(net, inputs[0])


@onnx("HardSigmoid")
def onnx_hard_sigmoid(net, inputs, alpha=0.2, beta=0.5):
    return clamp(net, add(net, mul(net, inputs[0], alpha), beta), 0, 1)
