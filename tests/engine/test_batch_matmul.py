# SPDX-License-Identifier: MIT
"""BATCH_MATMUL against the official interpreter."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes
from torpor_host import engine
from torpor_host.convert.writer import Writer


def _model(draw, a_shape, b_shape, y_shape, dtype, constant=False, **options):
    w, kinds = Writer(), [draw.quantisation(dtype) for _ in range(3)]
    depth = a_shape[-2] if options.get("adjX") else a_shape[-1]
    if kinds[2]:
        kinds[2]["scale"] = np.float32(kinds[0]["scale"] * kinds[1]["scale"] * np.sqrt(depth) * 60)
    a = w.tensor("a", a_shape, dtype, **kinds[0])
    b = w.tensor("b", b_shape, dtype, draw.data(b_shape, dtype) if constant else None, **kinds[1])
    y = w.tensor("y", y_shape, dtype, **kinds[2])
    w.op("BATCH_MATMUL", [a, b], [y], **options)
    return w.finish([a] if constant else [a, b], [y])


def _batches(draw, rank):
    """Dimensions of a, b and y before the matrices; some are broadcast."""
    y = [draw.size(1, 3) for _ in range(rank - 2)]
    a, b = ([1 if draw.pick(True, False, False) else n for n in y] for _ in "ab")
    return a, b, [max(pair) for pair in zip(a, b)]


def _matmul(seed, dtype, constant):
    draw = Draw(seed)
    a, b, y = _batches(draw, draw.size(2, 5))
    rows, depth, columns = draw.size(1, 9), draw.size(1, 20), draw.size(1, 9)
    adj_x, adj_y = draw.pick(True, False), draw.pick(True, False)
    a += [depth, rows] if adj_x else [rows, depth]
    b += [columns, depth] if adj_y else [depth, columns]
    data = _model(draw, a, b, y + [rows, columns], dtype, constant, adjX=adj_x, adjY=adj_y)
    return data, *[draw.data(shape, dtype) for shape in ([a] if constant else [a, b])]


@pytest.mark.parametrize("constant", (False, True))
@pytest.mark.parametrize("dtype", (np.int8, np.int16, np.float32))
@pytest.mark.parametrize("seed", range(30))
def test_batch_matmul(seed, dtype, constant):
    assert_same_bytes(*_matmul(seed, dtype, constant))


@pytest.mark.parametrize("a, b, y, sentence", (
    ((2, 3), (4, 5), (2, 5), "the matrices do not suit each other: one is 3 deep"),
    ((2, 2, 3), (4, 3, 5), (2, 2, 5), "4 matrices cannot be broadcast"),
    ((2, 3), (3, 5), (2, 4), "output dimension 1 should be 5"),
    ((2, 3), (3, 5), (1, 2, 5), "the output should have 2 dimensions"),
    ((3,), (3, 5), (5,), "inputs must have 2 to 5 dimensions"),
))
def test_batch_matmul_says_what_it_cannot_do(a, b, y, sentence):
    with pytest.raises(engine.ToolError) as error:
        engine.measure(_model(Draw(0), a, b, y, np.int8))
    assert str(error.value) == f"batch_matmul #0: {sentence}."
