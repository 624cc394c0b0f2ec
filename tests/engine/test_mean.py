# SPDX-License-Identifier: MIT
"""MEAN against the official interpreter."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes
from torpor_host.convert.writer import Writer


def _mean(seed, dtype):
    draw = Draw(seed)
    shape = tuple(draw.size(1, 7) for _ in range(draw.size(1, 4)))
    axes = sorted(draw.rng.choice(len(shape), draw.size(1, len(shape)), replace=False).tolist())
    keep = draw.pick(True, False)
    out = [1 if i in axes else size for i, size in enumerate(shape) if keep or i not in axes]
    given = [axis - len(shape) if draw.rare() else axis for axis in axes]
    w = Writer()
    x = w.tensor("x", shape, dtype, **draw.quantisation(dtype))
    a = w.tensor("axes", (len(axes),), np.int32, given)
    y = w.tensor("y", out, dtype, **draw.quantisation(dtype))
    w.op("MEAN", [x, a], [y], keepDims=keep)
    return w.finish([x], [y]), draw.data(shape, dtype)


@pytest.mark.parametrize("seed", range(60))
def test_mean_int8(seed):
    assert_same_bytes(*_mean(seed, np.int8))


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_mean_float32_adds_in_the_same_order(seed):
    assert_same_bytes(*_mean(seed, np.float32))
