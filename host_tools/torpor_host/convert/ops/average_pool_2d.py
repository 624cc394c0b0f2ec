# SPDX-License-Identifier: MIT
"""AVERAGE_POOL_2D; averages of whole images are MEAN."""

import numpy as np

from torpor_host.convert.keras_layer import over_sequences
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch
from torpor_host.convert.ops.max_pool_2d import adaptive, keras_window, pool
from torpor_host.convert.ops.mean import mean
from torpor_host.convert.window import along_width, bordered, onnx_image, onnx_pads, padded, pair, wide


@torch("avg_pool2d")
def avg_pool2d(net, x, kernel, stride=(), padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """x [1, c, h, w] -> [1, c, h', w']; without a stride, windows lie side by side."""
    kernel = pair(kernel)
    window = kernel, pair(stride) if np.size(stride) else kernel, (1, 1)
    if divisor_override:
        raise Unsupported("divisor_override is not supported", "the true average, and a product")
    return average(net, x, window, [(p, p) for p in pair(padding)], ceil_mode, count_include_pad)


@torch("avg_pool1d")
def avg_pool1d(net, x, kernel, stride=(), padding=0, ceil_mode=False, count_include_pad=True):
    stride = wide(stride, 1) if np.size(stride) else ()
    y = avg_pool2d(net, along_width(x)[0], wide(kernel, 1), stride, wide(padding, 0), ceil_mode, count_include_pad)
    return y.reshaped((*y.shape[:2], y.shape[3]))


@torch("adaptive_avg_pool2d", "_adaptive_avg_pool2d")
def adaptive_avg_pool2d(net, x, size):
    if np.array_equal(pair(size), (1, 1)):
        return mean(net, x, (2, 3), True)
    return average(net, x, adaptive(x, size), [(0, 0)] * 2)


@torch("adaptive_avg_pool1d")
def adaptive_avg_pool1d(net, x, size):
    y = adaptive_avg_pool2d(net, along_width(x)[0], wide(size, 1))
    return y.reshaped((*y.shape[:2], y.shape[3]))


@onnx("AveragePool")
def onnx_average_pool(net, inputs, ceil_mode=0, count_include_pad=0, **attributes):
    x = inputs[0]
    if len(x.shape) == 3:
        x, _, attributes = onnx_image(x, None, attributes)
        y = onnx_average_pool(net, [x], ceil_mode, count_include_pad, **attributes)
        return y.reshaped((*y.shape[:2], y.shape[3]))
    window = tuple(pair(attributes.get(key, 1)) for key in ("kernel_shape", "strides", "dilations"))
    pads = onnx_pads(x, window, attributes.get("pads"), attributes.get("auto_pad", "NOTSET"))
    return average(net, x, window, pads, ceil_mode, count_include_pad)


@onnx("GlobalAveragePool")
def onnx_global_average_pool(net, inputs):
    return mean(net, inputs[0], range(2, len(inputs[0].shape)), True)


def average(net, x, window, pads, ceil_mode=False, count_border=True):
    """count_border: whether zeros around the image count as elements; TFLite's SAME padding never counts them."""
    if np.any(pads) and count_border:
        x, pads = bordered(net, x, [(0, 0), (0, 0), *pads]), [(0, 0)] * 2
    elif np.any(pads) and padded(net, x, window, pads)[1] != "SAME":
        raise Unsupported("this padding, not counted in the averages, is not supported", "count_include_pad=True, or a stride of 1")
    return pool(net, "AVERAGE_POOL_2D", x, window, pads, ceil_mode)


@keras("AveragePooling2D")
def keras_average_pool(net, layer, x):
    return average(net, x, *keras_window(layer, x), count_border=False)


keras("AveragePooling1D")(over_sequences(keras_average_pool))
