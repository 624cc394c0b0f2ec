# SPDX-License-Identifier: MIT
"""GATHER, GATHER_ND and EMBEDDING_LOOKUP against the official interpreter; indices outside the input."""

import numpy as np
import pytest

import moving
from moving import Constant, constant, operator, shape, values
from oracle import Draw, assert_same_bytes, ours
from test_verify import refused
from torpor_host import engine
from torpor_host.errors import ToolError

TYPES = (np.int8, np.float32)


def _either(draw, indices):
    """The indices as a constant or as an input of the model."""
    indices = np.asarray(indices, np.int32)
    return draw.pick(Constant(indices), indices)


def _gather(seed, dtype):
    draw = Draw(seed)
    x = values(draw, shape(draw, 1, 4), dtype)
    axis = draw.size(0, x.ndim - 1)
    positions = draw.rng.integers(0, x.shape[axis], shape(draw, 0, 6 - x.ndim, 4))
    y = np.take(x, positions, axis)
    return operator("GATHER", [x, _either(draw, positions)], (y.shape, dtype), axis=axis - draw.pick(0, x.ndim))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(25))
def test_gather(seed, dtype):
    assert_same_bytes(*_gather(seed, dtype))


@pytest.mark.parametrize("seed", range(10))
def test_gather_with_batches(seed):
    draw = Draw(seed)
    common = shape(draw, 1, 2, 3)
    x = values(draw, common + shape(draw, 1, 3, 4), np.int8)
    axis = draw.size(len(common), x.ndim - 1)
    size = draw.size(1, 4)
    positions = draw.rng.integers(0, x.shape[axis], (*common, size))
    y = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    batch_dims = len(common) - draw.pick(0, positions.ndim)
    assert_same_bytes(*operator("GATHER", [x, _either(draw, positions)], (y, np.int8), axis=axis, batchDims=batch_dims))


def _gather_nd(seed, dtype):
    draw = Draw(seed)
    x = values(draw, shape(draw, 1, 5), dtype)
    depth = draw.size(1, x.ndim)
    indices = draw.rng.integers(0, x.shape[:depth], (*shape(draw, 0, 1 + depth, 4), depth))
    return operator("GATHER_ND", [x, _either(draw, indices)], (x[tuple(np.moveaxis(indices, -1, 0))].shape, dtype))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(20))
def test_gather_nd(seed, dtype):
    assert_same_bytes(*_gather_nd(seed, dtype))


def _embedding(seed, table_type, y_type):
    draw = Draw(seed)
    table = values(draw, shape(draw, 2, 4), table_type)
    ids = draw.rng.integers(0, len(table), draw.size(1, 6))
    return operator("EMBEDDING_LOOKUP", [_either(draw, ids), constant(table, table_type)],
                    ((len(ids), *table.shape[1:]), y_type))


@pytest.mark.parametrize("types", ((np.int8, np.int8), (np.float32, np.float32)))
@pytest.mark.parametrize("seed", range(10))
def test_embedding_lookup(seed, types):
    assert_same_bytes(*_embedding(seed, *types))


def test_embedding_lookup_of_int8_as_floats(monkeypatch):
    monkeypatch.setitem(moving.QUANTISED, np.dtype(np.int8), dict(scale=0.3, zero_point=0))
    for seed in range(10):
        assert_same_bytes(*_embedding(seed, np.int8, np.float32))


_X, _INDEX = np.arange(6, dtype=np.int8).reshape(3, 2), np.zeros(2, np.int32)
_COMPUTED = {
    "position %d is outside the input": operator("GATHER", [_X, _INDEX], ((2, 2), np.int8), axis=0)[0],
    "index %d is outside the input": operator("GATHER_ND", [_X, _INDEX.reshape(2, 1)], ((2, 2), np.int8))[0],
    "the table has no row %d": operator("EMBEDDING_LOOKUP", [_INDEX, constant(_X, np.int8)], ((2, 2), np.int8))[0],
}


@pytest.mark.parametrize("sentence", _COMPUTED)
@pytest.mark.parametrize("index", (3, -1, 2**31 - 1, -(2**31)))
def test_index_outside_stops_the_run_and_the_next_run_is_right(sentence, index):
    model = engine.Model(_COMPUTED[sentence])
    *x, indices = sorted(model.inputs, key=lambda tensor: tensor.dtype == np.int32)

    def run(*given):
        for tensor in x:
            tensor.array[:] = _X
        indices.array.reshape(-1)[:] = given
        model.run()

    with pytest.raises(ToolError) as caught:
        run(1, index)
    assert str(caught.value) == f"{model.ops[0].lower()} #0: {sentence % index}."
    run(2, 0)
    np.testing.assert_array_equal(model.outputs[0].array, _X[[2, 0]])


@pytest.mark.parametrize("sentence", _COMPUTED)
def test_constant_index_outside_is_refused(sentence):
    name = engine.Model(_COMPUTED[sentence]).ops[0]
    indices = [[1], [3]] if name == "GATHER_ND" else [1, 3]
    inputs = [constant(indices), constant(_X, np.int8)] if name == "EMBEDDING_LOOKUP" else [_X, constant(indices)]
    data, *_ = operator(name, inputs, ((2, 2), np.int8), **({"axis": 0} if name == "GATHER" else {}))
    assert refused(data) == f"{name.lower()} #0: {sentence % 3}."


@pytest.mark.parametrize("options, positions, y, sentence", (
    (dict(axis=2), [0], (1, 2), "there is no dimension 2"),
    (dict(axis=0), [0], (2, 2), "output dimension 0 should be 1"),
    (dict(axis=0), [0], (1, 2, 1), "the output should have 2 dimensions"),
    (dict(axis=0, batchDims=1), [0], (1, 2), "1 batch dimensions are not possible"),
    (dict(axis=1, batchDims=1), [0, 1], (3, 1), "batch dimension 0 of its inputs does not agree"),
))
def test_gather_that_contradicts_itself(options, positions, y, sentence):
    assert sentence in refused(operator("GATHER", [_X, constant(positions)], (y, np.int8), **options)[0])


def test_what_tflm_refuses():
    assert "its input 1 cannot be int64" in refused(operator("GATHER", [_X, constant([0], np.int64)], ((1, 2), np.int8))[0])
    assert "its input 0 cannot be int16" in refused(
        operator("GATHER", [_X.astype(np.int16), constant([0])], ((1, 2), np.int16))[0])
    assert "3 indices of a slice are not possible" in refused(
        operator("GATHER_ND", [_X, constant([[0, 0, 0]])], ((1,), np.int8))[0])
    assert "the ids must have 1 dimension" in refused(
        operator("EMBEDDING_LOOKUP", [constant([[0]]), constant(_X, np.int8)], ((1, 2), np.int8))[0])


def test_constant_table_that_lies_at_any_address():
    table = np.arange(6, dtype=np.float32).reshape(3, 2)
    data, ids = operator("EMBEDDING_LOOKUP", [np.array([2, 0], np.int32), constant(table, np.float32)], ((2, 2), np.float32))
    np.testing.assert_array_equal(ours(data, ids)[0], table[[2, 0]])
