# SPDX-License-Identifier: MIT
"""RELU, RELU6, RELU_N1_TO_1, and other clamps as MAXIMUM and MINIMUM."""

from functools import reduce

import numpy as np

from torpor_host.convert.arithmetic import binary
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import TORCH, keras, onnx, torch

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


@keras("ReLU")
def keras_relu(net, layer, x):
    high, slope, threshold = (layer.config.get(name) for name in ("max_value", "negative_slope", "threshold"))
    if threshold or (slope and high is not None):
        raise Unsupported("this combination of threshold, slope and maximum is not supported", "ReLU() or LeakyReLU()")
    return TORCH["leaky_relu"](net, x, float(slope)) if slope else clamp(net, x, 0, high)


@keras("Maximum", "Minimum")
def keras_extreme(net, layer, *inputs):
    return reduce(lambda a, b: binary(net, layer.kind.upper(), a, b), inputs)
