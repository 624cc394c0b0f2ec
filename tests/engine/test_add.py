# SPDX-License-Identifier: MIT
"""ADD against the official interpreter, with broadcasting and constants."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import ACTIVATIONS, assert_same_bytes
from torpor_host.convert.writer import Writer


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.int32, np.float32))
@pytest.mark.parametrize("seed", range(50))
def test_add(seed, dtype):
    assert_same_bytes(*binary(seed, "ADD", dtype, fusedActivationFunction=ACTIVATIONS[seed % 4]))


def test_add_a_tensor_to_itself():
    w = Writer()
    a = w.tensor("a", (1, 100), np.int8, scale=0.1, zero_point=5)
    y = w.tensor("y", (1, 100), np.int8, scale=0.17, zero_point=-9)
    w.op("ADD", [a, a], [y])
    assert_same_bytes(w.finish([a], [y]), np.arange(-50, 50, dtype=np.int8).reshape(1, 100))


def test_add_refuses_what_tflm_cannot_run():
    assert refused("ADD", ((2, 3), np.int64), ((2, 3), np.int64)) == "add #0: its input 0 cannot be int64."
    assert refused("ADD", ((2, 3), np.int8), ((2, 3), np.int16)) == "add #0: its input 1 cannot be int16."
    assert refused("ADD", ((2, 1), np.int8), ((1, 3), np.int8)) == (
        "add #0: output dimension 1 does not follow from its inputs.")
