# SPDX-License-Identifier: MIT
"""CONCATENATION and PACK against the official interpreter."""

import numpy as np
import pytest

from moving import Constant, operator, shape, values
from oracle import Draw, assert_same_bytes
from test_verify import INT8, refused
from torpor_host.convert.writer import Writer

TYPES = (np.int8, np.int16, np.int32, np.int64, np.float32)


def _concatenation(seed, dtype):
    draw = Draw(seed)
    common = shape(draw, 1, 4, 4)
    axis = draw.size(0, len(common) - 1)
    parts = [values(draw, (*common[:axis], draw.size(1, 5), *common[axis + 1 :]), dtype) for _ in range(draw.size(1, 10))]
    y = np.concatenate(parts, axis)
    inputs = [Constant(part) if i and draw.rare() else part for i, part in enumerate(parts)]
    return operator("CONCATENATION", inputs, (y.shape, dtype), axis=axis - draw.pick(0, y.ndim))


@pytest.mark.parametrize("dtype", (*TYPES, np.bool_))
@pytest.mark.parametrize("seed", range(12))
def test_concatenation(seed, dtype):
    assert_same_bytes(*_concatenation(seed, dtype))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(10))
def test_pack(seed, dtype):
    draw = Draw(seed)
    size = shape(draw, 0, 4, 4)
    parts = [values(draw, size, dtype) for _ in range(draw.size(1, 12))]
    axis = draw.size(0, len(size))
    inputs = [Constant(part) if i and draw.rare() else part for i, part in enumerate(parts)]
    assert_same_bytes(*operator("PACK", inputs, (np.stack(parts, axis).shape, dtype),
                                axis=axis - draw.pick(0, len(size) + 1), valuesCount=len(parts)))


def test_concatenation_of_a_tensor_with_itself():
    w = Writer()
    x, y = w.tensor("x", (2, 3), **INT8), w.tensor("y", (2, 6), **INT8)
    w.op("CONCATENATION", [x, x], [y], axis=1)
    assert_same_bytes(w.finish([x], [y]), np.arange(6, dtype=np.int8).reshape(2, 3))


_A, _B = np.zeros((2, 3), np.int8), np.zeros((2, 1), np.int8)


@pytest.mark.parametrize("inputs, y, options, sentence", (
    ([_A, _B], (2, 5), dict(axis=1), "output dimension 1 should be 4"),
    ([_A, _B], (4, 3), dict(axis=0), "output dimension 1 should be 1"),
    ([_A, _B], (2, 4), dict(axis=2), "there is no dimension 2"),
    ([_A, _A[0]], (2, 6), dict(axis=1), "the output should have 1 dimensions"),
    ([_A, _B.astype(np.int16)], (2, 4), dict(axis=1), "its input 1 cannot be int16"),
    ([_A, _B], (2, 4), dict(axis=1, fusedActivationFunction="RELU"), "a fused activation is not supported"),
    ([_A] * 11, (2, 33), dict(axis=1), "it cannot have 11 inputs"),
))
def test_concatenation_that_cannot_be(inputs, y, options, sentence):
    assert sentence in refused(operator("CONCATENATION", inputs, (y, np.int8), **options)[0])


@pytest.mark.parametrize("scale, zero_point", ((0.2, 0), (0.1, 1)))
def test_concatenation_of_different_scales(scale, zero_point):
    w = Writer()
    a, b = w.tensor("a", (2, 3), **INT8), w.tensor("b", (2, 3), np.int8, scale=scale, zero_point=zero_point)
    y = w.tensor("y", (2, 6), **INT8)
    w.op("CONCATENATION", [a, b], [y], axis=1)
    assert "inputs and output of different scale are not supported" in refused(w.finish([a, b], [y]))


@pytest.mark.parametrize("inputs, y, options, sentence", (
    ([_A, _A], (2, 2, 3), dict(axis=0, valuesCount=3), "its options do not agree with its 2 inputs"),
    ([_A, _A], (3, 2, 3), dict(axis=0, valuesCount=2), "output dimension 0 should be 2"),
    ([_A, _A], (2, 2, 3), dict(axis=3, valuesCount=2), "there is no dimension 3"),
    ([_A, _B], (2, 2, 3), dict(axis=0, valuesCount=2), "output dimension 2 should be 1"),
    ([_A, _A[0]], (2, 2, 3), dict(axis=0, valuesCount=2), "the output should have 2 dimensions"),
))
def test_pack_that_cannot_be(inputs, y, options, sentence):
    assert sentence in refused(operator("PACK", inputs, (y, np.int8), **options)[0])


def test_pack_refuses_what_tflm_refuses():
    flag = np.zeros(2, np.bool_)
    assert "its input 0 cannot be bool" in refused(operator("PACK", [flag], ((1, 2), np.bool_), valuesCount=1)[0])
