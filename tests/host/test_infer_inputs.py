# SPDX-License-Identifier: MIT
"""Inputs and fingerprints of `torpor infer`, and its answers on this PC against the official interpreter."""

import json

import numpy as np
import pytest
from tflite_micro import runtime
from torpor_host import infer
from torpor_host.convert.writer import Writer


@pytest.mark.parametrize("data, value", [(b"", "811c9dc5"), (b"a", "e40c292c"), (b"foobar", "bf9cf968")])
def test_fnv_gives_the_authors_test_vectors(data, value):
    assert infer.fnv(data) == value  # Fowler, Noll, Vo: draft-eastlake-fnv, appendix C


class FakeModel:
    def __init__(self, *dtypes):
        self.inputs = [type("Tensor", (), {"shape": (2, 3), "dtype": np.dtype(dtype)}) for dtype in dtypes]


def xorshift32(count):
    """Top bytes of Marsaglia's generator (Xorshift RNGs, 2003: shifts 13, 17, 5), in NumPy's 32-bit arithmetic."""
    x, out = np.array([0x12345678], np.uint32), []
    for _ in range(count):
        x ^= x << np.uint32(13)
        x ^= x >> np.uint32(17)
        x ^= x << np.uint32(5)
        out.append(int(x[0] >> 24))
    return bytes(out)


def test_xorshift_is_one_stream_of_bytes_over_all_inputs():
    first, second = infer.xorshift(FakeModel(np.int8, np.int16))
    assert first.shape == second.shape == (2, 3)
    assert first.tobytes() + second.tobytes() == xorshift32(6 + 12)


def test_xorshift_floats_are_bytes_over_128():
    (x,) = infer.xorshift(FakeModel(np.float32))
    np.testing.assert_array_equal(x.ravel(), np.frombuffer(xorshift32(6), np.int8) / np.float32(128))


def test_answer_equals_the_official_interpreters(torpor, model, tmp_path):
    x = np.array([[1, -2, 0.5, 100]], np.float32)
    np.save(tmp_path / "x.npy", x)
    result = torpor("infer", model, "--input", "x.npy", "--out", "y.npz", "--json")
    found = json.loads(result.stdout)
    interpreter = runtime.Interpreter.from_file(str(model))
    interpreter.set_input(x, 0)
    interpreter.invoke()
    np.testing.assert_array_equal(np.load(tmp_path / "y.npz")["y"], interpreter.get_output(0))
    assert set(found) == {"target", "engine", "arena_bytes", "outputs"} and found["target"] == "host"
    assert found["outputs"] == [
        {"name": "y", "dtype": "float32", "shape": [1, 4], "fnv": infer.fnv(interpreter.get_output(0).tobytes())}]


def test_outputs_keep_any_name(torpor, tmp_path):
    w = Writer()
    x = w.tensor("x", (1, 2), np.float32)
    outputs = [w.tensor(name, (2,), np.float32) for name in ("file", "a/b:0")]
    shape = w.tensor("shape", (1,), np.int32, data=[2])
    for y in outputs:
        w.op("RESHAPE", [x, shape], [y], newShape=[2])
    (tmp_path / "two.tflite").write_bytes(w.finish([x], outputs))
    assert torpor("infer", "two.tflite", "--xorshift", "--out", "y.npz").returncode == 0
    assert list(np.load(tmp_path / "y.npz")) == ["file", "a/b:0"]


def test_scores_are_shown_as_the_model_means_them(torpor, tmp_path):
    w = Writer()
    x = w.tensor("x", (1, 3), np.float32)
    y = w.tensor("y", (1, 3), np.int8, scale=0.25, zero_point=10)
    w.op("QUANTIZE", [x], [y])
    (tmp_path / "q.tflite").write_bytes(w.finish([x], [y]))
    np.save(tmp_path / "x.npy", np.array([-1.5, 3.25, 0.5], np.float32))
    assert "[1] 3.25  [2] 0.5  [0] -1.5" in torpor("infer", "q.tflite", "--input", "x.npy").stdout
