# SPDX-License-Identifier: MIT
"""Operators of one float32 or bool, element by element: against the official interpreter, and against NumPy's double
precision for their accuracy."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes, ours, wheel
from torpor_host import engine
from torpor_host.convert.writer import Writer

# Names, and what NumPy computes; EXACT are those that IEEE 754 leaves no choice.
EXACT = {"ABS": np.abs, "NEG": np.negative, "CEIL": np.ceil, "FLOOR": np.floor, "ROUND": np.round, "SQRT": np.sqrt,
         "RSQRT": lambda x: np.float32(1) / np.sqrt(x), "SQUARE": np.square, "RELU": None, "RELU6": None, "HARD_SWISH": None}
# The greatest error allowed, in units in the last place of the result: what math.h states.
CLOSE = {"EXP": (np.exp, 1), "LOG": (np.log, 1), "SIN": (np.sin, 2), "COS": (np.cos, 2), "TANH": (np.tanh, 2),
         "ELU": (lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x), 2),
         "LOGISTIC": (lambda x: np.where(x < -9, np.exp(x), 1 / (1 + np.exp(-x))), 3)}  # the first form is TFLM's
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 0.5, -0.5, 1.5, 2.5, -1.5, -2.5, 0.49999997, 8388607.5, -8388607.5,
                    16777216, 1e30, -1e30, 1e-40, -1e-40, 1e-45, 3.4e38, 6, -3, 3, 88.7, 89, -87.5, -103, -104, -110],
                   np.float32)


def unary(name, shape, dtype, x=None, y=None, **options):
    """A model of one operator; x, y: quantisation."""
    w = Writer()
    a = w.tensor("x", shape, dtype, **(x or {}))
    b = w.tensor("y", shape, dtype, **(x if y is None else y) or {})
    w.op(name, [a], [b], **options)
    return w.finish([a], [b])


def floats(seed):
    """Floats of every size, half of them near 1, and all that is special."""
    draw = Draw(seed)
    wide = draw.rng.integers(0, 1 << 32, 4000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    near = (draw.rng.normal(0, 4, 4000)).astype(np.float32)
    return np.concatenate([wide, near, SPECIAL])


def ulps(result, true):
    """Distance in units in the last place of float32, of finite numbers."""
    with np.errstate(all="ignore"):
        size = np.spacing(np.maximum(np.abs(true), np.finfo(np.float32).tiny).astype(np.float32)).astype(np.float64)
        return np.abs(result.astype(np.float64) - true) / size


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", EXACT)
def test_exact_function_gives_the_same_bytes(name, seed):
    x = floats(seed)
    data = unary(name, x.shape, np.float32)
    own, theirs = ours(data, x)[0], wheel(data, x)[0]
    np.testing.assert_array_equal(np.isnan(own), np.isnan(theirs))
    numbers = ~np.isnan(own)
    np.testing.assert_array_equal(own[numbers].view(np.uint32), theirs[numbers].view(np.uint32))


@pytest.mark.parametrize("name", [name for name, function in EXACT.items() if function])
def test_exact_function_of_numpy(name):
    x = Draw(9).floats(1000)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(ours(unary(name, x.shape, np.float32), x)[0], EXACT[name](x))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", CLOSE)
def test_function_is_as_close_as_stated(name, seed):
    function, bound = CLOSE[name]
    x = floats(seed)
    y = ours(unary(name, x.shape, np.float32), x)[0]
    with np.errstate(all="ignore"):
        true = function(x.astype(np.float64))
        rounded = true.astype(np.float32)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(true))
    finite = np.isfinite(rounded) & np.isfinite(y)
    np.testing.assert_array_equal(y[np.isinf(y)], rounded[np.isinf(y)])
    np.testing.assert_array_equal(np.isinf(y), np.isinf(rounded))
    wrong = ulps(y, true)[finite]
    assert wrong.max() <= bound, (x[finite][wrong.argmax()], wrong.max())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", CLOSE)
def test_function_of_the_official_interpreter(name, seed):
    """Both are off the truth a little, the official one by its C library's error of up to 1 unit."""
    x = floats(seed)
    data = unary(name, x.shape, np.float32)
    own, theirs = ours(data, x)[0], wheel(data, x)[0]
    np.testing.assert_array_equal(np.isnan(own), np.isnan(theirs))
    finite = np.isfinite(own) & np.isfinite(theirs)
    np.testing.assert_array_equal(own[~finite & ~np.isnan(own)], theirs[~finite & ~np.isnan(own)])
    assert ulps(own[finite], theirs[finite].astype(np.float64)).max() <= CLOSE[name][1] + 1


def test_sine_keeps_the_sign_of_zero():
    x = np.array([-0.0, 0.0, -1e-40], np.float32)
    np.testing.assert_array_equal(ours(unary("SIN", x.shape, np.float32), x)[0].view(np.uint32), x.view(np.uint32))


@pytest.mark.parametrize("seed", range(10))
def test_logical_not(seed):
    draw = Draw(seed)
    shape = tuple(draw.size(1, 7) for _ in range(draw.size(0, 4)))
    assert_same_bytes(unary("LOGICAL_NOT", shape, np.bool_), draw.rng.integers(0, 2, shape).astype(np.bool_))


@pytest.mark.parametrize("dtype", (np.int8, np.int32, np.int64, np.float32))
@pytest.mark.parametrize("shape", ((3,), (2, 3, 5), (1, 1, 1, 9)))
def test_zeros_like(shape, dtype):
    quantised = dict(scale=0.1, zero_point=7) if dtype == np.int8 else {}
    assert_same_bytes(unary("ZEROS_LIKE", shape, dtype, quantised), np.ones(shape, dtype))


@pytest.mark.parametrize("name", ("SIN", "COS", "EXP", "LOG", "SQRT", "SQUARE", "CEIL", "FLOOR", "ROUND", "NEG"))
def test_integers_are_refused_where_tflm_refuses_them(name):
    with pytest.raises(engine.ToolError, match=r"its input 0 cannot be int8"):
        engine.measure(unary(name, (4,), np.int8, dict(scale=0.1, zero_point=0)))


def test_shapes_must_agree():
    w = Writer()
    a, b = w.tensor("x", (2, 3), np.float32), w.tensor("y", (3, 2), np.float32)
    w.op("EXP", [a], [b])
    with pytest.raises(engine.ToolError, match="shapes of input and output differ"):
        engine.measure(w.finish([a], [b]))
