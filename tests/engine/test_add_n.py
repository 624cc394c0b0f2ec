# SPDX-License-Identifier: MIT
"""ADD_N against the official interpreter."""

import numpy as np
import pytest

from elementwise import quantisation, refused, sentence, values
from oracle import Draw, assert_same_bytes
from torpor_host.convert.writer import Writer


def _add_n(seed, dtype, most):
    draw, w = Draw(seed), Writer()
    shape = tuple(draw.size(1, 6) for _ in range(draw.size(0, 4)))
    count, scales = draw.size(2, most), quantisation(draw, dtype)
    data = [values(draw, shape, dtype) for _ in range(count)]
    constant = draw.pick(None, 0, count - 1)
    x = [w.tensor("x", shape, dtype, data[i] if i == constant else None, **scales) for i in range(count)]
    y = w.tensor("y", shape, dtype, **quantisation(draw, dtype))
    w.op("ADD_N", x, [y])
    fed = [i for i in range(count) if i != constant]
    return w.finish([x[i] for i in fed], [y]), *(data[i] for i in fed)


@pytest.mark.parametrize("dtype", (np.int8, np.float32))
@pytest.mark.parametrize("seed", range(40))
def test_add_n(seed, dtype):
    assert_same_bytes(*_add_n(seed, dtype, 6))


@pytest.mark.parametrize("seed", range(10))
def test_add_n_of_so_many_that_the_sum_wraps(seed):
    assert_same_bytes(*_add_n(seed, np.int8, 28))


def test_add_n_refuses_what_tflm_cannot_run():
    bytes_, whole = ((3,), np.int8), ((3,), np.int32)
    assert refused("ADD_N", whole, whole) == "add_n #0: its input 0 cannot be int32."
    assert refused("ADD_N", bytes_) == "add_n #0: it cannot have 1 inputs."
    assert refused("ADD_N", bytes_, ((4,), np.int8)) == "add_n #0: the shapes of input and output differ."
    w = Writer()
    slots = [w.tensor("x", (3,), np.int8, scale=scale, zero_point=0) for scale in (0.5, 0.25, 0.5)]
    w.op("ADD_N", slots[:2], slots[2:])
    assert sentence(w.finish(slots[:2], slots[2:])) == "add_n #0: the scale of its input 1 is not that of the first."
