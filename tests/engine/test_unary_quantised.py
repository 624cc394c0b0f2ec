# SPDX-License-Identifier: MIT
"""Operators of one int8 or int16, element by element: every value of int8, in 40 and more scales, to the bit."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes, ours
from test_unary import unary
from torpor_host import engine

BYTES = np.arange(-128, 128, dtype=np.int8)
WORDS = np.arange(-32768, 32768, dtype=np.int16)


def _quantisation(draw, dtype, low=-3, high=0):
    return draw.quantisation(dtype) if dtype == np.int16 else dict(scale=draw.scale(low, high), zero_point=draw.zero())


def _values(draw, dtype):
    """Every value of the type, and now and then few of them: int8 is computed in another way then."""
    values = BYTES if dtype == np.int8 else WORDS
    if draw.rare():
        return draw.rng.choice(values, (3, 7))
    return np.concatenate([values, draw.rng.choice(values, 44)])


@pytest.mark.parametrize("dtype", (np.int8, np.int16))
@pytest.mark.parametrize("name", ("ABS", "RELU", "RELU6"))
@pytest.mark.parametrize("seed", range(40))
def test_rescaled(name, dtype, seed):
    draw = Draw(seed)
    x = _quantisation(draw, dtype, -3, 1)
    same = name == "RELU6" or draw.rare()
    y = x if same else dict(_quantisation(draw, dtype), scale=np.float32(x["scale"] * 10 ** draw.rng.uniform(-2, 2)))
    values = _values(draw, dtype)
    assert_same_bytes(unary(name, values.shape, dtype, x, y), values)


def test_abs_of_int16_without_a_scale():
    assert_same_bytes(unary("ABS", WORDS.shape, np.int16), WORDS)


@pytest.mark.parametrize("dtype", (np.int8, np.int16))
@pytest.mark.parametrize("seed", range(40))
def test_leaky_relu(dtype, seed):
    draw = Draw(seed)
    x = _quantisation(draw, dtype)
    y = dict(_quantisation(draw, dtype), scale=np.float32(x["scale"] * 10 ** draw.rng.uniform(-1, 2)))
    alpha = draw.pick(0.1, 0.3, 1.7, 0.0, float(draw.rng.uniform(0, 1)))
    values = _values(draw, dtype)
    assert_same_bytes(unary("LEAKY_RELU", values.shape, dtype, x, y, alpha=alpha), values)


@pytest.mark.parametrize("alpha", (0.1, -0.5, 0.0, 3.0))
def test_leaky_relu_float32(alpha):
    values = Draw(1).floats((3, 50))
    assert_same_bytes(unary("LEAKY_RELU", values.shape, np.float32, alpha=alpha), values)


@pytest.mark.parametrize("dtype", (np.int8, np.int16))
def test_leaky_relu_with_a_negative_alpha(dtype):
    """The wheel of the official interpreter may be older than upstream's treatment of it: compared with doubles."""
    values = BYTES if dtype == np.int8 else WORDS
    y = ours(unary("LEAKY_RELU", values.shape, dtype, dict(scale=0.01, zero_point=0), alpha=-0.5), values)[0]
    np.testing.assert_allclose(y, np.where(values < 0, values * -0.5, values.astype(float)), atol=0.5)


@pytest.mark.parametrize("seed", range(60))
def test_hard_swish(seed):
    draw = Draw(seed)
    x = dict(scale=draw.scale(-3, 0.5), zero_point=draw.zero())
    y = dict(scale=np.float32(x["scale"] * 10 ** draw.rng.uniform(-1.5, 1)), zero_point=draw.zero())
    assert_same_bytes(unary("HARD_SWISH", (256,), np.int8, x, y), BYTES)


@pytest.mark.parametrize("seed", range(60))
def test_elu(seed):
    draw = Draw(seed)
    x = dict(scale=draw.scale(-3, 0.5), zero_point=draw.zero())
    y = dict(scale=np.float32(x["scale"] * 10 ** draw.rng.uniform(-1.5, 1)), zero_point=draw.zero())
    assert_same_bytes(unary("ELU", (256,), np.int8, x, y), BYTES)


