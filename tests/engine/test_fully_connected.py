# SPDX-License-Identifier: MIT
"""FULLY_CONNECTED against the official interpreter."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_bytes, layer


def _fully(seed, dtype):
    draw = Draw(seed)
    batch, depth, channels = draw.pick(1, 1, 2, 5), draw.size(1, 70), draw.size(1, 20)
    shape = draw.pick((batch, depth), (batch, 1, depth), (batch, depth, 1, 1))
    return layer(
        draw, "FULLY_CONNECTED", shape, (channels, depth), (batch, channels), dtype, 0, depth,
        per_channel=draw.pick(False, False, True), bias=draw.pick(True, True, False),
        fusedActivationFunction=draw.pick(*ACTIVATIONS))


@pytest.mark.parametrize("seed", range(80))
def test_fully_connected_int8_rounds_twice(seed):
    assert_same_bytes(*_fully(seed, np.int8))


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_fully_connected_float32_adds_in_the_same_order(seed):
    assert_same_bytes(*_fully(seed, np.float32))
