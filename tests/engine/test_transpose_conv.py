# SPDX-License-Identifier: MIT
"""TRANSPOSE_CONV against the official interpreter."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_bytes, layer, window
from torpor_host import engine


def _transpose_conv(seed, dtype, bias=None, **change):
    draw = Draw(seed)
    batch, h, w, in_h, in_w, k_h, k_w, options = window(draw, dilation=False, sizes=(1, 9))
    depth, channels = draw.size(1, 7), draw.size(1, 6)
    shape = np.array((batch, h, w, channels), np.int32)
    return layer(
        draw, "TRANSPOSE_CONV", change.get("x", (batch, in_h, in_w, depth)), (channels, k_h, k_w, depth), tuple(shape), dtype,
        0, k_h * k_w * depth, per_channel=draw.pick(True, True, False), bias=bias or draw.pick(True, True, False),
        shape=change.get("shape", shape), fusedActivationFunction=draw.pick(*ACTIVATIONS), **options)


@pytest.mark.parametrize("seed", range(40))
def test_transpose_conv_int8(seed):
    assert_same_bytes(*_transpose_conv(seed, np.int8))


@pytest.mark.parametrize("bias", (None, np.int16, np.int64))
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_transpose_conv_int16(seed, bias):
    assert_same_bytes(*_transpose_conv(seed, np.int16, bias))


@pytest.mark.parametrize("seed", range(2000, 2020))
def test_transpose_conv_float32_adds_in_the_same_order(seed):
    assert_same_bytes(*_transpose_conv(seed, np.float32))


def test_transpose_conv_names_a_size_that_does_not_suit():
    data, _ = _transpose_conv(0, np.int8, x=(1, 40, 40, 3))
    with pytest.raises(engine.ToolError, match="^transpose_conv #0: "):
        engine.measure(data)


@pytest.mark.parametrize("shape", ((9, 9, 9, 9), (1, 1)))
def test_transpose_conv_names_an_output_shape_that_does_not_suit(shape):
    data, _ = _transpose_conv(0, np.int8, shape=np.array(shape, np.int32))
    with pytest.raises(engine.ToolError, match="^transpose_conv #0: .*should"):
        engine.measure(data)
