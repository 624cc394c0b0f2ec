# SPDX-License-Identifier: MIT
"""CONV_2D against the official interpreter."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_bytes, layer, window


def _conv(seed, dtype):
    draw = Draw(seed)
    batch, h, w, out_h, out_w, k_h, k_w, options = window(draw)
    groups = draw.pick(1, 1, 1, 2, 3)
    depth, group = draw.size(1, 9), draw.size(1, 9)
    return layer(
        draw, "CONV_2D", (batch, h, w, depth * groups), (group * groups, k_h, k_w, depth),
        (batch, out_h, out_w, group * groups), dtype, 0, k_h * k_w * depth, per_channel=draw.pick(True, True, False),
        bias=draw.pick(True, True, False), fusedActivationFunction=draw.pick(*ACTIVATIONS), **options)


@pytest.mark.parametrize("seed", range(80))
def test_conv_2d_int8(seed):
    assert_same_bytes(*_conv(seed, np.int8))


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_conv_2d_float32_adds_in_the_same_order(seed):
    assert_same_bytes(*_conv(seed, np.float32))


@pytest.mark.parametrize("channels", (63, 64, 65))
def test_conv_2d_pointwise_many_channels(channels):
    assert_same_bytes(*layer(
        Draw(channels), "CONV_2D", (1, 7, 5, 64), (channels, 1, 1, 64), (1, 7, 5, channels), np.int8, 0, 64,
        per_channel=True, bias=True, padding="SAME", strideH=1, strideW=1))
