# SPDX-License-Identifier: MIT
"""SLICE, STRIDED_SLICE and DYNAMIC_UPDATE_SLICE against the official interpreter."""

import numpy as np
import pytest

from moving import Constant, constant, operator, shape, values
from oracle import Draw, assert_same_bytes, ours
from test_verify import refused
from torpor_host import engine
from torpor_host.errors import ToolError

TYPES = (np.int8, np.int16, np.int32, np.float32)


def _slice(seed, dtype):
    draw = Draw(seed)
    x = values(draw, shape(draw, 1, 5), dtype)
    begin = [draw.size(0, size - 1) for size in x.shape]
    size = [draw.size(1, n - b) for n, b in zip(x.shape, begin)]
    y = x[tuple(slice(b, b + s) for b, s in zip(begin, size))]
    size = [draw.pick(s, -1) if b + s == n else s for n, b, s in zip(x.shape, begin, size)]
    kind = draw.pick(np.int32, np.int64)
    bounds = [draw.pick(Constant, lambda values: values)(np.array(v, kind)) for v in (begin, size)]
    return operator("SLICE", [x, *bounds], (y.shape, dtype))


@pytest.mark.parametrize("dtype", (*TYPES, np.bool_))
@pytest.mark.parametrize("seed", range(15))
def test_slice(seed, dtype):
    assert_same_bytes(*_slice(seed, dtype))


_X = np.arange(12, dtype=np.int8).reshape(3, 4)


@pytest.mark.parametrize("begin, size, sentence", (
    ([2, 0], [2, 2], "it does not begin in dimension 0 of the input"),
    ([0, -1], [2, 2], "it does not begin in dimension 1 of the input"),
    ([0, 2**31 - 1], [2, 2], "it does not begin in dimension 1 of the input"),
    ([0, 0], [2, 3], "its size in dimension 1 is not the output's"),
    ([0, 0], [-1, 2], "its size in dimension 0 is not the output's"),
    ([0, 0], [2, -2], "its size in dimension 1 is not the output's"),
))
@pytest.mark.parametrize("kind", (np.int32, np.int64))
def test_slice_outside_the_input(begin, size, sentence, kind):
    given = [constant(v, kind) for v in (begin, size)]
    assert refused(operator("SLICE", [_X, *given], ((2, 2), np.int8))[0]) == f"slice #0: {sentence}."
    data, x, *given = operator("SLICE", [_X, np.array(begin, kind), np.array(size, kind)], ((2, 2), np.int8))
    model = engine.Model(data)
    with pytest.raises(ToolError) as caught:
        model(x, *given)
    assert str(caught.value) == f"slice #0: {sentence}."
    np.testing.assert_array_equal(model(x, np.array([1, 2], kind), np.array([2, -1], kind))[0], _X[1:, 2:])


def test_index_of_64_bits_does_not_wrap_around():
    data, *given = operator("SLICE", [_X, np.array([2**32, 0]), np.array([2, 2])], ((2, 2), np.int8))
    with pytest.raises(ToolError, match="does not begin in dimension 0"):
        engine.Model(data)(*given)


@pytest.mark.parametrize("begin, size, y, sentence", (
    ([0], [1, 1], (1, 1), "begin and size should have 2 elements"),
    ([0, 0], [1, 1], (1,), "the output should have 2 dimensions"),
))
def test_slice_that_contradicts_itself(begin, size, y, sentence):
    assert sentence in refused(operator("SLICE", [_X, constant(begin), constant(size)], (y, np.int8))[0])


def _strided(seed, dtype):
    draw = Draw(seed)
    while True:
        x = values(draw, shape(draw, 1, 4, 7), dtype)
        stride = [draw.pick(1, 1, 2, 3, -1, -2) for _ in x.shape]
        begin, end = ([draw.size(-n - 2, n + 2) for n in x.shape] for _ in range(2))
        masks = [[draw.rare() for _ in x.shape] for _ in range(3)]
        stride = [abs(v) if shrunk else v for v, shrunk in zip(stride, masks[2])]
        begin = [draw.size(-n, n - 1) if shrunk else b for n, b, shrunk in zip(x.shape, begin, masks[2])]
        y = x[tuple(
            (0 if masks[0][i] and stride[i] > 0 else -1 if masks[0][i] else begin[i]) if masks[2][i]
            else slice(None if masks[0][i] else begin[i], None if masks[1][i] else end[i], stride[i])
            for i in range(x.ndim))]
        if y.size:
            lists = [constant(v) for v in (begin, end, stride)]
            bits = [sum(bit << i for i, bit in enumerate(mask)) for mask in masks]
            options = dict(beginMask=bits[0], endMask=bits[1], shrinkAxisMask=bits[2])
            return operator("STRIDED_SLICE", [x, *lists], (y.shape, dtype), **options)


@pytest.mark.parametrize("dtype", (*TYPES, np.bool_))
@pytest.mark.parametrize("seed", range(25))
def test_strided_slice(seed, dtype):
    assert_same_bytes(*_strided(seed, dtype))


