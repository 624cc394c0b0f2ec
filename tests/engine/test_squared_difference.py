# SPDX-License-Identifier: MIT
"""SQUARED_DIFFERENCE against the official interpreter, with broadcasting and constants."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import assert_same_bytes


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.int32, np.float32))
@pytest.mark.parametrize("seed", range(40))
def test_squared_difference(seed, dtype):
    assert_same_bytes(*binary(seed, "SQUARED_DIFFERENCE", dtype))


@pytest.mark.parametrize("dtype", (np.int8, np.int16))
@pytest.mark.parametrize("seed", range(100, 120))
def test_squared_difference_with_a_scale_that_fits_the_square(seed, dtype):
    assert_same_bytes(*binary(seed, "SQUARED_DIFFERENCE", dtype, y_scales=(0, 6)))


def test_squared_difference_refuses_what_tflm_cannot_run():
    assert refused("SQUARED_DIFFERENCE", ((2,), np.int64), ((2,), np.int64)) == (
        "squared_difference #0: its input 0 cannot be int64.")
