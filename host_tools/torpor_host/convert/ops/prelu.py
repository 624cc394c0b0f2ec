# SPDX-License-Identifier: MIT
"""PRELU: slopes for what is negative, one for all, one a channel, or one an element."""

import numpy as np

from torpor_host.convert.arithmetic import constant
from torpor_host.convert.keras_layer import broadcast
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch


@torch("prelu")
def prelu(net, x, slopes):
    """slopes: one, or one a channel."""
    return _sloped(net, x, slopes.reshape(-1, *[1] * (len(x.shape) - 2)))


@torch("_prelu_kernel")
def kernel(net, x, slopes):
    return _sloped(net, x, slopes)


@onnx("PRelu")
def onnx_prelu(net, inputs):
    return _sloped(net, *inputs)


@keras("PReLU")
def keras_prelu(net, layer, x):
    (slopes,) = layer.take(True)
    return _sloped(net, x, broadcast(x, slopes))


def _sloped(net, x, slopes):
    """slopes broadcast over x."""
    if not isinstance(slopes, np.ndarray):
        raise Unsupported("its slopes are computed", "constant slopes")
    return net.elementwise("PRELU", x, constant(x, slopes))
