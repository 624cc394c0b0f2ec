# SPDX-License-Identifier: MIT
"""TRANSPOSE, SQUEEZE and EXPAND_DIMS against the official interpreter."""

import numpy as np
import pytest

from moving import constant, operator, shape, values
from oracle import Draw, assert_same_bytes, ours
from test_verify import refused

TYPES = (np.int8, np.int16, np.float32)


def _transpose(seed, dtype, ranks=(1, 5)):
    draw = Draw(seed)
    x = values(draw, shape(draw, *ranks), dtype)
    perm = draw.rng.permutation(x.ndim)
    return operator("TRANSPOSE", [x, constant(perm)], (x.transpose(perm).shape, dtype))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(25))
def test_transpose(seed, dtype):
    assert_same_bytes(*_transpose(seed, dtype))


def test_transpose_of_a_constant_that_lies_at_any_address():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    data, = operator("TRANSPOSE", [constant(x, np.float32), constant([1, 0])], ((3, 2), np.float32))
    np.testing.assert_array_equal(ours(data)[0], x.T)


@pytest.mark.parametrize("perm, y, sentence", (
    ([0, 0], (2, 2), "dimension 0 is out of place in the permutation"),
    ([0, 2], (2, 3), "dimension 2 is out of place in the permutation"),
    ([-1, 0], (3, 2), "dimension -1 is out of place in the permutation"),
    ([1, 0], (2, 2), "output dimension 0 should be 3"),
    ([1, 0], (6,), "the output should have 2 dimensions"),
    ([1, 0, 2], (3, 2), "its input 1 should have 2 elements"),
))
def test_permutation_that_is_none(perm, y, sentence):
    x = np.zeros((2, 3), np.int8)
    data, _ = operator("TRANSPOSE", [x, constant(perm)], (y, np.int8))
    assert sentence in refused(data)


def test_transpose_refuses_what_tflm_refuses():
    def sentence(x, perm):
        return refused(operator("TRANSPOSE", [x, perm], (x.shape, x.dtype))[0])

    assert sentence(np.zeros(3, np.int32), constant([0])) == "transpose #0: its input 0 cannot be int32."
    assert sentence(np.zeros(3, np.int8), np.zeros(1, np.int32)) == "transpose #0: an input 1 that is computed is not supported."
    assert sentence(np.zeros([1] * 6, np.int8), constant(range(6))) == "transpose #0: more than 5 dimensions are not supported."


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.int32, np.float32))
@pytest.mark.parametrize("seed", range(10))
def test_squeeze(seed, dtype):
    draw = Draw(seed)
    x = values(draw, tuple(draw.pick(1, 1, 2, 3) for _ in range(draw.size(1, 5))), dtype)
    ones = [i for i, size in enumerate(x.shape) if size == 1]
    gone = [i for i in ones if draw.pick(True, False)]
    listed = [i - draw.pick(0, x.ndim) for i in gone]
    y = x.squeeze(tuple(gone or ones))
    assert_same_bytes(*operator("SQUEEZE", [x], (y.shape, dtype), squeezeDims=listed))


@pytest.mark.parametrize("dims, y, sentence", (
    ([0], (3, 1), "dimension 0 is not 1 and cannot go"),
    ([2], (2, 3), "there is no dimension 2"),
    ([1], (3,), "output dimension 0 should be 2"),
    ([], (2, 1), "the output should have 1 dimensions"),
))
def test_squeeze_that_cannot_be(dims, y, sentence):
    assert sentence in refused(operator("SQUEEZE", [np.zeros((2, 1), np.int8)], (y, np.int8), squeezeDims=dims)[0])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("axis", (-3, -1, 0, 1, 2))
def test_expand_dims(axis, dtype):
    x = values(Draw(1), (2, 3), dtype)
    assert_same_bytes(*operator("EXPAND_DIMS", [x, constant([axis])], (np.expand_dims(x, axis).shape, dtype)))


@pytest.mark.parametrize("axis, y, sentence", (
    ([3], (2, 3, 1), "there is no dimension 3"),
    ([0], (2, 1, 3), "output dimension 0 should be 1"),
    ([0], (2, 3), "the output should have 3 dimensions"),
    ([0, 1], (1, 2, 3), "its input 1 should have 1 elements"),
))
def test_expansion_that_cannot_be(axis, y, sentence):
    assert sentence in refused(operator("EXPAND_DIMS", [np.zeros((2, 3), np.int8), constant(axis)], (y, np.int8))[0])
