# SPDX-License-Identifier: MIT
"""Damaged models: cut off at every byte, every byte and word altered, under AddressSanitizer and UBSan."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from oracle import Draw
from torpor_host import engine, native
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError
from torpor_host.paths import FIRMWARE

_SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DTE_CHECK", "-std=c11", "-O1", "-g"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """hostile.c with the engine, under sanitizers; skipped where the compiler has none."""
    program = tmp_path_factory.mktemp("hostile") / "hostile"
    source = Path(__file__).with_name("hostile.c")
    command = ["cc", *_SANITIZE, f"-I{FIRMWARE / 'engine'}", "-o", program, source, *native.sources()]
    result = subprocess.run(command, capture_output=True, text=True)
    if "sanitize" in result.stderr or "asan" in result.stderr:
        pytest.skip("this compiler has no sanitizers")
    assert result.returncode == 0, result.stderr
    return program


def _attack(hostile, data, tmp_path):
    """Runs every damage on a model; returns (tried, ran)."""
    (tmp_path / "model.tflite").write_bytes(data)
    result = subprocess.run([hostile, tmp_path / "model.tflite"], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-4000:]
    return map(int, re.findall(r"\d+", result.stdout))


def dense():
    """Three fully connected layers, like hello_world."""
    w, draw = Writer(), Draw(1)
    x = first = w.tensor("x", (1, 2), np.int8, scale=0.02, zero_point=3)
    for i, (depth, channels) in enumerate(((2, 3), (3, 4), (4, 1))):
        k = w.tensor("k", (channels, depth), np.int8, draw.int8((channels, depth)), scale=0.01)
        b = w.tensor("b", (channels,), np.int32, np.arange(channels), scale=0.0002)
        y = w.tensor(f"y{i}", (1, channels), np.int8, scale=0.02, zero_point=-5)
        w.op("FULLY_CONNECTED", [x, k, b], [y], fusedActivationFunction="RELU")
        x = y
    w.metadata("torpor", b"{}")
    return w.finish([first], [x])


def image():
    """The operators that work on images, int8."""
    w, draw = Writer(), Draw(2)

    def tensor(*shape, scale=0.05, zero=-3):
        return w.tensor("t", shape, np.int8, scale=scale, zero_point=zero)

    def constant(shape, axis):
        return w.tensor("k", shape, np.int8, draw.int8(shape), scale=draw.rng.uniform(0.01, 0.02, shape[axis]), axis=axis)

    x, padded, conv, deep = tensor(1, 3, 3, 2), tensor(1, 4, 4, 2), tensor(1, 2, 2, 3), tensor(1, 2, 2, 3)
    w.op("PAD", [x, w.tensor("p", (4, 2), np.int32, [[0, 0], [0, 1], [1, 0], [0, 0]])], [padded])
    w.op("CONV_2D", [padded, constant((3, 3, 3, 2), 0)], [conv], padding="VALID", strideH=1, strideW=1)
    w.op("DEPTHWISE_CONV_2D", [conv, constant((1, 2, 2, 3), 3)], [deep], padding="SAME", strideH=1, strideW=1,
         depthMultiplier=1)
    joined, pooled, flat = tensor(1, 2, 2, 3), tensor(1, 1, 2, 3), tensor(1, 6)
    w.op("ADD", [conv, deep], [joined])
    w.op("MAX_POOL_2D", [joined], [pooled], padding="VALID", strideH=2, strideW=1, filterHeight=2, filterWidth=1)
    w.op("RESHAPE", [pooled, w.tensor("s", (2,), np.int32, [1, 6])], [flat], newShape=[1, 6])
    scores = tensor(1, 6, scale=1 / 256, zero=-128)
    w.op("SOFTMAX", [flat], [scores], beta=1.0)
    return w.finish([x], [scores])


def floats():
    """The other operators, float32 in and out."""
    w, draw = Writer(), Draw(3)
    x, q = w.tensor("x", (1, 3, 2, 2), np.float32), w.tensor("q", (1, 3, 2, 2), np.int8, scale=0.1, zero_point=0)
    r, y = w.tensor("r", (1, 3, 2, 2), np.float32), w.tensor("y", (1, 2), np.float32)
    a, k = w.tensor("a", (1, 2, 2, 2), np.float32), w.tensor("k", (3, 2), np.float32, draw.floats((3, 2)))
    z = w.tensor("z", (1, 3), np.float32)
    w.op("QUANTIZE", [x], [q])
    w.op("DEQUANTIZE", [q], [r])
    w.op("AVERAGE_POOL_2D", [r], [a], padding="VALID", strideH=1, strideW=1, filterHeight=2, filterWidth=1)
    w.op("MEAN", [a, w.tensor("axes", (2,), np.int32, [1, -2])], [y])
    w.op("FULLY_CONNECTED", [y, k], [z])
    return w.finish([x], [z])


@pytest.mark.parametrize("make", (dense, image, floats))
def test_damaged_models_are_refused_or_run_within_bounds(hostile, tmp_path, make):
    data = make()
    tried, ran = _attack(hostile, data, tmp_path)
    assert tried > 7 * len(data) and 0 < ran < tried


@pytest.mark.parametrize("length", (0, 1, 7, 8, 40))
def test_a_stump_is_refused(length):
    with pytest.raises(ToolError):
        engine.measure(dense()[:length] or b"\0")


def test_another_file_format_is_refused():
    with pytest.raises(ToolError, match="no TFL3 mark"):
        engine.measure(b"\x89PNG\r\n\x1a\n" * 10)
