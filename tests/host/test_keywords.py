# SPDX-License-Identifier: MIT
"""The committed keyword model: its file, its golden outputs, and what it hears through the host's features."""

import importlib.util
import json
import wave

import numpy as np
import pytest
from tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema
from torpor_host import dsp
from torpor_host.engine import Model
from torpor_host.paths import MODELS

FOLDER = MODELS / "keywords"
FILE = (FOLDER / "model.tflite").read_bytes()
LABELS = (FOLDER / "labels.txt").read_text().split()
GOLDEN = np.load(FOLDER / "golden.npz")
OPERATORS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D", "RESHAPE", "SOFTMAX"}


@pytest.fixture(scope="module")
def flatbuffer():
    return schema.Model.GetRootAs(FILE)


@pytest.fixture(scope="module")
def metadata():
    return json.loads(Model(FILE).metadata("torpor"))


@pytest.fixture(scope="module")
def hear(metadata):
    """int16 samples -> labels of every second in them, one each 5 hops, by our engine."""
    f = metadata["features"]
    front = dsp.LogMel(**{key: f[key] for key in ("rate", "window", "fft", "bands", "low_hz", "high_hz")})
    model = Model(FILE)

    def labels(samples):
        rows = dsp.quantize(front.clip(samples, f["hop"]), f["offset"], f["multiplier"], model.inputs[0].zero_point)
        starts = range(0, len(rows) - f["frames"] + 1, 5)
        for start in starts:
            (scores,) = model(rows[start : start + f["frames"]])
            yield metadata["labels"][int(np.argmax(scores))]

    return lambda samples: list(labels(samples))


def read(path):
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        return np.frombuffer(file.readframes(-1), np.int16)


def test_file_is_small():
    assert len(FILE) <= 60_000


def test_metadata_describe_the_model(flatbuffer, metadata):
    graph = flatbuffer.Subgraphs(0)
    x, y = graph.Tensors(graph.Inputs(0)), graph.Tensors(graph.Outputs(0))
    f = metadata["features"]
    assert metadata["labels"] == LABELS == ["yes", "no", "stop", "go", "unknown", "silence"]
    assert x.ShapeAsNumpy().tolist() == [1, f["frames"], f["bands"], 1] and y.ShapeAsNumpy().tolist() == [1, len(LABELS)]
    assert (x.Type(), y.Type()) == (schema.TensorType.INT8, schema.TensorType.INT8)
    assert (y.Quantization().Scale(0), y.Quantization().ZeroPoint(0)) == (1 / 256, -128)
    assert f["kind"] == "logmel" and (f["frames"] - 1) * f["hop"] + f["window"] <= f["rate"]


def test_operators_are_the_ones_that_every_build_has(flatbuffer):
    names = {number: name for name, number in vars(schema.BuiltinOperator).items()}
    used = {names[flatbuffer.OperatorCodes(i).BuiltinCode()] for i in range(flatbuffer.OperatorCodesLength())}
    assert used <= OPERATORS


def test_official_interpreter_gives_the_golden_outputs():
    interpreter = runtime.Interpreter.from_bytes(FILE)
    for x, y in zip(GOLDEN["x"], GOLDEN["y"]):
        interpreter.set_input(x, 0)
        interpreter.invoke()
        np.testing.assert_array_equal(interpreter.get_output(0)[0], y)


def test_our_engine_gives_the_golden_outputs():
    model = Model(FILE)
    for x, y in zip(GOLDEN["x"], GOLDEN["y"]):
        np.testing.assert_array_equal(model(x)[0].ravel(), y)


def test_golden_inputs_cover_every_label():
    assert set(GOLDEN["y"].argmax(axis=1)) == set(range(len(LABELS)))


@pytest.mark.parametrize("label", ["yes", "no", "stop", "go", "unknown"])
def test_samples_are_heard_right(hear, label):
    assert hear(read(FOLDER / "samples" / f"{label}.wav")) == [label]


def test_demo_has_every_word_where_its_truth_says(hear):
    samples, words = read(FOLDER / "samples/demo.wav"), json.loads((FOLDER / "samples/demo.json").read_text())["events"]
    assert {word["label"] for word in words} == set(LABELS) - {"silence"}
    for word in words:
        middle = int((word["start_s"] + word["end_s"]) * 8000)
        assert hear(samples[middle - 8000 : middle + 8000]) == [word["label"]]
    between = int((words[-2]["end_s"] + words[-1]["start_s"]) * 8000)
    assert hear(samples[between - 8000 : between + 8000]) == ["silence"]


@pytest.mark.parametrize("name, label", [("yes", "yes"), ("no", "no"), ("noise", "silence"), ("silence", "silence")])
@pytest.mark.parametrize("shift_ms", [-200, 0, 200])
def test_human_recordings_are_heard_right(hear, peer_data, name, label, shift_ms):
    samples = read(peer_data / f"{name}_1000ms.wav")
    assert hear(np.roll(samples, 16 * shift_ms)) == [label]


def test_digital_silence_is_silence(hear):
    assert hear(np.zeros(16000, np.int16)) == ["silence"]


def test_held_out_voices_are_not_in_training():
    spec = importlib.util.spec_from_file_location("keyword_words", FOLDER / "words.py")
    words = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(words)
    assert not set(words.HELD_OUT_VARIANTS) & set(words.TRAIN_VARIANTS)
    assert list(words.LABELS) == LABELS
    assert not {"know", *words.KEYWORDS} & {*words.SIMILAR, *words.OTHER}
