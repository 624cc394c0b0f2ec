# SPDX-License-Identifier: MIT
"""TRANSPOSE_CONV: transposed convolutions, one-dimensional ones as images of height 1."""

import numpy as np

from torpor_host.convert.keras_layer import over_sequences
from torpor_host.convert.net import Unsupported, bias_operand
from torpor_host.convert.ops import keras, onnx, torch
from torpor_host.convert.ops.slice import slice_
from torpor_host.convert.window import along_width, onnx_image, pair, wide


@torch("conv_transpose2d")
def conv_transpose2d(net, x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """weights [in, out / groups, kh, kw]."""
    pads = [(p, p - more) for p, more in zip(pair(padding), pair(output_padding))]
    return transposed(net, x, weights, bias, (pair(stride), pair(dilation)), pads, groups)


@torch("conv_transpose1d")
def conv_transpose1d(net, x, weights, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    x, weights = along_width(x, weights)
    y = conv_transpose2d(net, x, weights, bias, wide(stride, 1), wide(padding, 0), wide(output_padding, 0), groups, wide(dilation, 1))
    return y.reshaped((*y.shape[:2], y.shape[3]))


@onnx("ConvTranspose")
def onnx_conv_transpose(net, inputs, group=1, output_padding=(0,), **attributes):
    x, weights, bias = (*inputs, None)[:3]
    if len(x.shape) == 3:
        x, weights, attributes = onnx_image(x, weights, attributes)
        y = onnx_conv_transpose(net, [x, weights, bias], group, (0, *output_padding), **attributes)
        return y.reshaped((*y.shape[:2], y.shape[3]))
    if "output_shape" in attributes or attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise Unsupported("output_shape and auto_pad are not supported", "pads and output_padding")
    pads = list(attributes.get("pads", [0] * 4))
    pads = [(before, after - more) for before, after, more in zip(pads[:2], pads[2:], pair(output_padding))]
    return transposed(net, x, weights, bias, [pair(attributes.get(key, 1)) for key in ("strides", "dilations")], pads, group)


@keras("Conv2DTranspose")
def keras_conv_transpose(net, layer, x):
    """kernel [kh, kw, out, in]. It cuts off what SAME or VALID would pad an image of the output's size with."""
    kernel, bias = layer.take(True, layer.config["use_bias"])
    kernel = kernel.reshape(*layer.config["kernel_size"], *kernel.shape[-2:])
    stride, more = pair(layer.config["strides"]), layer.config.get("output_padding")
    same, pads = layer.config["padding"] == "same", []
    for d, (k, s) in enumerate(zip(kernel.shape, stride)):
        total = k - s if same else min(k - s, 0)
        if more is not None:
            total = k // 2 * 2 * same - pair(more)[d]
        before = max(total, 0) // 2 if same else 0
        pads.append((before, total - before))
    return transposed(net, x, kernel.transpose(3, 2, 0, 1), bias, (stride, pair(layer.config["dilation_rate"])), pads)


keras("Conv1DTranspose")(over_sequences(keras_conv_transpose))


def transposed(net, x, weights, bias, steps, pads, groups=1):
    """weights [in, out, kh, kw]; steps: stride and dilation; pads: what is cut off, before and after; negative is added."""
    stride, dilation = steps
    if groups != 1 or dilation != (1, 1):
        raise Unsupported("groups and dilation are not supported in a transposed convolution", "an upsampling and a convolution")
    if weights.shape[0] != x.shape[1]:
        raise ValueError(f"weights of {weights.shape[0]} channels for {x.shape[1]}")
    kernel = weights.shape[2:]
    whole = [(n - 1) * s + k for n, s, k in zip(x.shape[2:], stride, kernel)]
    out = [size - before - after for size, (before, after) in zip(whole, pads)]
    if _same(x.shape[2:], out, stride, [(size - n, before) for size, n, (before, _) in zip(whole, out, pads)]):
        return _layer(net, x, weights, bias, stride, out, "SAME")
    y = _layer(net, x, weights, bias, stride, [max(size, before + n) for size, n, (before, _) in zip(whole, out, pads)], "VALID")
    for dim, n, (before, _) in zip((2, 3), out, pads):
        y = slice_(net, y, dim, before, before + n)
    return y


def _same(sizes, out, stride, cuts):
    """Whether TFLite's SAME cuts off the same. cuts: of each dimension in all, and before."""
    return all(n == -(-size // s) and before == max(total, 0) // 2 for n, size, s, (total, before) in zip(sizes, out, stride, cuts))


def _layer(net, x, weights, bias, stride, out, padding):
    shape = np.array([1, *out, weights.shape[1]], np.int32)
    inputs = [shape, weights.transpose(1, 2, 3, 0), net.stored(x), *bias_operand(bias, weights.shape[1])]
    return net.layer("TRANSPOSE_CONV", inputs, (1, weights.shape[1], *out), padding=padding, strideH=stride[0], strideW=stride[1])
