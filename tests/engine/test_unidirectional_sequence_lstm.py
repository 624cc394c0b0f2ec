# SPDX-License-Identifier: MIT
"""UNIDIRECTIONAL_SEQUENCE_LSTM against the official interpreter, over several runs: its state must go on."""

import json

import numpy as np
import pytest
from matplotlib import image

from oracle import Draw, assert_same_runs
from test_peer_models import xorshift
from torpor_host import engine
from torpor_host.convert.writer import Writer


def _lstm(seed, dtype, **change):
    draw = Draw(seed)
    time_major, batches, steps = draw.pick(False, True), draw.size(1, 3), draw.size(1, 6)
    inputs, units, w = draw.size(1, 12), draw.size(1, 9), Writer()
    shape = (steps, batches) if time_major else (batches, steps)
    wide = dtype == np.int16
    x_kind = {"scale": draw.scale(-5, -3) if wide else draw.scale(-3, -1), "zero_point": 0 if wide else draw.zero()}
    h_kind = {"scale": np.float32(1 / 32768 if wide else 1 / 128), "zero_point": 0 if wide else draw.size(-20, 20)}
    x = w.tensor("x", (*shape, inputs), dtype, **x_kind)
    k = [w.tensor("k", (units, inputs), np.int8, draw.int8((units, inputs)), scale=draw.scale(-3, -1)) for _ in range(4)]
    r = [w.tensor("r", (units, units), np.int8, draw.int8((units, units)), scale=draw.scale(-3, -1)) for _ in range(4)]
    biases = draw.rng.normal(0, 30000 if wide else 1000, (4, units)).astype(np.int64 if wide else np.int32)
    b = [w.tensor("b", (units,), biases.dtype, biases[i], scale=1.0) for i in range(4)]
    h = w.tensor("h", (batches, units), dtype, variable=change.get("variable", True), **h_kind)
    scale = change.get("cell", 2.0 ** -draw.size(8, 15))
    c = w.tensor("c", (batches, units), np.int16, scale=scale, zero_point=0, variable=True)
    y = w.tensor("y", (*shape, units), dtype, **h_kind)
    w.op("UNIDIRECTIONAL_SEQUENCE_LSTM", [x, *k, *r, -1, -1, -1, *b, -1, -1, h, c, -1, -1, -1, -1], [y],
         fusedActivationFunction=change.get("activation", "TANH"), timeMajor=time_major, cellClip=draw.pick(0.0, 10.0, 0.5))
    return w.finish([x], [y]), [draw.data((*shape, inputs), dtype) for _ in range(4)]


@pytest.mark.parametrize("dtype", (np.int8, np.int16))
@pytest.mark.parametrize("seed", range(40))
def test_lstm_goes_on_from_run_to_run(seed, dtype):
    assert_same_runs(*_lstm(seed, dtype))


def _lstm_f32(seed):
    draw, w = Draw(seed), Writer()
    time_major, batches, steps = draw.pick(False, True), draw.size(1, 3), draw.size(1, 6)
    inputs, units = draw.size(1, 12), draw.size(1, 9)
    shape = (steps, batches) if time_major else (batches, steps)
    x = w.tensor("x", (*shape, inputs), np.float32)
    weights = [w.tensor("w", size, np.float32, draw.rng.normal(0, 0.5, size))
               for size in 4 * [(units, inputs)] + 4 * [(units, units)] + 4 * [(units,)]]
    state = [w.tensor("s", (batches, units), np.float32, variable=True) for _ in range(2)]
    y = w.tensor("y", (*shape, units), np.float32)
    w.op("UNIDIRECTIONAL_SEQUENCE_LSTM", [x, *weights[:8], -1, -1, -1, *weights[8:], -1, -1, *state, -1, -1, -1, -1], [y],
         fusedActivationFunction="TANH", timeMajor=time_major, cellClip=draw.pick(0.0, 10.0, 0.5))
    return w.finish([x], [y]), [draw.floats((*shape, inputs)) for _ in range(4)]


@pytest.mark.parametrize("seed", range(40))
def test_lstm_of_floats_goes_on_from_run_to_run(seed):
    # exp and tanh are within 2 ulp of the C library's, 1.2e-7 each; up to 24 steps pass the difference on.
    assert_same_runs(*_lstm_f32(seed), atol=3e-6)


@pytest.mark.parametrize("change, sentence", (
    (dict(activation="RELU"), "activation 1 of the cell is not supported"),
    (dict(variable=False), "its input 18 must be a variable"),
    (dict(cell=0.3), "the cell's scale must be a power of two, 2^-32 to 1"),
))
def test_lstm_says_what_it_cannot_do(change, sentence):
    data, _ = _lstm(0, np.int8, **change)
    with pytest.raises(engine.ToolError) as error:
        engine.measure(data)
    assert str(error.value) == f"unidirectional_sequence_lstm #0: {sentence}."


def test_lstm_begins_anew_when_it_is_opened():
    data, (x, *_) = _lstm(1, np.int8)
    (first,) = engine.Model(data)(x)
    (again,) = engine.Model(data)(x)
    np.testing.assert_array_equal(first, again)


def test_a_state_is_no_other_input_of_its_operator():
    """What comes of that depends on the order in which it reads and writes."""
    w = Writer()
    s, y = w.tensor("s", (1, 4), np.float32, variable=True), w.tensor("y", (1, 4), np.float32)
    k = [w.tensor("k", (4, n), np.float32, np.ones((4, n))) for n in (4, 1)]
    w.op("SVDF", [s, *k, -1, s], [y], rank=1)
    with pytest.raises(engine.ToolError, match="its input 0 cannot be its variable, too"):
        engine.measure(w.finish([], [y]))


def _digit(peer_data, digit):
    pixels = image.imread(peer_data / f"mnist_lstm/sample{digit}.png") * 255 - 128
    return np.round(pixels).astype(np.int8).reshape(1, 28, 28)


def test_trained_lstm_reads_every_digit(peer_models, peer_data):
    data = (peer_models / "trained_lstm_int8.tflite").read_bytes()
    read = [int(np.argmax(engine.Model(data)(_digit(peer_data, digit))[0])) for digit in range(10)]
    assert read == list(range(10))


def test_trained_lstm_remembers_as_the_official_interpreter_does(peer_models, peer_data):
    data = (peer_models / "trained_lstm_int8.tflite").read_bytes()
    assert_same_runs(data, [_digit(peer_data, digit) for digit in range(10)])


def test_trained_lstm_gives_the_recorded_bytes(peer_models):
    model = engine.Model((peer_models / "trained_lstm_int8.tflite").read_bytes())
    golden = json.loads((peer_models / "golden_xorshift.json").read_text())["trained_lstm_int8"]["wheel"]["out"][0]
    (y,) = model(xorshift(28 * 28).view(np.int8).reshape(1, 28, 28))
    assert y.tolist() == [golden["data"]]
