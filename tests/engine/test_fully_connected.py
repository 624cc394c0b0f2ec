# SPDX-License-Identifier: MIT
"""FULLY_CONNECTED against the official interpreter."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_bytes, layer
from torpor_host import engine
from torpor_host.convert.writer import INT4


def _fully(seed, dtype, bias=None, k_dtype=None, **more):
    draw = Draw(seed)
    batch, depth, channels = draw.pick(1, 1, 2, 5), draw.size(1, 70), draw.size(1, 20)
    shape = draw.pick((batch, depth), (batch, 1, depth), (batch, depth, 1, 1))
    return layer(
        draw, "FULLY_CONNECTED", shape, (channels, depth), (batch, channels), dtype, 0, depth,
        per_channel=draw.pick(False, False, True) and k_dtype != INT4, k_dtype=k_dtype,
        bias=bias or (not more and draw.pick(True, True, False)), fusedActivationFunction=draw.pick(*ACTIVATIONS), **more)


@pytest.mark.parametrize("bias", (None, np.int32, np.int64))
@pytest.mark.parametrize("seed", range(2000, 2020))
def test_fully_connected_int16(seed, bias):
    assert_same_bytes(*_fully(seed, np.int16, bias))


@pytest.mark.parametrize("seed", range(20))
def test_fully_connected_int16_of_32_bits_without_bias(seed):
    assert_same_bytes(*_fully(seed, np.int16, quantizedBiasType="INT32"))


@pytest.mark.parametrize("seed", range(3000, 3040))
def test_fully_connected_int4_weights(seed):
    assert_same_bytes(*_fully(seed, np.int8, True, INT4))


def test_fully_connected_int4_weights_have_one_scale():
    data, _ = layer(Draw(0), "FULLY_CONNECTED", (1, 8), (4, 8), (1, 4), np.int8, 0, 8, per_channel=True, bias=True,
                    k_dtype=INT4)
    with pytest.raises(engine.ToolError, match="int4 weights with 4 scales are not supported"):
        engine.measure(data)


@pytest.mark.parametrize("seed", range(80))
def test_fully_connected_int8_rounds_twice(seed):
    assert_same_bytes(*_fully(seed, np.int8))


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_fully_connected_float32_adds_in_the_same_order(seed):
    assert_same_bytes(*_fully(seed, np.float32))
