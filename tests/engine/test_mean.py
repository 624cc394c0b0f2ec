# SPDX-License-Identifier: MIT
"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN and REDUCE_ALL against the official interpreter."""

import numpy as np
import pytest

from elementwise import quantisation, sentence, values
from oracle import Draw, assert_same_bytes
from torpor_host.convert.writer import Writer

ORDERED = ("REDUCE_MAX", "REDUCE_MIN")


def _reduction(draw, name, dtype, shape, axes, keep, y_scales=(-3, 0), data=None):
    """(bytes, input); the extremes have one scale."""
    out = [1 if i in axes else size for i, size in enumerate(shape) if keep or i not in axes]
    given = [axis - len(shape) if draw.rare() else axis for axis in axes]
    given += given[:1] if draw.rare() else []
    w, scales = Writer(), quantisation(draw, dtype)
    x = w.tensor("x", shape, dtype, **scales)
    a = w.tensor("axes", (len(given),), np.int32, given)
    y = w.tensor("y", out, dtype, **(scales if name in ORDERED else quantisation(draw, dtype, *y_scales)))
    w.op(name, [x, a], [y], keepDims=keep)
    return w.finish([x], [y]), values(draw, shape, dtype) if data is None else data


def _random(seed, name, dtype, **kwargs):
    draw = Draw(seed)
    shape = tuple(draw.size(1, 7) for _ in range(draw.size(1, 4)))
    axes = sorted(draw.rng.choice(len(shape), draw.size(1, len(shape)), replace=False).tolist())
    return _reduction(draw, name, dtype, shape, axes, draw.pick(True, False), **kwargs)


@pytest.mark.parametrize("name", ("MEAN", "SUM"))
@pytest.mark.parametrize("dtype", (np.int8, np.int16))
@pytest.mark.parametrize("seed", range(50))
def test_mean_and_sum_of_integers(seed, dtype, name):
    assert_same_bytes(*_random(seed, name, dtype))


@pytest.mark.parametrize("dtype", (np.int8, np.int16))
@pytest.mark.parametrize("seed", range(100, 120))
def test_sum_with_a_scale_that_fits(seed, dtype):
    assert_same_bytes(*_random(seed, "SUM", dtype, y_scales=(0, 2)))


@pytest.mark.parametrize("name", ("MEAN", "SUM"))
@pytest.mark.parametrize("seed", range(1000, 1030))
def test_mean_and_sum_of_floats_add_in_the_same_order(seed, name):
    assert_same_bytes(*_random(seed, name, np.float32))


@pytest.mark.parametrize("name", ("MEAN", "SUM"))
@pytest.mark.parametrize("dtype", (np.int8, np.int16))
def test_mean_and_sum_of_many_extremes(dtype, name):
    shape, low = (2, 32, 1024), np.iinfo(dtype).min
    assert_same_bytes(*_reduction(Draw(1), name, dtype, shape, [1, 2], False, data=np.full(shape, low, dtype)))


@pytest.mark.parametrize("name", ORDERED)
@pytest.mark.parametrize("dtype", (np.int8, np.float32))
@pytest.mark.parametrize("seed", range(30))
def test_reduce_max_min(seed, dtype, name):
    assert_same_bytes(*_random(seed, name, dtype))


@pytest.mark.parametrize("name", ORDERED)
def test_reduce_max_min_of_nan_and_infinities(name):
    odd = np.array([[np.nan, 1, 2], [-np.inf, -np.inf, -np.inf], [np.inf, np.inf, np.inf], [np.nan] * 3], np.float32)
    assert_same_bytes(*_reduction(Draw(0), name, np.float32, (4, 3), [1], True, data=odd))


@pytest.mark.parametrize("seed", range(40))
def test_reduce_all(seed):
    draw = Draw(seed)
    shape = tuple(draw.size(1, 3) for _ in range(draw.size(1, 4)))
    axes = draw.rng.choice(len(shape), draw.size(1, len(shape)), replace=False).tolist()
    data = draw.rng.random(shape) < 0.8
    assert_same_bytes(*_reduction(draw, "REDUCE_ALL", np.bool_, shape, axes, draw.pick(True, False), data=data))


def _refused(name, dtype, shape=(2, 3), y_scale=0.5):
    w, given = Writer(), {"zero_point": 0} if dtype in (np.int8, np.int16) else {}
    x = w.tensor("x", shape, dtype, **given, **({"scale": 0.5} if given else {}))
    a = w.tensor("axes", (1,), np.int32, [1])
    y = w.tensor("y", shape[:1], dtype, **given, **({"scale": y_scale} if given else {}))
    w.op(name, [x, a], [y], keepDims=False)
    return sentence(w.finish([x], [y]))


def test_reductions_refuse_what_tflm_cannot_run():
    assert _refused("MEAN", np.int32) == "mean #0: its input 0 cannot be int32."
    assert _refused("SUM", np.bool_) == "sum #0: its input 0 cannot be bool."
    assert _refused("REDUCE_MAX", np.int16) == "reduce_max #0: its input 0 cannot be int16."
    assert _refused("REDUCE_ALL", np.int8) == "reduce_all #0: its input 0 cannot be int8."
    assert _refused("REDUCE_MIN", np.int8, y_scale=0.25) == "reduce_min #0: two scales are not supported."
    assert _refused("SUM", np.int16, (1, 40000)) == "sum #0: a reduction of 40000 elements is not supported."