def test_one_index_taken_with_a_negative_stride_which_tflm_leaves_unwritten():
    lists = [constant(v) for v in ([1, 3], [0, 0], [-1, -2])]
    data, x = operator("STRIDED_SLICE", [_X, *lists], ((2,), np.int8), shrinkAxisMask=1)
    np.testing.assert_array_equal(ours(data, x)[0], _X[1, 3:0:-2])


def _refused_strided(begin, end, stride, y, **options):
    lists = [constant(v) for v in (begin, end, stride)]
    return refused(operator("STRIDED_SLICE", [_X, *lists], (y, np.int8), **options)[0])


@pytest.mark.parametrize("begin, end, stride, y, options, sentence", (
    ([0, 0], [3, 4], [1, 0], (3, 4), {}, "a stride of 0 is not possible"),
    ([0, 2], [3, 2], [1, 1], (3, 1), {}, "nothing is left of dimension 1"),
    ([3, 0], [4, 4], [1, 1], (4,), dict(shrinkAxisMask=1), "nothing is left of dimension 0"),
    ([0, 0], [3, 4], [1, 2], (3, 3), {}, "output dimension 1 should be 2"),
    ([0, 0], [3, 4], [1, 1], (4,), {}, "the output should have 2 dimensions"),
    ([0], [3], [1], (3,), {}, "its input 1 should have 2 elements"),
    ([0, 0], [3, 4], [1, 1], (3, 4), dict(ellipsisMask=1), "an ellipsis, a new dimension or an offset is not supported"),
    ([0, 0], [3, 4], [1, 1], (3, 4), dict(newAxisMask=1), "an ellipsis, a new dimension or an offset is not supported"),
    ([0, 0], [3, 4], [1, 1], (3, 4), dict(offset=True), "an ellipsis, a new dimension or an offset is not supported"),
))
def test_strided_slice_that_cannot_be(begin, end, stride, y, options, sentence):
    assert sentence in _refused_strided(begin, end, stride, y, **options)


@pytest.mark.parametrize("extreme", (2**31 - 1, -(2**31)))
def test_stride_that_leaves_the_range_of_int32(extreme):
    y = _X[:: extreme, :]
    assert_same_bytes(*operator("STRIDED_SLICE", [_X, *map(constant, ([0, 0], [0, 0], [extreme, 1]))],
                                (y.shape, np.int8), beginMask=3, endMask=3))


def test_strided_slice_refuses_what_tflm_refuses():
    lists = [constant([0]), np.array([1], np.int32), constant([1])]
    data, *_ = operator("STRIDED_SLICE", [np.zeros(3, np.int8), *lists], ((1,), np.int8))
    assert "computed is not supported" in refused(data)
    ones = [constant([v] * 5) for v in (0, 1, 1)]
    data, *_ = operator("STRIDED_SLICE", [np.zeros([1] * 5, np.int8), *ones], ((1,) * 5, np.int8))
    assert "more than 4 dimensions are not supported" in refused(data)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(15))
def test_dynamic_update_slice(seed, dtype):
    draw = Draw(seed)
    x = values(draw, shape(draw, 1, 5), dtype)
    update = values(draw, tuple(draw.size(1, n) for n in x.shape), dtype)
    start = np.array([draw.size(-2, n + 2) for n in x.shape], draw.pick(np.int32, np.int64))
    where = draw.pick(Constant, lambda values: values)(start)
    assert_same_bytes(*operator("DYNAMIC_UPDATE_SLICE", [x, update, where], (x.shape, dtype)))


@pytest.mark.parametrize("start", ([-(2**31), 2**31 - 1], [-(2**63), 2**63 - 1], [2**32, -(2**32)]))
def test_dynamic_update_slice_far_outside(start):
    kind = np.int32 if abs(start[1]) < 2**31 else np.int64
    update = np.full((2, 2), 99, np.int8)
    assert_same_bytes(*operator("DYNAMIC_UPDATE_SLICE", [_X, update, np.array(start, kind)], (_X.shape, np.int8)))


@pytest.mark.parametrize("update, start, y, sentence", (
    ((4, 4), 2, (3, 4), "the update is larger than the input in dimension 0"),
    ((4,), 2, (3, 4), "update and indices should have 2 dimensions"),
    ((1, 1), 3, (3, 4), "update and indices should have 2 dimensions"),
    ((1, 1), 2, (4, 3), "the shapes of input and output differ"),
))
def test_update_that_cannot_be(update, start, y, sentence):
    inputs = [_X, np.zeros(update, np.int8), np.zeros(start, np.int32)]
    assert sentence in refused(operator("DYNAMIC_UPDATE_SLICE", inputs, (y, np.int8))[0])


_RECORDED = sorted(range(0, 34, 2))


@pytest.mark.parametrize("number", _RECORDED)
def test_recorded_strided_slices_of_int16(peer_models, peer_data, number):
    model = engine.Model((peer_models / f"seanet/strided_slice{number}.tflite").read_bytes())
    x, golden = (np.loadtxt(peer_data / f"seanet/strided_slice{number}_{kind}_int16.csv", np.int16, delimiter=",")
                 for kind in ("input0", "golden"))
    (y,) = model(x)
    np.testing.assert_array_equal(y.ravel(), golden.ravel())
