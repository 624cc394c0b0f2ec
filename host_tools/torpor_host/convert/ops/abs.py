# SPDX-License-Identifier: MIT
"""ABS."""

from torpor_host.convert.ops import onnx, torch


@torch("abs")
def abs_(net, x):
    return net.elementwise("ABS", x)


@onnx("Abs")
def onnx_abs(net, inputs):
    return abs_(net, inputs[0])
