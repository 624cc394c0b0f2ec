# SPDX-License-Identifier: MIT
"""PAD, and PADV2 for borders that are not zero."""

import numpy as np

from torpor_host.convert.keras_layer import over_sequences, pads as keras_pads
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch
from torpor_host.convert.window import bordered

_INSTEAD = "a border of constants"


@torch("pad", "constant_pad_nd")
def pad(net, x, pads, mode="constant", value=None):
    """pads: (before, after) of the last dimension, then of the one before it, and so on."""
    if mode != "constant":
        raise Unsupported(f"{mode} padding is not supported", _INSTEAD)
    pairs = [(int(a), int(b)) for a, b in zip(pads[::2], pads[1::2])][::-1]
    return _border(net, x, [(0, 0)] * (len(x.shape) - len(pairs)) + pairs, value)


@onnx("Pad")
def onnx_pad(net, inputs, mode="constant", pads=None, value=None):
    x, given, fill, axes = (*inputs, None, None, None)[:4]
    pads = np.array(pads if given is None else given).reshape(2, -1).T
    if mode != "constant":
        raise Unsupported(f"{mode} padding is not supported", _INSTEAD)
    pairs = [(0, 0)] * len(x.shape)
    for axis, pair in zip(range(len(x.shape)) if axes is None else axes, pads):
        pairs[int(axis)] = tuple(int(n) for n in pair)
    return _border(net, x, pairs, value if fill is None else float(np.ravel(fill)[0]))


def _border(net, x, pairs, fill):
    if np.min(pairs) < 0:
        raise Unsupported("a negative border is not supported", "slicing")
    return bordered(net, x, pairs, fill) if np.any(pairs) else x


@keras("ZeroPadding2D")
def keras_zero_padding(net, layer, x):
    return _border(net, x, [(0, 0), (0, 0), *keras_pads(layer, "padding")], None)


keras("ZeroPadding1D")(over_sequences(keras_zero_padding))
