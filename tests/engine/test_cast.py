# SPDX-License-Identifier: MIT
"""CAST, QUANTIZE and DEQUANTIZE between all types that the official interpreter knows, to the bit."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes, ours
from torpor_host import engine
from torpor_host.convert.writer import Writer

INTEGERS = (np.int8, np.int16, np.int32, np.uint32)
REQUANTIZE = ((np.float32, np.int8), (np.float32, np.int16), (np.int32, np.int8), (np.int32, np.int16), (np.int16, np.int8),
              (np.int16, np.int16), (np.int16, np.int32), (np.int8, np.int8), (np.int8, np.uint8), (np.int8, np.int16),
              (np.int8, np.int32), (np.uint8, np.int8))


def _convert(name, shape, x_dtype, y_dtype, x={}, y={}):
    w = Writer()
    a, b = w.tensor("x", shape, x_dtype, **x), w.tensor("y", shape, y_dtype, **y)
    w.op(name, [a], [b])
    return w.finish([a], [b])


def _shape(draw):
    return tuple(draw.size(1, 9) for _ in range(draw.size(0, 4)))


def _integers(draw, dtype, shape):
    info = np.iinfo(dtype)
    if draw.rare():
        return draw.rng.choice(np.array([info.min, 0, info.max], dtype), shape)
    return draw.rng.integers(info.min, info.max, shape, dtype, endpoint=True)


def _quantisation(draw, dtype):
    if dtype == np.float32:
        return {}
    low, high = {np.int8: (-128, 127), np.uint8: (0, 255)}.get(dtype, (0, 0))
    return dict(scale=draw.scale(*((-9, -6) if dtype == np.int32 else (-4, -1))), zero_point=draw.size(low, high))


@pytest.mark.parametrize("y_dtype", (*INTEGERS, np.float32, np.bool_))
@pytest.mark.parametrize("x_dtype", (*INTEGERS, np.float32, np.bool_))
@pytest.mark.parametrize("seed", range(5))
def test_cast(seed, x_dtype, y_dtype):
    draw = Draw(seed)
    shape = _shape(draw)
    if x_dtype == np.float32:
        x = (draw.floats(shape) * np.float32(10 ** draw.rng.uniform(0, 2))).astype(np.float32)
    else:
        x = _integers(draw, np.uint8, shape) % 2 == 1 if x_dtype == np.bool_ else _integers(draw, x_dtype, shape)
    assert_same_bytes(_convert("CAST", shape, x_dtype, y_dtype), np.asarray(x, x_dtype))


@pytest.mark.parametrize("y_dtype", INTEGERS)
def test_cast_saturates_floats(y_dtype):
    x = np.array([3e9, -3e9, 4294967040, 4294967296, np.inf, -np.inf, np.nan, 2147483520, -2147483648, 32768, -32769, 127.9, -128.9, -129], np.float32)
    data = _convert("CAST", x.shape, np.float32, y_dtype)
    assert_same_bytes(data, x)
    info = np.iinfo(y_dtype)
    want = np.trunc(np.nan_to_num(x.astype(float))).clip(info.min, info.max)
    np.testing.assert_array_equal(ours(data, x)[0], want)


def test_cast_to_bool():
    x = np.array([0, -0.0, 0.3, -7, np.inf, np.nan, 1e-45], np.float32)
    assert_same_bytes(_convert("CAST", x.shape, np.float32, np.bool_), x)
    x = np.array([0, 1, 256, 1 << 16, -1], np.int32)
    assert_same_bytes(_convert("CAST", x.shape, np.int32, np.bool_), x)


@pytest.mark.parametrize("x_dtype, y_dtype", REQUANTIZE)
@pytest.mark.parametrize("seed", range(12))
def test_quantize(seed, x_dtype, y_dtype):
    draw = Draw(seed)
    shape = (*_shape(draw), 17)[-4:]
    x_q, y_q = _quantisation(draw, x_dtype), _quantisation(draw, y_dtype)
    if y_dtype == np.int32:
        y_q["scale"] = np.float32(x_q["scale"] * 10 ** draw.rng.uniform(-4, 1))
    x = draw.floats(shape) if x_dtype == np.float32 else _integers(draw, x_dtype, shape)
    assert_same_bytes(_convert("QUANTIZE", shape, x_dtype, y_dtype, x_q, y_q), np.asarray(x, x_dtype))


def test_quantize_uint8_to_int8_of_the_same_scale_is_a_shift():
    x = np.arange(256, dtype=np.uint8)
    data = _convert("QUANTIZE", x.shape, np.uint8, np.int8, dict(scale=0.1, zero_point=128), dict(scale=0.1, zero_point=0))
    assert_same_bytes(data, x)
    np.testing.assert_array_equal(ours(data, x)[0], x.astype(int) - 128)


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.uint8))
@pytest.mark.parametrize("seed", range(15))
def test_dequantize(seed, dtype):
    draw = Draw(seed)
    shape = _shape(draw)
    x = np.asarray(_integers(draw, dtype, shape), dtype)
    assert_same_bytes(_convert("DEQUANTIZE", shape, dtype, np.float32, _quantisation(draw, dtype)), x)


@pytest.mark.parametrize("name, x, y, reason", (
    ("QUANTIZE", np.float32, np.int32, "its output 0 cannot be int32"),
    ("QUANTIZE", np.uint8, np.int16, "its output 0 cannot be int16"),
    ("QUANTIZE", np.int64, np.int8, "its input 0 cannot be int64"),
    ("DEQUANTIZE", np.int32, np.float32, "its input 0 cannot be int32"),
    ("DEQUANTIZE", np.int8, np.int8, "its output 0 cannot be int8"),
    ("CAST", np.int64, np.int8, "its input 0 cannot be int64"),
    ("CAST", np.int8, np.uint8, "its output 0 cannot be uint8"),
))
def test_types_that_tflm_refuses(name, x, y, reason):
    quantised = {} if name == "CAST" else dict(scale=0.1, zero_point=0)
    with pytest.raises(engine.ToolError, match=reason):
        engine.measure(_convert(name, (4,), x, y, quantised, quantised))


@pytest.mark.parametrize("x, y", ((np.int8, np.int16), (np.uint8, np.int8), (np.float32, np.int16)))
def test_quantize_needs_scales(x, y):
    with pytest.raises(engine.ToolError, match="no scale and zero point"):
        engine.measure(_convert("QUANTIZE", (4,), x, y))
