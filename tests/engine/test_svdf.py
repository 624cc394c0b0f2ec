# SPDX-License-Identifier: MIT
"""SVDF against the official interpreter, over several runs: its state must go on."""

import numpy as np
import pytest

from oracle import ACTIVATIONS, Draw, assert_same_runs
from torpor_host import engine
from torpor_host.convert.writer import Writer


def _svdf(seed, dtype, state, bias=True, **change):
    draw, w = Draw(seed), Writer()
    batches, inputs, units = draw.size(1, 3), draw.size(1, 12), draw.size(1, 6)
    rank, memory = draw.size(1, 3), draw.size(1, 7)
    filters = units * rank
    kinds = [_kind(draw, kind) for kind in (dtype, state)]
    scales = draw.scale(-3, -1), draw.scale(-5, -4) if state == np.int16 else draw.scale(-3, -1)
    k_kind, w_kind = ({"scale": s} if dtype == np.int8 else {} for s in scales)
    x = w.tensor("x", (batches, inputs), dtype, **kinds[0])
    k = w.tensor("k", (filters, inputs), dtype, draw.data((filters, inputs), dtype), **k_kind)
    t = w.tensor("w", (filters, memory), state, draw.data((filters, memory), state), **w_kind)
    b = _bias(draw, w, units, dtype, kinds[1], scales[1]) if bias else -1
    s = w.tensor("s", (batches, memory * filters), state, variable=change.get("variable", True), **kinds[1])
    y = w.tensor("y", (batches, units), dtype, **_kind(draw, dtype))
    w.op("SVDF", [x, k, t, b, s], [y], rank=change.get("rank", rank), fusedActivationFunction=draw.pick(*ACTIVATIONS))
    return w.finish([x], [y]), [draw.data((batches, inputs), dtype) for _ in range(2 * memory)]


def _kind(draw, dtype):
    if dtype == np.float32:
        return {}
    return {"scale": draw.scale(-4, -2), "zero_point": 0 if dtype == np.int16 else draw.zero()}


def _bias(draw, w, units, dtype, state, scale):
    if dtype == np.float32:
        return w.tensor("b", (units,), np.float32, draw.floats(units))
    return w.tensor("b", (units,), np.int32, draw.rng.integers(-2000, 2000, units), scale=np.float32(state["scale"]) * scale)


@pytest.mark.parametrize("state", (np.int8, np.int16))
@pytest.mark.parametrize("seed", range(40))
def test_svdf_int8_goes_on_from_run_to_run(seed, state):
    assert_same_runs(*_svdf(seed, np.int8, state))


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_svdf_float32_adds_in_the_same_order(seed):
    assert_same_runs(*_svdf(seed, np.float32, np.float32))


@pytest.mark.parametrize("change, sentence", (
    (dict(rank=0), "rank 0 does not suit the filters"),
    (dict(rank=97), "rank 97 does not suit the filters"),
    (dict(variable=False), "its input 4 must be a variable"),
    (dict(bias=False), "int8 without a bias is not supported"),
))
def test_svdf_says_what_it_cannot_do(change, sentence):
    data, _ = _svdf(0, np.int8, np.int16, **change)
    with pytest.raises(engine.ToolError) as error:
        engine.measure(data)
    assert str(error.value) == f"svdf #0: {sentence}."
