# SPDX-License-Identifier: MIT
"""FLOOR_DIV and FLOOR_MOD against the official interpreter, with broadcasting and constants."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import assert_same_bytes, ours, wheel
from torpor_host import engine
from torpor_host.convert.writer import Writer

NAMES = ("FLOOR_DIV", "FLOOR_MOD")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(40))
def test_floor(seed, name):
    assert_same_bytes(*binary(seed, name, np.float32, divides=True))


def _model(name, count):
    w = Writer()
    a, b, y = (w.tensor(name, (count,), np.float32) for name in "aby")
    w.op(name, [a, b], [y])
    return w.finish([a, b], [y])


def _any_floats(rng, count, low, high):
    """Finite floats with exponents low .. high, denormals where low is 0; some have few bits."""
    mantissa = rng.integers(0, 1 << 23, count) & rng.choice([0x7FFFFF, 0x7C0000, 0x00000F], count)
    return (rng.integers(0, 2, count) << 31 | rng.integers(low, high + 1, count) << 23 | mantissa).astype(np.uint32).view(np.float32)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("low, high", ((0, 254), (0, 3), (120, 134), (127, 150), (100, 160), (251, 254)))
def test_floor_of_numbers_of_every_size(name, low, high):
    rng, count = np.random.default_rng(low + high), 20000
    a, b = _any_floats(rng, count, low, high), _any_floats(rng, count, low, high)
    b[b == 0] = 1
    assert_same_bytes(_model(name, count), a, b)


@pytest.mark.parametrize("name", NAMES)
def test_floor_of_infinities_zeros_and_multiples(name):
    a = np.array([np.inf, -np.inf, np.nan, 0, -0.0, 5, -5, 6, -6, 0, -0.0, 5, -5, 1], np.float32)
    b = np.array([2, 2, 2, 3, 3, np.inf, np.inf, 3, 3, -3, -3, -np.inf, -np.inf, np.nan], np.float32)
    (own,), (theirs,) = ours(_model(name, 14), a, b), wheel(_model(name, 14), a, b)
    np.testing.assert_array_equal(own, theirs)
    np.testing.assert_array_equal(np.signbit(own[own == 0]), np.signbit(theirs[own == 0]))


def test_floor_div_by_zero_stops_the_model():
    """As in TFLM."""
    with pytest.raises(engine.ToolError, match="^floor_div #0: it divides by 0.$"):
        ours(_model("FLOOR_DIV", 2), np.ones(2, np.float32), np.array([1, 0], np.float32))


def test_floor_mod_by_zero_is_no_number():
    (own,) = ours(_model("FLOOR_MOD", 2), np.array([-1, 0], np.float32), np.zeros(2, np.float32))
    assert np.isnan(own).all()


def test_floor_refuses_what_tflm_cannot_run():
    for name in NAMES:
        assert refused(name, ((3,), np.int32), ((3,), np.int32)) == f"{name.lower()} #0: its input 0 cannot be int32."
