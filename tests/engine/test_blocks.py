# SPDX-License-Identifier: MIT
"""SPACE_TO_DEPTH, DEPTH_TO_SPACE, SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND against the official interpreter."""

import numpy as np
import pytest

from moving import QUANTISED, constant, operator, values
from oracle import Draw, assert_same_bytes, ours, wheel
from test_verify import refused

TYPES = (np.int8, np.float32)


def _depth(seed):
    """Shapes of an image and of its blocks as channels, and the block's size."""
    draw = Draw(seed)
    block, n, h, w, channels = draw.size(1, 4), draw.size(1, 3), draw.size(1, 5), draw.size(1, 5), draw.size(1, 4)
    return draw, (n, h * block, w * block, channels), (n, h, w, channels * block * block), dict(blockSize=block)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(20))
def test_space_to_depth(seed, dtype):
    draw, wide, deep, options = _depth(seed)
    assert_same_bytes(*operator("SPACE_TO_DEPTH", [values(draw, wide, dtype)], (deep, dtype), **options))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(20))
def test_depth_to_space(seed, dtype):
    draw, wide, deep, options = _depth(seed)
    assert_same_bytes(*operator("DEPTH_TO_SPACE", [values(draw, deep, dtype)], (wide, dtype), **options))


@pytest.mark.parametrize("name, x, y, block, sentence", (
    ("SPACE_TO_DEPTH", (1, 4, 4, 1), (1, 2, 2, 4), 0, "do not agree with blocks of size 0"),
    ("SPACE_TO_DEPTH", (1, 4, 4, 1), (1, 2, 2, 4), -2, "do not agree with blocks of size -2"),
    ("SPACE_TO_DEPTH", (1, 5, 4, 1), (1, 2, 2, 4), 2, "do not agree with blocks of size 2"),
    ("SPACE_TO_DEPTH", (1, 4, 4, 1), (1, 2, 2, 2), 2, "do not agree with blocks of size 2"),
    ("SPACE_TO_DEPTH", (4, 4, 1), (2, 2, 4), 2, "input and output must have 4 dimensions"),
    ("DEPTH_TO_SPACE", (1, 2, 2, 5), (1, 4, 4, 1), 2, "do not agree with blocks of size 2"),
    ("DEPTH_TO_SPACE", (1, 2, 2, 4), (2, 4, 4, 1), 2, "do not agree with blocks of size 2"),
    ("DEPTH_TO_SPACE", (1, 2, 2, 4), (1, 4, 4, 1), 2**31 - 1, "do not agree with blocks of size"),
))
def test_blocks_that_do_not_fit(name, x, y, block, sentence):
    assert sentence in refused(operator(name, [np.zeros(x, np.int8)], (y, np.int8), blockSize=block)[0])


def _batches(seed):
    """Shapes of an image and of its blocks as batches, and the two constants."""
    draw, dims = Draw(seed), 2 if seed % 3 else 1
    n, channels = draw.size(1, 3), draw.size(1, 4)
    block, deep = [draw.size(1, 3) for _ in range(dims)], [draw.size(1, 4) for _ in range(dims)]
    border = [(draw.size(0, (b * d - 1) // 2), draw.size(0, (b * d - 1) // 2)) for b, d in zip(block, deep)]
    wide = [b * d - sum(pads) for b, d, pads in zip(block, deep, border)]
    return draw, (n, *wide, channels), (n * int(np.prod(block)), *deep, channels), [constant(block), constant(border)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(24))
def test_space_to_batch_nd_where_tflm_defines_it(seed, dtype):
    draw, wide, deep, lists = _batches(seed)
    data, x = operator("SPACE_TO_BATCH_ND", [values(draw, wide, dtype), *lists], (deep, dtype))
    inside = ours(*operator("SPACE_TO_BATCH_ND", [np.ones(wide, dtype), *lists], (deep, dtype)))[0] == 1
    np.testing.assert_array_equal(ours(data, x)[0][inside], wheel(data, x)[0][inside])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(24))
def test_space_to_batch_nd_pads_with_zero(seed, dtype):
    draw, wide, deep, lists = _batches(seed)
    x = values(draw, wide, dtype)
    block, border = (given.values for given in lists)
    zero = QUANTISED[np.dtype(dtype)]["zero_point"] if dtype == np.int8 else 0
    padded = np.pad(x, [(0, 0), *border, (0, 0)], constant_values=zero)
    split = padded.reshape(len(x), *np.ravel(list(zip(deep[1:-1], block))), x.shape[-1])
    places = [2 + 2 * i for i in range(len(block))]
    y = split.transpose(*places, 0, *(place - 1 for place in places), split.ndim - 1).reshape(deep)
    data, x = operator("SPACE_TO_BATCH_ND", [x, *lists], (deep, dtype))
    np.testing.assert_array_equal(ours(data, x)[0], y)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(24))
def test_batch_to_space_nd(seed, dtype):
    draw, wide, deep, lists = _batches(seed)
    assert_same_bytes(*operator("BATCH_TO_SPACE_ND", [values(draw, deep, dtype), *lists], (wide, dtype)))


@pytest.mark.parametrize("x, y, block, border, sentence", (
    ((1, 4, 4, 1), (4, 2, 2, 1), [2, 0], [[0, 0], [0, 0]], "block and border do not agree with dimension 2"),
    ((1, 4, 4, 1), (4, 2, 2, 1), [2, 2], [[-1, 1], [0, 0]], "block and border do not agree with dimension 1"),
    ((1, 4, 4, 1), (4, 2, 2, 1), [2, 2], [[0, 0], [0, 1]], "block and border do not agree with dimension 2"),
    ((1, 4, 4, 1), (2, 2, 2, 1), [2, 2], [[0, 0], [0, 0]], "batches and channels do not agree with the blocks"),
    ((1, 4, 4, 1), (4, 2, 2, 2), [2, 2], [[0, 0], [0, 0]], "batches and channels do not agree with the blocks"),
    ((1, 4, 4, 1), (4, 2, 2, 1), [2], [[0, 0], [0, 0]], "its input 1 should have 2 elements"),
    ((1, 4, 4, 1), (4, 2, 2, 1), [2, 2], [[0, 0]], "one of its inputs should have 4 elements"),
    ((4, 4), (2, 2), [2], [[0, 0]], "an input of 2 dimensions is not supported"),
))
@pytest.mark.parametrize("deepen", (True, False))
def test_batches_that_do_not_fit(deepen, x, y, block, border, sentence):
    x, y = (x, y) if deepen else (y, x)
    name = "SPACE_TO_BATCH_ND" if deepen else "BATCH_TO_SPACE_ND"
    inputs = [np.zeros(x, np.int8), constant(block), constant(border)]
    assert sentence in refused(operator(name, inputs, (y, np.int8))[0])
