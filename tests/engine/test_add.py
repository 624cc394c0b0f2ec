# SPDX-License-Identifier: MIT
"""ADD against the official interpreter, with broadcasting and with a constant."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_bytes
from torpor_host.convert.writer import Writer


def _shapes(draw):
    full = tuple(draw.size(1, 6) for _ in range(draw.size(1, 4)))
    a = tuple(1 if draw.rare() else size for size in full)
    b = tuple(1 if draw.rare() else size for size in full)[draw.pick(0, 0, 1) :] or (1,)
    return a, b, np.broadcast_shapes(a, b)


def _add(seed, dtype, constant):
    draw, w = Draw(seed), Writer()
    a_shape, b_shape, y_shape = _shapes(draw)
    b_data = draw.data(b_shape, dtype)
    a = w.tensor("a", a_shape, dtype, **draw.quantisation(dtype))
    b = w.tensor("b", b_shape, dtype, b_data if constant else None, **draw.quantisation(dtype))
    y = w.tensor("y", y_shape, dtype, **draw.quantisation(dtype))
    w.op("ADD", [a, b], [y], fusedActivationFunction=draw.pick(*ACTIVATIONS))
    values = [draw.data(a_shape, dtype)] + ([] if constant else [b_data])
    return w.finish([a] if constant else [a, b], [y]), *values


@pytest.mark.parametrize("constant", (False, True))
@pytest.mark.parametrize("seed", range(50))
def test_add_int8(seed, constant):
    assert_same_bytes(*_add(seed, np.int8, constant))


@pytest.mark.parametrize("constant", (False, True))
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_add_float32(seed, constant):
    assert_same_bytes(*_add(seed, np.float32, constant))


def test_add_a_tensor_to_itself():
    w = Writer()
    a = w.tensor("a", (1, 100), np.int8, scale=0.1, zero_point=5)
    y = w.tensor("y", (1, 100), np.int8, scale=0.17, zero_point=-9)
    w.op("ADD", [a, a], [y])
    assert_same_bytes(w.finish([a], [y]), np.arange(-50, 50, dtype=np.int8).reshape(1, 100))
