# SPDX-License-Identifier: MIT
"""RELU, RELU6, RELU_N1_TO_1, and other clamps as MAXIMUM and MINIMUM."""

import numpy as np

from torpor_host.convert.ops import onnx, torch

CLAMPS = {(0, np.inf): "RELU", (0, 6): "RELU6", (-1, 1): "RELU_N1_TO_1"}


@torch("relu")
def relu(net, x):
    return clamp(net, x, 0)


@torch("relu6")
def relu6(net, x):
    return clamp(net, x, 0, 6)


@torch("hardtanh")
def hardtanh(net, x, low=-1, high=1):
    return clamp(net, x, low, high)


@torch("clamp", "clip")
def clamp(net, x, low=None, high=None):
    low, high = -np.inf if low is None else float(low), np.inf if high is None else float(high)
    if (low, high) in CLAMPS:
        return net.elementwise(CLAMPS[low, high], x)
    x = net.elementwise("MAXIMUM", x, np.array([low], np.float32)) if np.isfinite(low) else x
    return net.elementwise("MINIMUM", x, np.array([high], np.float32)) if np.isfinite(high) else x


@torch("clamp_min")
def clamp_min(net, x, low):
    return clamp(net, x, low)


@onnx("Relu")
def onnx_relu(net, inputs):
    return clamp(net, inputs[0], 0)


@onnx("Clip")
def onnx_clip(net, inputs, min=None, max=None):
    x, low, high = (*inputs, None, None)[:3]
    return clamp(net, x, min if low is None else low, max if high is None else high)
