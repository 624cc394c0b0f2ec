# SPDX-License-Identifier: MIT
"""DIV against the official interpreter, with broadcasting and constants."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import ACTIVATIONS, Draw, assert_same_bytes
from torpor_host import engine
from torpor_host.convert.writer import Writer


@pytest.mark.parametrize("dtype", (np.int8, np.int32, np.float32))
@pytest.mark.parametrize("seed", range(40))
def test_div(seed, dtype):
    assert_same_bytes(*binary(seed, "DIV", dtype, divides=True, fusedActivationFunction=ACTIVATIONS[seed % 4]))


@pytest.mark.parametrize("seed", range(20))
def test_div_int8_of_every_pair(seed):
    draw, w = Draw(seed), Writer()
    zero = draw.zero()
    whole = np.arange(-128, 128).astype(np.int8)
    divisors = whole[whole != zero]
    x_scales = draw.scale(), draw.scale()
    a = w.tensor("a", (256, 1), np.int8, scale=x_scales[0], zero_point=draw.zero())
    b = w.tensor("b", (1, 255), np.int8, divisors, scale=x_scales[1], zero_point=zero)
    y = w.tensor("y", (256, 255), np.int8, scale=x_scales[0] / x_scales[1] * draw.scale(-2, 2), zero_point=draw.zero())
    w.op("DIV", [a, b], [y])
    assert_same_bytes(w.finish([a], [y]), whole.reshape(256, 1))


def _divide(dtype, a, b, y_scale=0.5):
    w, quantised = Writer(), dtype == np.int8
    slots = [w.tensor("x", (1,), dtype, **({"scale": s, "zero_point": 0} if quantised else {})) for s in (0.5, 0.5, y_scale)]
    w.op("DIV", slots[:2], slots[2:])
    model = engine.Model(w.finish(slots[:2], slots[2:]))
    return model(np.array([a], dtype), np.array([b], dtype))[0][0]


@pytest.mark.parametrize("dtype", (np.int8, np.int32))
def test_div_by_zero_stops_the_model(dtype):
    """TFLM ends its process in int32, and gives anything in int8."""
    with pytest.raises(engine.ToolError, match="^div #0: it divides by 0.$"):
        _divide(dtype, 5, 0)
    assert _divide(dtype, 0, 5, y_scale=1 / 128) == 0


def test_div_float_by_zero_is_the_greatest_float():
    assert _divide(np.float32, 5, 0) == np.finfo(np.float32).max


def test_div_the_quotient_that_does_not_fit_wraps():
    assert _divide(np.int32, -(2**31), -1) == -(2**31)


def test_div_refuses_what_tflm_cannot_run():
    assert refused("DIV", ((2, 3), np.int16), ((2, 3), np.int16)) == "div #0: its input 0 cannot be int16."
