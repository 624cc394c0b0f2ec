# SPDX-License-Identifier: MIT
"""LOGICAL_AND and LOGICAL_OR against the official interpreter, with broadcasting and constants."""

import numpy as np
import pytest

from elementwise import binary, refused
from oracle import assert_same_bytes


@pytest.mark.parametrize("name", ("LOGICAL_AND", "LOGICAL_OR"))
@pytest.mark.parametrize("seed", range(25))
def test_logical(seed, name):
    assert_same_bytes(*binary(seed, name, np.bool_))


def test_logical_refuses_numbers():
    assert refused("LOGICAL_OR", ((3,), np.int32), ((3,), np.int32)) == (
        "logical_or #0: its input 0 cannot be int32.")
