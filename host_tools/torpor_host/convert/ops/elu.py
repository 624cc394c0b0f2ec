# SPDX-License-Identifier: MIT
"""ELU, whose alpha is 1."""

from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch


@torch("elu")
def elu(net, x, alpha=1, scale=1, input_scale=1):
    if (alpha, scale, input_scale) != (1, 1, 1):
        raise Unsupported("an alpha other than 1 is not supported", "alpha 1, or leaky ReLU")
    return net.elementwise("ELU", x)


@onnx("Elu")
def onnx_elu(net, inputs, alpha=1.0):
    return elu(net, inputs[0], alpha)


@keras("ELU")
def keras_elu(net, layer, x):
    return elu(net, x, layer.config.get("alpha", 1.0))
