# SPDX-License-Identifier: MIT
"""SPLIT, SPLIT_V and UNPACK against the official interpreter, and what the planner does with several outputs."""

import numpy as np
import pytest

from moving import constant, operator, shape, values
from oracle import Draw, assert_same_bytes, ours
from test_verify import INT8, altered, refused
from torpor_host import engine
from torpor_host.convert.writer import Writer

TYPES = (np.int8, np.int16, np.int32, np.float32)


def _kind(arrays):
    return [(array.shape, array.dtype) for array in arrays]


def _axis(draw, rank):
    """A dimension, and the same as the model names it."""
    axis = draw.size(0, rank - 1)
    return axis, constant(axis - draw.pick(0, rank)) if draw.rare() else constant([axis - draw.pick(0, rank)])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(12))
def test_split(seed, dtype):
    draw = Draw(seed)
    size, n = list(shape(draw, 1, 5, 4)), draw.size(1, 5)
    axis, given = _axis(draw, len(size))
    size[axis] *= n
    x = values(draw, size, dtype)
    assert_same_bytes(*operator("SPLIT", [given, x], _kind(np.split(x, n, axis)), numSplits=n))


def _split_v(seed, dtype, unknown):
    draw = Draw(seed)
    sizes, size = [draw.size(1, 4) for _ in range(draw.size(1, 6))], list(shape(draw, 1, 5, 4))
    axis, given = _axis(draw, len(size))
    size[axis] = sum(sizes)
    x = values(draw, size, dtype)
    outputs = np.split(x, np.cumsum(sizes)[:-1], axis)
    if unknown:
        sizes[draw.size(0, len(sizes) - 1)] = -1
    listed = constant(sizes, draw.pick(np.int32, np.int64))
    return operator("SPLIT_V", [x, listed, given], _kind(outputs), numSplits=len(sizes)), outputs


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(12))
def test_split_v(seed, dtype):
    model, outputs = _split_v(seed, dtype, unknown=seed % 2)
    assert_same_bytes(*model)
    for own, expected in zip(ours(*model), outputs, strict=True):
        np.testing.assert_array_equal(own, expected)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(12))
def test_unpack(seed, dtype):
    draw = Draw(seed)
    x = values(draw, shape(draw, 1, 5), dtype)
    axis = draw.size(0, x.ndim - 1)
    parts = [part.squeeze(axis) for part in np.split(x, x.shape[axis], axis)]
    assert_same_bytes(*operator("UNPACK", [x], _kind(parts), axis=axis - draw.pick(0, x.ndim), num=len(parts)))


_X = np.zeros((2, 6), np.int8)
_HALF, _ROW = ((2, 3), np.int8), ((6,), np.int8)


@pytest.mark.parametrize("name, inputs, outputs, options, sentence", (
    ("SPLIT", [constant([1]), _X], [((2, 1), np.int8)] * 4, {}, "the input cannot be cut into 4 parts of one size"),
    ("SPLIT", [constant([2]), _X], [_HALF] * 2, {}, "there is no dimension 2"),
    ("SPLIT", [constant([1]), _X], [_HALF, ((2, 2), np.int8)], {}, "output dimension 1 should be 3"),
    ("SPLIT", [constant([1]), _X], [_HALF, ((2, 3), np.int16)], {}, "its output 1 cannot be int16"),
    ("SPLIT", [np.zeros(1, np.int32), _X], [_HALF] * 2, {}, "an input 0 that is computed is not supported"),
    ("SPLIT", [constant([0]), np.zeros(2, np.bool_)], [((1,), np.bool_)] * 2, {}, "its input 1 cannot be bool"),
    ("SPLIT_V", [_X, constant([3, 2]), constant([1])], [_HALF] * 2, {}, "the sizes of its parts are not dimension 1"),
    ("SPLIT_V", [_X, constant([-1, -1]), constant([1])], [_HALF] * 2, {}, "the sizes of its parts are not dimension 1"),
    ("SPLIT_V", [_X, constant([6, -1]), constant([1])], [_HALF] * 2, {}, "the sizes of its parts are not dimension 1"),
    ("SPLIT_V", [_X, constant([2, 4]), constant([1])], [_HALF] * 2, {}, "output dimension 1 should be 2"),
    ("SPLIT_V", [_X, constant([8, -2]), constant([1])], [_HALF] * 2, {}, "output dimension 1 should be 8"),
    ("SPLIT_V", [_X, constant([3, 3, 0]), constant([1])], [_HALF] * 2, {}, "its input 1 should have 2 elements"),
    ("UNPACK", [_X], [_ROW] * 3, dict(num=3), "its options or input do not agree with its 3 outputs"),
    ("UNPACK", [_X], [_ROW] * 2, dict(num=3), "its options or input do not agree with its 2 outputs"),
    ("UNPACK", [_X], [_ROW, ((5,), np.int8)], dict(num=2), "output dimension 0 should be 6"),
    ("UNPACK", [_X], [_ROW] * 2, dict(num=2, axis=2), "there is no dimension 2"),
))
def test_parts_that_cannot_be(name, inputs, outputs, options, sentence):
    assert sentence in refused(operator(name, inputs, outputs, **options)[0])


def test_one_tensor_for_two_outputs():
    data, _ = operator("SPLIT", [constant([1]), _X], [_HALF] * 2)

    def double(model):
        graph = model.subgraphs[0]
        graph.operators[0].outputs = [graph.outputs[0]] * 2
        graph.outputs = graph.outputs[:1]

    assert refused(altered(data, double)).endswith("is written twice.")


def test_operator_that_has_one_output_refuses_two():
    assert "it cannot have 2 outputs" in refused(operator("PACK", [_X], [((1, 2, 6), np.int8)] * 2, valuesCount=1)[0])


def _halves(used):
    """x -> SPLIT into four -> the parts named in `used` reversed -> joined again."""
    w = Writer()
    x, axis = w.tensor("x", (2, 64), **INT8), w.tensor("axis", (1,), np.int32, [1])
    parts = [w.tensor("part", (2, 16), **INT8) for _ in range(4)]
    back = [w.tensor("back", (2, 16), **INT8) for _ in used]
    y = w.tensor("y", (2, 16 * len(used)), **INT8)
    w.op("SPLIT", [axis, x], parts, numSplits=4)
    for part, reversed_part in zip(used, back):
        w.op("REVERSE_V2", [parts[part], axis], [reversed_part])
    w.op("CONCATENATION", back, [y], axis=1)
    return w.finish([x], [y])


@pytest.mark.parametrize("used", ((0, 1, 2, 3), (3, 0), (2,), (1, 1)))
def test_outputs_that_are_used_later_or_never(used):
    assert_same_bytes(_halves(used), Draw(1).int8((2, 64)))


def test_unused_outputs_take_no_room_after_the_operator():
    arena, _ = engine.measure(_halves((2,)))
    assert arena == 2 * 128  # the input and its four parts, which all exist while it is cut


def test_more_parts_than_fit_a_short_list():
    assert_same_bytes(*operator("UNPACK", [np.arange(600, dtype=np.int8).reshape(300, 2) % 100], [((2,), np.int8)] * 300, num=300))
