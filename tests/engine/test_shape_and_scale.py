# SPDX-License-Identifier: MIT
"""PAD, RESHAPE, QUANTIZE and DEQUANTIZE against the official interpreter."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes, ours
from torpor_host.convert.writer import Writer


def _pad(seed, dtype):
    draw, w = Draw(seed), Writer()
    shape = tuple(draw.size(1, 5) for _ in range(draw.size(1, 5)))
    pads = np.array([[draw.pick(0, 0, 1, 3), draw.pick(0, 0, 1, 2)] for _ in shape], np.int32)
    quantisation = draw.quantisation(dtype)
    x = w.tensor("x", shape, dtype, **quantisation)
    p = w.tensor("p", pads.shape, np.int32, pads)
    y = w.tensor("y", np.array(shape) + pads.sum(axis=1), dtype, **quantisation)
    w.op("PAD", [x, p], [y])
    return w.finish([x], [y]), draw.data(shape, dtype)


@pytest.mark.parametrize("dtype", (np.int8, np.float32))
@pytest.mark.parametrize("seed", range(30))
def test_pad(seed, dtype):
    assert_same_bytes(*_pad(seed, dtype))


def _one(name, shape, x, y, **options):
    """A model of one operator: x and y are keyword arguments of Writer.tensor."""
    w = Writer()
    i, o = w.tensor("x", shape, **x), w.tensor("y", shape, **y)
    w.op(name, [i], [o], **options)
    return w.finish([i], [o])


@pytest.mark.parametrize("seed", range(40))
def test_quantize_int8_to_another_scale(seed):
    draw = Draw(seed)
    kinds = [dict(dtype=np.int8, scale=draw.scale(-2, 0), zero_point=draw.zero()) for _ in range(2)]
    assert_same_bytes(_one("QUANTIZE", (256,), *kinds), np.arange(-128, 128, dtype=np.int8))


@pytest.mark.parametrize("seed", range(20))
def test_quantize_float32(seed):
    draw = Draw(seed)
    scale = draw.scale()
    data = _one("QUANTIZE", (3, 500), dict(dtype=np.float32), dict(dtype=np.int8, scale=scale, zero_point=draw.zero()))
    ties = (draw.rng.integers(-400, 400, (3, 500)) / 2).astype(np.float32) * scale
    assert_same_bytes(data, ties)


def test_quantize_float32_saturates_where_tflm_overflows():
    data = _one("QUANTIZE", (4,), dict(dtype=np.float32), dict(dtype=np.int8, scale=0.5, zero_point=3))
    (y,) = ours(data, np.array([1e30, -1e30, np.inf, -np.inf], np.float32))
    assert y.tolist() == [127, -128, 127, -128]


@pytest.mark.parametrize("seed", range(20))
def test_dequantize_int8(seed):
    draw = Draw(seed)
    data = _one("DEQUANTIZE", (2, 128), dict(dtype=np.int8, scale=draw.scale(), zero_point=draw.zero()), dict(dtype=np.float32))
    assert_same_bytes(data, np.arange(-128, 128, dtype=np.int8).reshape(2, 128))


@pytest.mark.parametrize("wanted", (None, (4, 6), (-1, 6), (4, -1)))
def test_reshape(wanted):
    w, draw = Writer(), Draw(1)
    x = w.tensor("x", (2, 3, 4), np.int8, scale=0.1, zero_point=0)
    y = w.tensor("y", (4, 6), np.int8, scale=0.1, zero_point=0)
    shape = [] if wanted is None else [w.tensor("shape", (2,), np.int32, wanted)]
    w.op("RESHAPE", [x, *shape], [y], newShape=[4, 6])
    assert_same_bytes(w.finish([x], [y]), draw.int8((2, 3, 4)))
