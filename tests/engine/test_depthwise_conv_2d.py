# SPDX-License-Identifier: MIT
"""DEPTHWISE_CONV_2D against the official interpreter."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_bytes, layer, window
from torpor_host import engine
from torpor_host.convert.writer import INT4


def _depthwise(seed, dtype, bias=None, k_dtype=None):
    draw = Draw(seed)
    batch, h, w, out_h, out_w, k_h, k_w, options = window(draw)
    multiplier, depth = draw.pick(1, 1, 2, 3), draw.size(1, 13)
    channels = depth * multiplier
    return layer(
        draw, "DEPTHWISE_CONV_2D", (batch, h, w, depth), (1, k_h, k_w, channels), (batch, out_h, out_w, channels), dtype,
        3, k_h * k_w, per_channel=draw.pick(True, True, False), bias=bias or draw.pick(True, True, False),
        k_dtype=k_dtype, depthMultiplier=multiplier, fusedActivationFunction=draw.pick(*ACTIVATIONS), **options)


@pytest.mark.parametrize("seed", range(80))
def test_depthwise_conv_2d_int8(seed):
    assert_same_bytes(*_depthwise(seed, np.int8))


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_depthwise_conv_2d_float32_adds_in_the_same_order(seed):
    assert_same_bytes(*_depthwise(seed, np.float32))


@pytest.mark.parametrize("seed", range(2000, 2040))
def test_depthwise_conv_2d_int16(seed):
    assert_same_bytes(*_depthwise(seed, np.int16))


@pytest.mark.parametrize("seed", range(3000, 3040))
def test_depthwise_conv_2d_int4_weights(seed):
    assert_same_bytes(*_depthwise(seed, np.int8, True, INT4))


def test_depthwise_conv_2d_int16_wants_a_bias_of_64_bits():
    data, _ = _depthwise(0, np.int16, np.int32)
    with pytest.raises(engine.ToolError, match="its input 2 cannot be int32"):
        engine.measure(data)


def test_depthwise_conv_2d_one_input_channel_many_outputs():
    assert_same_bytes(*layer(
        Draw(1), "DEPTHWISE_CONV_2D", (1, 49, 40, 1), (1, 10, 8, 8), (1, 25, 20, 8), np.int8, 3, 80, per_channel=True,
        bias=True, padding="SAME", strideH=2, strideW=2, depthMultiplier=8))
