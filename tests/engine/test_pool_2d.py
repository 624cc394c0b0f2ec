# SPDX-License-Identifier: MIT
"""AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D against the official interpreter."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_bytes, window
from torpor_host import engine
from torpor_host.convert.writer import Writer


def _pool(name, seed, dtype):
    draw = Draw(seed)
    batch, h, w, out_h, out_w, k_h, k_w, options = window(draw, dilation=False)
    channels, quantisation, writer = draw.size(1, 9), draw.quantisation(dtype), Writer()
    x = writer.tensor("x", (batch, h, w, channels), dtype, **quantisation)
    y = writer.tensor("y", (batch, out_h, out_w, channels), dtype, **quantisation)
    writer.op(name, [x], [y], filterHeight=k_h, filterWidth=k_w, fusedActivationFunction=draw.pick(*ACTIVATIONS), **options)
    return writer.finish([x], [y]), draw.data((batch, h, w, channels), dtype)


@pytest.mark.parametrize("name", ("AVERAGE_POOL_2D", "MAX_POOL_2D"))
@pytest.mark.parametrize("seed", range(40))
def test_pool_2d_int8(name, seed):
    assert_same_bytes(*_pool(name, seed, np.int8))


@pytest.mark.parametrize("name", ("AVERAGE_POOL_2D", "MAX_POOL_2D"))
@pytest.mark.parametrize("seed", range(2000, 2020))
def test_pool_2d_int16(name, seed):
    assert_same_bytes(*_pool(name, seed, np.int16))


@pytest.mark.parametrize("name", ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"))
@pytest.mark.parametrize("seed", range(1000, 1040))
def test_pool_2d_float32(name, seed):
    assert_same_bytes(*_pool(name, seed, np.float32))


def test_l2_pool_2d_is_of_floats():
    data, _ = _pool("L2_POOL_2D", 0, np.int8)
    with pytest.raises(engine.ToolError, match="l2_pool_2d #0: its input 0 cannot be int8"):
        engine.measure(data)
