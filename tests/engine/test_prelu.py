# SPDX-License-Identifier: MIT
"""PRELU against the official interpreter, with broadcasting."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes, ours
from torpor_host import engine
from torpor_host.convert.writer import Writer


def _prelu(seed, dtype, constant):
    draw, w = Draw(seed), Writer()
    shape = tuple(draw.size(1, 6) for _ in range(draw.size(1, 4)))
    alphas = tuple(1 if draw.size(0, 2) == 0 else size for size in shape)[draw.size(0, len(shape) - 1) :]
    alphas = (1,) * (len(shape) - len(alphas)) + alphas if dtype == np.float32 else alphas
    a_dtype = np.float32 if dtype == np.float32 else np.int8
    values = draw.data(alphas, a_dtype)
    x_q = draw.quantisation(dtype)
    x = w.tensor("x", shape, dtype, **x_q)
    a = w.tensor("a", alphas, a_dtype, values if constant else None, **draw.quantisation(a_dtype))
    y_q = dict(draw.quantisation(dtype), scale=np.float32(x_q["scale"] * 10 ** draw.rng.uniform(-1, 2))) if x_q else {}
    y = w.tensor("y", shape, dtype, **y_q)
    w.op("PRELU", [x, a], [y])
    return w.finish([x] if constant else [x, a], [y]), draw.data(shape, dtype), *([] if constant else [values])


@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.float32))
@pytest.mark.parametrize("constant", (True, False))
@pytest.mark.parametrize("seed", range(30))
def test_prelu(seed, constant, dtype):
    assert_same_bytes(*_prelu(seed, dtype, constant))


def test_prelu_keeps_what_is_not_negative():
    w = Writer()
    x, y = w.tensor("x", (2, 2), np.float32), w.tensor("y", (2, 2), np.float32)
    w.op("PRELU", [x, w.tensor("a", (2,), np.float32, [0.5, -2])], [y])
    result = ours(w.finish([x], [y]), np.array([[1, 2], [-4, -3]], np.float32))[0]
    np.testing.assert_array_equal(result, [[1, 2], [-2, 6]])


def test_alphas_must_fit():
    w = Writer()
    x, y = w.tensor("x", (2, 2), np.float32), w.tensor("y", (2, 2), np.float32)
    w.op("PRELU", [x, w.tensor("a", (3,), np.float32, [1, 2, 3])], [y])
    with pytest.raises(engine.ToolError, match="prelu #0: dimension 1 of its inputs does not agree"):
        engine.measure(w.finish([x], [y]))
