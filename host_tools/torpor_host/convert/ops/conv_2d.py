# SPDX-License-Identifier: MIT
"""CONV_2D, grouped or not, and one-dimensional convolutions as images of height 1."""

from torpor_host.convert.keras_layer import over_sequences
from torpor_host.convert.net import Unsupported, bias_operand
from torpor_host.convert.ops import TORCH, depthwise_conv_2d, keras, onnx, torch
from torpor_host.convert.window import along_width, bordered, onnx_image, onnx_pads, padded, pair, wide


@torch("conv2d")
def conv2d(net, x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """x [1, in, h, w], weights [out, in / groups, kh, kw], bias [out] -> [1, out, h', w'].

    stride, padding, dilation: a number, or height's and width's; padding may be "same" or "valid".
    """
    window = weights.shape[2:], pair(stride), pair(dilation)
    if isinstance(padding, str):
        pads = onnx_pads(x, window, auto_pad={"same": "SAME_UPPER", "valid": "VALID"}[padding])
    else:
        pads = [(p, p) for p in pair(padding)]
    return convolve(net, x, weights, bias, window, pads, groups)


@torch("conv1d")
def conv1d(net, x, weights, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """x [1, in, l], weights [out, in / groups, k], bias [out] -> [1, out, l']."""
    x, weights = along_width(x, weights)
    padding = padding if isinstance(padding, str) else wide(padding, 0)
    y = conv2d(net, x, weights, bias, wide(stride, 1), padding, wide(dilation, 1), groups)
    return y.reshaped((*y.shape[:2], y.shape[3]))


@torch("convolution")
def convolution(net, x, weights, bias, stride, padding, dilation, transposed, output_padding, groups):
    if transposed:
        return TORCH[f"conv_transpose{len(x.shape) - 2}d"](net, x, weights, bias, stride, padding, output_padding, groups, dilation)
    return (conv2d if len(x.shape) == 4 else conv1d)(net, x, weights, bias, stride, padding, dilation, groups)


@onnx("Conv")
def conv(net, inputs, group=1, **attributes):
    x, weights, bias = (*inputs, None)[:3]
    if len(x.shape) == 3:
        x, weights, attributes = onnx_image(x, weights, attributes)
        y = conv(net, [x, weights, bias], group, **attributes)
        return y.reshaped((*y.shape[:2], y.shape[3]))
    window = weights.shape[2:], pair(attributes.get("strides", 1)), pair(attributes.get("dilations", 1))
    pads = onnx_pads(x, window, attributes.get("pads"), attributes.get("auto_pad", "NOTSET"))
    return convolve(net, x, weights, bias, window, pads, group)


def convolve(net, x, weights, bias, window, pads, groups):
    """weights [out, in / groups, kh, kw]; window and pads as window.padded() has them."""
    if len(x.shape) != 4:
        raise Unsupported(f"its input has {len(x.shape)} dimensions", "Conv1d or Conv2d over batches")
    if weights.ndim != 4 or weights.shape[1] * groups != x.shape[1] or len(weights) % groups:
        raise ValueError(f"weights of {list(weights.shape)} do not fit {x.shape[1]} channels in {groups} groups")
    if groups == x.shape[1] > 1:
        name, (kernel, options) = "DEPTHWISE_CONV_2D", depthwise_conv_2d.arguments(weights, groups)
    else:
        name, kernel, options = "CONV_2D", weights.transpose(0, 2, 3, 1), {}
    x, padding = padded(net, x, window, pads)
    (kh, kw), (sh, sw), (dh, dw) = window
    sizes = (x.shape[2], x.shape[3])
    out = [-(-n // s) if padding == "SAME" else (n - (k - 1) * d - 1) // s + 1
           for n, k, s, d in zip(sizes, (kh, kw), (sh, sw), (dh, dw))]
    inputs = [net.stored(x), kernel, *bias_operand(bias, len(weights))]
    return net.layer(name, inputs, (1, len(weights), *out), padding=padding, strideH=sh, strideW=sw, dilationHFactor=dh,
                     dilationWFactor=dw, **options)


@keras("Conv2D")
def keras_conv(net, layer, x):
    """kernel [kh, kw, in / groups, out]."""
    kernel, bias = layer.take(True, layer.config["use_bias"])
    return over(net, layer, x, kernel, bias, layer.config.get("groups", 1))


@keras("DepthwiseConv2D")
def keras_depthwise(net, layer, x):
    kernel, bias = layer.take(True, layer.config["use_bias"])
    return depthwise(net, layer, x, kernel, bias)


@keras("SeparableConv2D")
def keras_separable(net, layer, x):
    kernel, point, bias = layer.take(True, True, layer.config["use_bias"])
    y = depthwise(net, layer, x, kernel)
    return conv2d(net, y, point.reshape(1, 1, *point.shape[-2:]).transpose(3, 2, 0, 1), bias)


for one, function in (("Conv1D", keras_conv), ("DepthwiseConv1D", keras_depthwise), ("SeparableConv1D", keras_separable)):
    keras(one)(over_sequences(function))


def depthwise(net, layer, x, kernel, bias=None):
    """kernel [kh, kw, in, multiplier]."""
    kernel = kernel.reshape(*kernel.shape[:-2], 1, -1)
    return over(net, layer, x, kernel, bias, x.shape[1])


def over(net, layer, x, kernel, bias, groups):
    """A convolution as Keras configures it."""
    kernel = kernel.reshape(*layer.config["kernel_size"], *kernel.shape[-2:]).transpose(3, 2, 0, 1)
    padding, dilation = layer.config["padding"], pair(layer.config["dilation_rate"])
    if padding == "causal":
        x, padding = bordered(net, x, [(0, 0)] * 3 + [((kernel.shape[3] - 1) * dilation[1], 0)]), "valid"
    return conv2d(net, x, kernel, bias, layer.config["strides"], padding, dilation, groups)
