# SPDX-License-Identifier: MIT
"""MUL against the official interpreter, with broadcasting and constants."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import ACTIVATIONS, assert_same_bytes


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.int32, np.float32))
@pytest.mark.parametrize("seed", range(40))
def test_mul(seed, dtype):
    assert_same_bytes(*binary(seed, "MUL", dtype, fusedActivationFunction=ACTIVATIONS[seed % 4]))


@pytest.mark.parametrize("dtype", (np.int8, np.int16))
@pytest.mark.parametrize("seed", range(100, 110))
def test_mul_with_scales_far_apart(seed, dtype):
    assert_same_bytes(*binary(seed, "MUL", dtype, y_scales=(-7, 7)))


def test_mul_refuses_what_tflm_cannot_run():
    assert refused("MUL", ((2, 3), np.bool_), ((2, 3), np.bool_)) == "mul #0: its input 0 cannot be bool."
