# SPDX-License-Identifier: MIT
"""MIRROR_PAD and REVERSE_V2 against the official interpreter."""

import numpy as np
import pytest

from moving import constant, operator, shape, values
from oracle import Draw, assert_same_bytes, ours
from test_verify import refused

REFLECT, SYMMETRIC = 0, 1


@pytest.mark.parametrize("dtype", (np.int8, np.float32))
@pytest.mark.parametrize("seed", range(25))
def test_mirror_pad(seed, dtype):
    draw = Draw(seed)
    x, mode = values(draw, shape(draw, 1, 5), dtype), draw.pick(REFLECT, SYMMETRIC)
    pads = [[draw.size(0, size - 1 + mode) for _ in range(2)] for size in x.shape]
    kind = draw.pick(np.int32, np.int64)
    y = np.pad(x, pads, "symmetric" if mode else "reflect")
    data, x = operator("MIRROR_PAD", [x, constant(pads, kind)], (y.shape, dtype), mode=mode)
    assert_same_bytes(data, x)
    np.testing.assert_array_equal(ours(data, x)[0], y)


@pytest.mark.parametrize("pads, mode, y, sentence", (
    ([[2, 0]], REFLECT, (4,), "dimension 0 is too small for its reflection"),
    ([[0, 3]], SYMMETRIC, (5,), "dimension 0 is too small for its reflection"),
    ([[-1, 1]], REFLECT, (2,), "dimension 0 is too small for its reflection"),
    ([[1, 1]], REFLECT, (3,), "output dimension 0 should be 4"),
    ([[1, 1], [0, 0]], REFLECT, (4,), "its input 1 should have 2 elements"),
))
def test_reflection_that_cannot_be(pads, mode, y, sentence):
    assert sentence in refused(operator("MIRROR_PAD", [np.zeros(2, np.int8), constant(pads)], (y, np.int8), mode=mode)[0])


@pytest.mark.parametrize("dtype", (np.int8, np.uint8, np.int16, np.int32, np.int64, np.float32, np.bool_))
@pytest.mark.parametrize("seed", range(10))
def test_reverse(seed, dtype):
    draw = Draw(seed)
    x = values(draw, shape(draw, 1, 5), dtype)
    first = draw.size(0, x.ndim - 1)
    axes = draw.rng.permutation(np.arange(first, draw.size(first + 1, x.ndim)))
    axes = [axis - draw.pick(0, x.ndim) for axis in axes]
    assert_same_bytes(*operator("REVERSE_V2", [x, constant(axes)], (x.shape, dtype)))


@pytest.mark.parametrize("axes, y, sentence", (
    ([0, 2], (2, 3, 4), "reversed dimensions that are not neighbours are not supported"),
    ([1, -2], (2, 3, 4), "dimension 1 is reversed twice"),
    ([3], (2, 3, 4), "there is no dimension 3"),
    ([0], (3, 2, 4), "the shapes of input and output differ"),
))
def test_reversal_that_cannot_be(axes, y, sentence):
    assert sentence in refused(operator("REVERSE_V2", [np.zeros((2, 3, 4), np.int8), constant(axes)], (y, np.int8))[0])
