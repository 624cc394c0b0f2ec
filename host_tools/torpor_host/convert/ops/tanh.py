# SPDX-License-Identifier: MIT
"""TANH."""

from torpor_host.convert.ops import onnx, torch


@torch("tanh")
def tanh(net, x):
    return net.elementwise("TANH", x)


@onnx("Tanh")
def onnx_tanh(net, inputs):
    return tanh(net, inputs[0])
