# SPDX-License-Identifier: MIT
"""CUMSUM against the official interpreter."""

import numpy as np
import pytest

from elementwise import quantisation, sentence, values
from oracle import Draw, assert_same_bytes
from torpor_host.convert.writer import Writer


def _model(draw, dtype, shape, axis, y_scales=(-3, 0)):
    w = Writer()
    x = w.tensor("x", shape, dtype, **quantisation(draw, dtype))
    a = w.tensor("axis", (1,) if draw.rare() else (), np.int32, axis)
    y = w.tensor("y", shape, dtype, **quantisation(draw, dtype, *y_scales))
    w.op("CUMSUM", [x, a], [y], exclusive=draw.pick(False, True), reverse=draw.pick(False, True))
    return w.finish([x], [y])


@pytest.mark.parametrize("dtype", (np.int8, np.float32))
@pytest.mark.parametrize("seed", range(40))
def test_cumsum(seed, dtype):
    draw = Draw(seed)
    shape = tuple(draw.size(1, 6) for _ in range(draw.size(1, 5)))
    assert_same_bytes(_model(draw, dtype, shape, draw.size(-len(shape), len(shape) - 1)), values(draw, shape, dtype))


@pytest.mark.parametrize("seed", range(10))
def test_cumsum_of_so_many_that_the_sum_wraps(seed):
    draw = Draw(seed)
    assert_same_bytes(_model(draw, np.int8, (3, 100), 1, (0, 2)), values(draw, (3, 100), np.int8))


def test_cumsum_refuses_what_tflm_cannot_run():
    assert sentence(_model(Draw(0), np.int16, (2, 3), 1)) == "cumsum #0: its input 0 cannot be int16."
    assert sentence(_model(Draw(0), np.int8, (2, 3), -3)) == "cumsum #0: there is no dimension -3."
