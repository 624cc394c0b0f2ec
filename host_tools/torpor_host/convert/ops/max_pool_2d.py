# SPDX-License-Identifier: MIT
"""MAX_POOL_2D."""

import numpy as np

from torpor_host.convert.keras_layer import over_sequences
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch
from torpor_host.convert.window import along_width, onnx_image, onnx_pads, padded, pair, wide

_LOWEST = float(np.finfo(np.float32).min)


@torch("max_pool2d")
def max_pool2d(net, x, kernel, stride=(), padding=0, dilation=1, ceil_mode=False):
    """x [1, c, h, w] -> [1, c, h', w']; without a stride, windows lie side by side."""
    kernel = pair(kernel)
    window = kernel, pair(stride) if np.size(stride) else kernel, pair(dilation)
    return pool(net, "MAX_POOL_2D", x, window, [(p, p) for p in pair(padding)], ceil_mode, _LOWEST)


@torch("max_pool2d_with_indices")
def with_indices(net, *arguments):
    return max_pool2d(net, *arguments), None


@torch("max_pool1d")
def max_pool1d(net, x, kernel, stride=(), padding=0, dilation=1, ceil_mode=False):
    stride = wide(stride, 1) if np.size(stride) else ()
    y = max_pool2d(net, along_width(x)[0], wide(kernel, 1), stride, wide(padding, 0), wide(dilation, 1), ceil_mode)
    return y.reshaped((*y.shape[:2], y.shape[3]))


@torch("adaptive_max_pool2d")
def adaptive_max_pool2d(net, x, size):
    return pool(net, "MAX_POOL_2D", x, adaptive(x, size), [(0, 0)] * 2), None


@onnx("MaxPool")
def onnx_max_pool(net, inputs, ceil_mode=0, storage_order=0, **attributes):
    return onnx_pool(net, "MAX_POOL_2D", inputs[0], ceil_mode, _LOWEST, attributes)


@onnx("GlobalMaxPool")
def onnx_global_max_pool(net, inputs):
    return adaptive_max_pool2d(net, inputs[0], 1)[0]


def adaptive(x, size):
    """The window that gives an image of `size`: only sizes that divide the input's."""
    size = [n if s is None else s for n, s in zip(x.shape[2:], [size] * 2 if np.isscalar(size) or size is None else size)]
    if len(x.shape) != 4 or any(n % s for n, s in zip(x.shape[2:], size)):
        raise Unsupported(f"{list(x.shape[2:])} cannot be divided evenly into {list(size)}", "an output size that divides the input's")
    kernel = tuple(n // s for n, s in zip(x.shape[2:], size))
    return kernel, kernel, (1, 1)


def onnx_pool(net, name, x, ceil_mode, fill, attributes):
    if len(x.shape) == 3:
        x, _, attributes = onnx_image(x, None, attributes)
        y = onnx_pool(net, name, x, ceil_mode, fill, attributes)
        return y.reshaped((*y.shape[:2], y.shape[3]))
    window = tuple(pair(attributes.get(key, 1)) for key in ("kernel_shape", "strides", "dilations"))
    return pool(net, name, x, window, onnx_pads(x, window, attributes.get("pads"), attributes.get("auto_pad", "NOTSET")), ceil_mode, fill)


def pool(net, name, x, window, pads, ceil_mode=False, fill=None):
    """A pooling; window and pads as window.padded() has them."""
    kernel, stride, dilation = window
    if dilation != (1, 1):
        raise Unsupported("dilation is not supported", "a pooling without dilation")
    left = [(n + sum(p) - k) % s for n, p, k, s in zip(x.shape[2:], pads, kernel, stride)]
    if ceil_mode and any(left):
        raise Unsupported("ceil_mode is not supported where windows leave the image", "ceil_mode=False, or padding before it")
    x, padding = padded(net, x, window, pads, fill)
    out = [-(-n // s) if padding == "SAME" else (n - k) // s + 1 for n, k, s in zip(x.shape[2:], kernel, stride)]
    return net.layer(name, [net.stored(x)], (*x.shape[:2], *out), padding=padding, filterHeight=kernel[0], filterWidth=kernel[1],
                     strideH=stride[0], strideW=stride[1])


@keras("MaxPooling2D")
def keras_max_pool(net, layer, x):
    return pool(net, "MAX_POOL_2D", x, *keras_window(layer, x), fill=_LOWEST)


@keras("GlobalMaxPooling2D")
def keras_global_max_pool(net, layer, x):
    y = adaptive_max_pool2d(net, x, 1)[0]
    return y if layer.config.get("keepdims") else y.reshaped(y.shape[:2])


keras("MaxPooling1D")(over_sequences(keras_max_pool))
keras("GlobalMaxPooling1D")(over_sequences(keras_global_max_pool))


def keras_window(layer, x):
    """Window and padding of a pooling, as window.padded() has them."""
    kernel = pair(layer.config["pool_size"])
    window = kernel, pair(layer.config["strides"] or kernel), (1, 1)
    return window, onnx_pads(x, window, auto_pad={"same": "SAME_UPPER", "valid": "VALID"}[layer.config["padding"]])
