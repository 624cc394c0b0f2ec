# SPDX-License-Identifier: MIT
"""ARG_MAX and ARG_MIN against the official interpreter."""

import numpy as np
import pytest

from elementwise import quantisation, sentence, values
from oracle import Draw, assert_same_bytes
from torpor_host.convert.writer import Writer

NAMES = ("ARG_MAX", "ARG_MIN")


def _model(draw, name, dtype, shape, axis, y_dtype=np.int32):
    w = Writer()
    x = w.tensor("x", shape, dtype, **quantisation(draw, dtype))
    a = w.tensor("axis", (1,) if draw.rare() else (), np.int32, axis)
    y = w.tensor("y", [size for i, size in enumerate(shape) if i != axis % len(shape)], y_dtype)
    w.op(name, [x, a], [y], outputType="INT32")
    return w.finish([x], [y])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", (np.int8, np.float32))
@pytest.mark.parametrize("seed", range(30))
def test_arg_max_min(seed, dtype, name):
    draw = Draw(seed)
    shape = tuple(draw.size(1, 6) for _ in range(draw.size(1, 5)))
    axis = draw.size(-len(shape), len(shape) - 1)
    assert_same_bytes(_model(draw, name, dtype, shape, axis), values(draw, shape, dtype))


@pytest.mark.parametrize("name", NAMES)
def test_arg_max_min_of_equal_and_odd_numbers(name):
    n, i = np.nan, np.inf
    odd = np.array([[1, 1, 0, 0], [n, 1, 2, 3], [1, n, 2, 0], [-i, -i, i, i], [0, -0.0, 0, n]], np.float32)
    assert_same_bytes(_model(Draw(0), name, np.float32, odd.shape, 1), odd)


def test_arg_max_refuses_what_tflm_cannot_run():
    assert sentence(_model(Draw(0), "ARG_MAX", np.int16, (2, 3), 1)) == "arg_max #0: its input 0 cannot be int16."
    assert sentence(_model(Draw(0), "ARG_MIN", np.int8, (2, 3), 1, np.int64)) == (
        "arg_min #0: its output 0 cannot be int64.")
    assert sentence(_model(Draw(0), "ARG_MAX", np.int8, (3,), 3)) == "arg_max #0: there is no dimension 3."
