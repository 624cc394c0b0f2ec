# SPDX-License-Identifier: MIT
"""MAXIMUM and MINIMUM against the official interpreter, with broadcasting and constants."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import assert_same_bytes
from torpor_host.convert.writer import Writer


@pytest.mark.parametrize("name", ("MAXIMUM", "MINIMUM"))
@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.int32, np.int64, np.float32))
@pytest.mark.parametrize("seed", range(20))
def test_maximum_minimum(seed, dtype, name):
    assert_same_bytes(*binary(seed, name, dtype))


@pytest.mark.parametrize("name", ("MAXIMUM", "MINIMUM"))
def test_maximum_minimum_of_nan_zeros_and_infinities(name):
    w = Writer()
    odd = np.array([np.nan, 0.0, -0.0, np.inf, -np.inf, 1], np.float32)
    a, b = w.tensor("a", (6, 1), np.float32), w.tensor("b", (6,), np.float32)
    y = w.tensor("y", (6, 6), np.float32)
    w.op(name, [a, b], [y])
    assert_same_bytes(w.finish([a, b], [y]), odd.reshape(6, 1), odd)


def test_maximum_refuses_what_tflm_cannot_run():
    assert refused("MAXIMUM", ((2, 3), np.uint8), ((2, 3), np.uint8)) == "maximum #0: its input 0 cannot be uint8."
    assert refused("MINIMUM", ((3,), np.int32), ((3,), np.int32), y=((3,), np.int64)) == (
        "minimum #0: its output 0 cannot be int64.")
