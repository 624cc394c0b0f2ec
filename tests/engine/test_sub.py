# SPDX-License-Identifier: MIT
"""SUB against the official interpreter, with broadcasting and constants."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import ACTIVATIONS, assert_same_bytes, ours


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.int32, np.float32))
@pytest.mark.parametrize("seed", range(40))
def test_sub(seed, dtype):
    assert_same_bytes(*binary(seed, "SUB", dtype, fusedActivationFunction=ACTIVATIONS[seed % 4]))


@pytest.mark.parametrize("seed", (13, 764, 2696, 2852, 2916))
def test_sub_int16_divides_scales_in_double_precision(seed):
    """Single precision, which older interpreters used, is one off in these."""
    assert_same_bytes(*binary(seed, "SUB", np.int16, fusedActivationFunction=ACTIVATIONS[seed % 4]))


def test_sub_refuses_what_tflm_cannot_run():
    assert refused("SUB", ((2, 3), np.int64), ((2, 3), np.int64)) == "sub #0: its input 0 cannot be int64."
    assert refused("SUB", ((2, 3), np.int32), ((4, 3), np.int32)) == "sub #0: dimension 0 of its inputs does not agree."


@pytest.mark.parametrize("dtype", (np.int16, np.int32, np.float32))
@pytest.mark.parametrize("offset", (1, 2, 3))
def test_sub_reads_constants_at_any_alignment(dtype, offset):
    data, *inputs = binary(5, "SUB", dtype, constant=1)
    moved = np.zeros(len(data) + offset, np.uint8)
    moved[offset:] = np.frombuffer(data, np.uint8)
    np.testing.assert_array_equal(ours(moved[offset:], *inputs), ours(data, *inputs))
