# SPDX-License-Identifier: MIT
"""SOFTMAX against the official interpreter: int8 to the bit, float32 within 2 units in the last place of 1."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes, ours, wheel
from torpor_host.convert.writer import Writer


def _softmax(seed, dtype):
    draw = Draw(seed)
    shape = tuple(draw.size(1, 4) for _ in range(draw.size(0, 2))) + (draw.size(1, 40),)
    quantised, w = dtype == np.int8, Writer()
    x = w.tensor("x", shape, dtype, **({"scale": draw.scale(-4, 1), "zero_point": draw.zero()} if quantised else {}))
    y = w.tensor("y", shape, dtype, **({"scale": 1 / 256, "zero_point": -128} if quantised else {}))
    w.op("SOFTMAX", [x], [y], beta=float(draw.pick(1.0, 1.0, 0.5, 3.0)))
    return w.finish([x], [y]), draw.data(shape, dtype)


@pytest.mark.parametrize("seed", range(80))
def test_softmax_int8(seed):
    assert_same_bytes(*_softmax(seed, np.int8))


def test_softmax_int8_every_difference():
    w = Writer()
    x = w.tensor("x", (256, 2), np.int8, scale=0.06, zero_point=3)
    y = w.tensor("y", (256, 2), np.int8, scale=1 / 256, zero_point=-128)
    w.op("SOFTMAX", [x], [y], beta=1.0)
    pairs = np.stack([np.full(256, 127), np.arange(-128, 128)], axis=1).astype(np.int8)
    assert_same_bytes(w.finish([x], [y]), pairs)


@pytest.mark.parametrize("classes", (512, 600, 4095))
def test_softmax_int8_of_hundreds_of_equal_scores(classes):
    """Each share is below half a unit of the output. The official interpreter aborts here."""
    w = Writer()
    x = w.tensor("x", (1, classes), np.int8, scale=0.05, zero_point=0)
    y = w.tensor("y", (1, classes), np.int8, scale=1 / 256, zero_point=-128)
    w.op("SOFTMAX", [x], [y], beta=1.0)
    assert (ours(w.finish([x], [y]), np.zeros((1, classes), np.int8))[0] == -128).all()


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_softmax_float32(seed):
    data, x = _softmax(seed, np.float32)
    np.testing.assert_allclose(ours(data, x)[0], wheel(data, x)[0], rtol=5e-7, atol=1e-38)
