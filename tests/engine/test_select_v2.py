# SPDX-License-Identifier: MIT
"""SELECT_V2 against the official interpreter, with three inputs broadcast, one of them a constant now and then."""

import numpy as np
import pytest

from elementwise import model, refused
from oracle import Draw, assert_same_bytes
from torpor_host.convert.writer import Writer


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.float32))
@pytest.mark.parametrize("seed", range(40))
def test_select_v2(seed, dtype):
    draw = Draw(seed)
    assert_same_bytes(*model(draw, "SELECT_V2", (np.bool_, dtype, dtype), dtype, draw.pick(None, 0, 1, 2)))


def test_select_v2_of_single_elements_of_several_ranks():
    w = Writer()
    c, a, b = w.tensor("c", (1, 1), np.bool_), w.tensor("a", (), np.float32), w.tensor("b", (1,), np.float32)
    y = w.tensor("y", (), np.float32)
    w.op("SELECT_V2", [c, a, b], [y])
    assert_same_bytes(w.finish([c, a, b], [y]), np.zeros((1, 1), bool), np.float32(2), np.array([3], np.float32))


def test_select_v2_refuses_what_tflm_cannot_run():
    bools, whole, halves = ((3,), np.bool_), ((3,), np.int32), ((3,), np.int16)
    assert refused("SELECT_V2", bools, whole, whole, y=whole) == "select_v2 #0: its input 1 cannot be int32."
    assert refused("SELECT_V2", halves, halves, halves) == "select_v2 #0: its input 0 cannot be int16."
    assert refused("SELECT_V2", bools, halves, ((2,), np.int16), y=halves) == (
        "select_v2 #0: dimension 0 of its inputs does not agree.")
