# SPDX-License-Identifier: MIT
"""LEAKY_RELU."""

from torpor_host.convert.ops import keras, onnx, torch


@torch("leaky_relu")
def leaky_relu(net, x, slope=0.01):
    return net.elementwise("LEAKY_RELU", x, alpha=slope)


@onnx("LeakyRelu")
def onnx_leaky_relu(net, inputs, alpha=0.01):
    return leaky_relu(net, inputs[0], alpha)


@keras("LeakyReLU")
def keras_leaky_relu(net, layer, x):
    return leaky_relu(net, x, float(layer.config.get("negative_slope", layer.config.get("alpha", 0.3))))
