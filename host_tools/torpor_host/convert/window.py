# SPDX-License-Identifier: MIT
"""How a window meets an image: frameworks' padding as TFLite's SAME or VALID, or as zeros laid around the image first."""

import numpy as np

from torpor_host.convert.layout import order
from torpor_host.convert.net import Unsupported

_MOST = 65535
_AUTO = {"SAME_UPPER": 0, "SAME_LOWER": 1}


def pair(numbers) -> tuple[int, int]:
    """Height's and width's number; one stands for both."""
    numbers = [numbers] if np.isscalar(numbers) else list(numbers)
    return tuple(int(n) for n in (numbers * 2 if len(numbers) == 1 else numbers))


def along_width(x, weights=None):
    """A one-dimensional layer's input [n, c, l] as an image [n, c, 1, l], with its weights."""
    return x.reshaped((*x.shape[:2], 1, x.shape[2])), None if weights is None else weights[:, :, None]


def wide(numbers, height) -> tuple[int, int]:
    """A one-dimensional layer's number as a pair, with `height` for the dimension of 1."""
    return height, int(np.ravel(numbers)[0])


def padded(net, x, window, pads, fill=None):
    """x, perhaps with a border, and the padding "SAME" or "VALID" that a window then needs.

    window: (kernel, stride, dilation), each (height, width); pads: ((top, bottom), (left, right)).
    fill: what the border holds; None for zeros.
    """
    dimensions = [_dimension(x.shape[2 + d], *(part[d] for part in window), *pads[d]) for d in (0, 1)]
    if all(same for _, same in dimensions):
        return x, "SAME"
    border = [(before, after) for (before, after), _ in dimensions]
    return (x, "VALID") if not np.any(border) else (bordered(net, x, [(0, 0), (0, 0), *border], fill), "VALID")


def _dimension(size, kernel, stride, dilation, before, after):
    """The border that windows reach, and whether it is SAME's."""
    if not all(1 <= n <= _MOST for n in (kernel, stride, dilation)):
        raise Unsupported("its window, stride or dilation is out of range", f"numbers from 1 to {_MOST}")
    reach = (kernel - 1) * dilation + 1
    out = (size + before + after - reach) // stride + 1
    if out < 1:
        raise Unsupported("its window is larger than the image", "use a smaller window or a larger image")
    used = (out - 1) * stride + reach
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    same = out == -(-size // stride) and before == total // 2
    return (before, max(used - size - before, 0)), same


def bordered(net, x, pads, fill=None):
    """PAD or PADV2. pads: (before, after) of each of the framework's dimensions."""
    shape = [size + sum(p) for size, p in zip(x.shape, pads)]
    numbers = np.array(pads, np.int32)[list(order(len(pads)))]
    if not fill:
        return net.layer("PAD", [net.stored(x), numbers], shape)
    return net.layer("PADV2", [net.stored(x), numbers, np.array([fill], np.float32)], shape)


def onnx_pads(x, window, pads=None, auto_pad="NOTSET"):
    """ONNX's padding as ((top, bottom), (left, right))."""
    if auto_pad in ("NOTSET", "VALID"):
        pads = list(pads or [0] * 4) if auto_pad == "NOTSET" else [0] * 4
        return tuple(zip(pads[:2], pads[2:]))
    found = []
    for size, kernel, stride, dilation in zip(x.shape[2:], *window):
        total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
        found.append((total // 2, total - total // 2)[:: -1 if _AUTO[auto_pad] else 1])
    return tuple(found)


def onnx_image(x, weights, attributes):
    """A one-dimensional ONNX layer as one over images: input, weights, attributes."""
    x, weights = along_width(x, weights)
    for name, fill in (("kernel_shape", 1), ("strides", 1), ("dilations", 1)):
        if name in attributes:
            attributes = {**attributes, name: [fill, *attributes[name]]}
    if "pads" in attributes:
        attributes = {**attributes, "pads": [0, attributes["pads"][0], 0, attributes["pads"][1]]}
    return x, weights, attributes
