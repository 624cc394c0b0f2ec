# SPDX-License-Identifier: MIT
"""BROADCAST_TO, BROADCAST_ARGS, FILL and SHAPE against the official interpreter."""

import numpy as np
import pytest

from moving import Constant, constant, operator, shape, values
from oracle import Draw, assert_same_bytes
from test_verify import refused
from torpor_host import engine
from torpor_host.errors import ToolError


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.int32, np.int64, np.float32, np.bool_))
@pytest.mark.parametrize("seed", range(10))
def test_broadcast_to(seed, dtype):
    draw = Draw(seed)
    y = shape(draw, 1, 5)
    x = tuple(draw.pick(1, size) for size in y[draw.size(0, len(y)) :])
    assert_same_bytes(*operator("BROADCAST_TO", [values(draw, x, dtype), constant(y, draw.pick(np.int32, np.int64))], (y, dtype)))


@pytest.mark.parametrize("x, to, y, sentence", (
    ((2,), [3], (3,), "dimension 0 of the input is neither 1 nor the output's"),
    ((2,), [3, 2], (2, 2), "output dimension 0 should be 3"),
    ((2,), [2], (1, 2), "its input 1 should have 2 elements"),
    ((1, 2), [2], (2,), "an output of 1 dimensions is not supported"),
    ((1,), [1] * 6, (1,) * 6, "an output of 6 dimensions is not supported"),
))
def test_broadcast_that_cannot_be(x, to, y, sentence):
    assert sentence in refused(operator("BROADCAST_TO", [np.zeros(x, np.int8), constant(to)], (y, np.int8))[0])


@pytest.mark.parametrize("dtype", (np.int32, np.int64))
@pytest.mark.parametrize("seed", range(20))
def test_broadcast_args(seed, dtype):
    draw = Draw(seed)
    y = shape(draw, 1, 6, 9)
    a, b = np.array(y, dtype), np.array(y[draw.size(0, len(y) - 1) :], dtype)
    one = draw.rng.integers(0, 3, len(b))
    a[-len(b) :][one == 1], b[one == 2] = 1, 1
    a, b = draw.pick((a, b), (b, a))
    assert_same_bytes(*operator("BROADCAST_ARGS", [a, Constant(b) if draw.rare() else b], ((len(y),), dtype)))


@pytest.mark.parametrize("dtype", (np.int32, np.int64))
def test_shapes_that_do_not_go_together_stop_the_run(dtype):
    data, *given = operator("BROADCAST_ARGS", [np.array([2, 3], dtype), np.array([2], dtype)], ((2,), dtype))
    with pytest.raises(ToolError) as caught:
        engine.Model(data)(*given)
    assert str(caught.value) == "broadcast_args #0: the shapes do not go together in dimension 1."


@pytest.mark.parametrize("a, b, y, sentence", (
    (np.zeros(2, np.int32), np.zeros(2, np.int64), ((2,), np.int32), "its input 1 cannot be int64"),
    (np.zeros(2, np.int32), np.zeros(3, np.int32), ((2,), np.int32), "output dimension 0 should be 3"),
    (np.zeros((2, 1), np.int32), np.zeros(2, np.int32), ((2,), np.int32), "its inputs must have 1 dimension"),
    (np.zeros(2, np.int16), np.zeros(2, np.int16), ((2,), np.int16), "its input 0 cannot be int16"),
))
def test_shapes_that_are_none(a, b, y, sentence):
    assert sentence in refused(operator("BROADCAST_ARGS", [a, b], y)[0])


@pytest.mark.parametrize("dtype", (np.int8, np.int32, np.float32))
@pytest.mark.parametrize("seed", range(10))
def test_fill(seed, dtype):
    draw = Draw(seed)
    y = shape(draw, 1, 5)
    value = values(draw, (), dtype)
    dims = constant(y, draw.pick(np.int32, np.int64))
    assert_same_bytes(*operator("FILL", [dims, np.asarray(value, dtype)], (y, dtype)))


@pytest.mark.parametrize("dims, value, y, sentence", (
    (constant([2, 3]), (), (2, 2), "output dimension 1 should be 3"),
    (constant([2, 3]), (1,), (2, 3), "the shape must have 1 dimension, and the value none"),
    (np.zeros(2, np.int32), (), (2, 3), "an input 0 that is computed is not supported"),
))
def test_fill_that_cannot_be(dims, value, y, sentence):
    assert sentence in refused(operator("FILL", [dims, np.zeros(value, np.int8)], (y, np.int8))[0])


@pytest.mark.parametrize("dtype", (np.int8, np.float32, np.bool_))
@pytest.mark.parametrize("seed", range(4))
def test_shape(seed, dtype):
    draw = Draw(seed)
    x = values(draw, shape(draw, 1, 5), dtype)
    assert_same_bytes(*operator("SHAPE", [x], ((x.ndim,), np.int32)))


def test_shape_that_cannot_be():
    assert "output dimension 0 should be 2" in refused(operator("SHAPE", [np.zeros((2, 3), np.int8)], ((3,), np.int32))[0])
    assert "its output 0 cannot be int64" in refused(operator("SHAPE", [np.zeros(2, np.int8)], ((1,), np.int64))[0])
