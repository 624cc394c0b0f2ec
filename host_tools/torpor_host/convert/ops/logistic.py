# SPDX-License-Identifier: MIT
"""LOGISTIC: the sigmoid; SiLU as a product with it."""

from torpor_host.convert.ops import onnx, torch
from torpor_host.convert.ops.mul import mul


@torch("sigmoid")
def sigmoid(net, x):
    return net.elementwise("LOGISTIC", x)


@torch("silu")
def silu(net, x):
    return mul(net, x, sigmoid(net, x))


@onnx("Sigmoid")
def onnx_sigmoid(net, inputs):
    return sigmoid(net, inputs[0])
