# SPDX-License-Identifier: MIT
"""EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS and LESS_EQUAL against the official interpreter."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import assert_same_bytes
from torpor_host.convert.writer import Writer

ORDERS = ("GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")
NAMES = ("EQUAL", "NOT_EQUAL", *ORDERS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", (np.int8, np.int32, np.int64, np.float32))
@pytest.mark.parametrize("seed", range(10))
def test_comparison(seed, dtype, name):
    assert_same_bytes(*binary(seed, name, dtype, np.bool_))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(100, 110))
def test_comparison_int8_rounds_small_scales(seed, name):
    assert_same_bytes(*binary(seed, name, np.int8, np.bool_, x_scales=(-4, -1.5)))


@pytest.mark.parametrize("name", ("EQUAL", "NOT_EQUAL"))
@pytest.mark.parametrize("seed", range(20))
def test_comparison_of_bools(seed, name):
    assert_same_bytes(*binary(seed, name, np.bool_))


@pytest.mark.parametrize("name", NAMES)
def test_comparison_of_nan_zeros_and_infinities(name):
    w = Writer()
    odd = np.array([np.nan, 0.0, -0.0, np.inf, -np.inf, 1], np.float32)
    a, b = w.tensor("a", (6, 1), np.float32), w.tensor("b", (6,), np.float32)
    y = w.tensor("y", (6, 6), np.bool_)
    w.op(name, [a, b], [y])
    assert_same_bytes(w.finish([a, b], [y]), odd.reshape(6, 1), odd)


def test_comparison_refuses_what_tflm_cannot_run():
    bools, halves = ((3,), np.bool_), ((3,), np.int16)
    for name in ORDERS:
        assert refused(name, bools, bools) == f"{name.lower()} #0: its input 0 cannot be bool."
        assert refused(name, halves, halves, y=bools) == f"{name.lower()} #0: its input 0 cannot be int16."
    assert refused("LESS", ((3,), np.int32), ((3,), np.int32)) == "less #0: its output 0 cannot be int32."
    assert refused("LESS", ((3,), np.int8), ((3,), np.int8), y=bools, scale=1.0) == (
        "less #0: scales of 1 and more are not supported.")