@pytest.mark.parametrize("name, unit", (("LOGISTIC", dict(scale=1 / 256, zero_point=-128)), ("TANH", dict(scale=1 / 128, zero_point=0))))
@pytest.mark.parametrize("seed", range(60))
def test_sigmoid_int8(name, unit, seed):
    draw = Draw(seed)
    x = dict(scale=draw.scale(-5, 1.5), zero_point=draw.zero())
    assert_same_bytes(unary(name, (256,), np.int8, x, unit), BYTES)


@pytest.mark.parametrize("name", ("LOGISTIC", "TANH"))
@pytest.mark.parametrize("scale", (*(2.0**-i for i in range(8, 17)), *np.float32(10 ** np.linspace(-7, 0.3, 30)), 16383.4 / 12288 / 64,
                                   16383.6 / 12288 / 64, 1.0005 / 4096, 1.0009 / 4096))
def test_sigmoid_int16(name, scale):
    x, y = dict(scale=np.float32(scale), zero_point=0), dict(scale=1 / 32768, zero_point=0)
    assert_same_bytes(unary(name, WORDS.shape, np.int16, x, y), WORDS)


@pytest.mark.parametrize("dtype", (np.int8, np.int16))
@pytest.mark.parametrize("seed", range(40))
def test_rsqrt(dtype, seed):
    draw = Draw(seed)
    x = _quantisation(draw, dtype)
    y = dict(_quantisation(draw, dtype), scale=np.float32(10 ** draw.rng.uniform(-2.5, 0.5) / np.sqrt(x["scale"]) / 10))
    values = _values(draw, dtype)
    assert_same_bytes(unary("RSQRT", values.shape, dtype, x, y), np.maximum(values, x["zero_point"]))


def test_rsqrt_of_a_negative_number_stops_the_model():
    model = engine.Model(unary("RSQRT", (2,), np.int8, dict(scale=0.1, zero_point=3)))
    with pytest.raises(engine.ToolError, match="rsqrt #0: 2 stands for a negative number"):
        model(np.array([3, 2], np.int8))


@pytest.mark.parametrize("depth", (1, 2, 7, 64, 1000))
@pytest.mark.parametrize("seed", range(8))
def test_l2_normalization_int8(seed, depth):
    draw = Draw(seed)
    shape = (*(draw.size(1, 3) for _ in range(draw.size(0, 3))), depth)
    x = dict(scale=draw.scale(), zero_point=draw.zero())
    values = draw.int8(shape) if draw.size(0, 3) else np.full(shape, x["zero_point"] + draw.size(0, 1), np.int16).clip(-128, 127).astype(np.int8)
    assert_same_bytes(unary("L2_NORMALIZATION", shape, np.int8, x, dict(scale=1 / 128, zero_point=0)), values)


@pytest.mark.parametrize("seed", range(8))
def test_l2_normalization_float32(seed):
    draw = Draw(seed)
    shape = (draw.size(1, 3), draw.size(1, 3), draw.size(1, 40))
    assert_same_bytes(unary("L2_NORMALIZATION", shape, np.float32), draw.floats(shape) * draw.pick(1, 0, 1e-8, 1e10))


@pytest.mark.parametrize("name, x, y, reason", (
    ("LOGISTIC", dict(scale=0.1, zero_point=0), dict(scale=1 / 256, zero_point=0), "zero point -128"),
    ("ABS", dict(scale=1e30, zero_point=0), dict(scale=1e-30, zero_point=0), "output scale this small"),
    ("RELU", dict(scale=1e9, zero_point=0), dict(scale=1e-3, zero_point=0), "output scale this small"),
    ("LEAKY_RELU", dict(scale=1e9, zero_point=0), dict(scale=1e-3, zero_point=0), "output scale this small"),
    ("HARD_SWISH", dict(scale=1e3, zero_point=0), dict(scale=1e-3, zero_point=0), "scales this far apart"),
    ("RELU", {}, {}, "no scale and zero point"), ("TANH", {}, {}, "no scale and zero point"),
))
def test_quantisation_that_cannot_be(name, x, y, reason):
    with pytest.raises(engine.ToolError, match=reason):
        engine.measure(unary(name, (4,), np.int8, x, y))


def test_int16_output_of_another_scale_is_refused():
    with pytest.raises(engine.ToolError, match="must have scale 1/32768"):
        engine.measure(unary("TANH", (4,), np.int16, dict(scale=0.01, zero_point=0)))
