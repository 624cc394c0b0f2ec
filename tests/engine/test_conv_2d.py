# SPDX-License-Identifier: MIT
"""CONV_2D against the official interpreter."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_bytes, layer, window
from torpor_host.convert.writer import INT4


def _conv(seed, dtype, bias=None, k_dtype=None, **more):
    draw = Draw(seed)
    batch, h, w, out_h, out_w, k_h, k_w, options = window(draw)
    groups = draw.pick(1, 1, 1, 2, 3)
    depth, group = draw.size(1, 9), draw.size(1, 9)
    return layer(
        draw, "CONV_2D", (batch, h, w, depth * groups), (group * groups, k_h, k_w, depth),
        (batch, out_h, out_w, group * groups), dtype, 0, k_h * k_w * depth, per_channel=draw.pick(True, True, False),
        bias=bias or (not more and draw.pick(True, True, False)), k_dtype=k_dtype,
        fusedActivationFunction=draw.pick(*ACTIVATIONS), **options, **more)


@pytest.mark.parametrize("seed", range(80))
def test_conv_2d_int8(seed):
    assert_same_bytes(*_conv(seed, np.int8))


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_conv_2d_float32_adds_in_the_same_order(seed):
    assert_same_bytes(*_conv(seed, np.float32))


@pytest.mark.parametrize("bias", (None, np.int32, np.int64))
@pytest.mark.parametrize("seed", range(2000, 2020))
def test_conv_2d_int16(seed, bias):
    assert_same_bytes(*_conv(seed, np.int16, bias))


@pytest.mark.parametrize("seed", range(20))
def test_conv_2d_int16_of_32_bits_without_bias(seed):
    assert_same_bytes(*_conv(seed, np.int16, quantizedBiasType="INT32"))


@pytest.mark.parametrize("seed", range(3000, 3040))
def test_conv_2d_int4_weights(seed):
    assert_same_bytes(*_conv(seed, np.int8, True, INT4))


@pytest.mark.parametrize("channels", (63, 64, 65))
def test_conv_2d_pointwise_many_channels(channels):
    assert_same_bytes(*layer(
        Draw(channels), "CONV_2D", (1, 7, 5, 64), (channels, 1, 1, 64), (1, 7, 5, channels), np.int8, 0, 64,
        per_channel=True, bias=True, padding="SAME", strideH=1, strideW=1))
