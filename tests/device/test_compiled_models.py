# SPDX-License-Identifier: MIT
"""Compiled models: imported on MicroPython they give the official interpreter's bytes, run after run, and tflm's answers."""

import ast
import json
import re
import subprocess

import numpy as np
import pytest
import stock
from tflite_micro import runtime

from torpor_host import build, compile, engine, natmod, romfs
from torpor_host.convert import tflite
from torpor_host.convert.writer import Writer
from torpor_host.link import Link
from torpor_host.paths import MODELS
from torpor_host.targets.emulated import instance

KEYWORDS = MODELS / "keywords/model.tflite"
PEERS = ("kws_ref_model", "micro_speech_quantized", "hello_world_int8", "hello_world_float", "trained_lstm_int8", "ad01_int8",
         "pretrainedResnet_quant", "vww_96_int8", "ad01_fp32", "audio_preprocessor_int8")
ON_BOARD = PEERS[:5]
RUNS = 3

# MicroPython: prints each output of each run, then of one more after reset().
PROGRAM = """
import binascii, sys
sys.path.insert(0, {folder!r})
import compiled
m = compiled.Model()
def run(r):
    for i in range(len(m.inputs)):
        with open({folder!r} + "/input%d_%d" % (r, i), "rb") as f:
            f.readinto(m.input(i))
    m.run()
    return [binascii.hexlify(m.output(i)).decode() for i in range(len(m.outputs))]
runs = [run(r) for r in range({runs})]
m.reset()
print(repr(runs + [run(0)]))
"""

# The kernels of this core need as much scratch as the model was prepared for elsewhere.
SAME_ARENA = """
del runs
size = m.arena_size
del m, compiled, sys.modules["compiled"]
import gc
gc.collect()
import tflm
assert tflm.Model("/rom/kws.tflite").arena_size == size
"""


def inputs_of(data):
    rng = np.random.default_rng(1)
    return [[_values(t, rng) for t in tflite.read(data).main.inputs] for _ in range(RUNS)]


def _values(tensor, rng):
    if tensor.dtype == np.float32:
        return rng.normal(0, 1, tensor.shape).astype(np.float32)
    limits = np.iinfo(tensor.dtype)
    return rng.integers(limits.min, limits.max + 1, tensor.shape).astype(tensor.dtype)


def wanted(data, runs):
    """The official interpreter's outputs as hexadecimal digits: of the runs, and of the first in an interpreter of its own."""
    interpreters = [runtime.Interpreter.from_bytes(data, arena_size=1 << 22) for _ in range(2)]
    count = len(tflite.read(data).main.outputs)
    found = []
    for interpreter, inputs in [*((interpreters[0], x) for x in runs), (interpreters[1], runs[0])]:
        for i, x in enumerate(inputs):
            interpreter.set_input(x, i)
        interpreter.invoke()
        found.append([np.ascontiguousarray(interpreter.get_output(i)).tobytes().hex() for i in range(count)])
    return found


def files_of(path, arch, folder):
    """What the program reads: the module and the inputs."""
    module = folder / "compiled.mpy"
    compile.compile_file(path, arch, module)
    runs = inputs_of(path.read_bytes())
    inputs = {f"input{r}_{i}": x.tobytes() for r, xs in enumerate(runs) for i, x in enumerate(xs)}
    return {"compiled.mpy": module.read_bytes(), **inputs}


def on_pc(files, folder, program):
    """What stock MicroPython on this PC prints last."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "program.py").write_text(program)
    binary = build.build(["unix"])["unix"]
    result = subprocess.run([binary, "-X", "heapsize=16M", folder / "program.py"], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip().splitlines()[-1]


def assert_right_on_this_pc(path, tmp_path):
    files = files_of(path, "x64", tmp_path)
    found = ast.literal_eval(on_pc(files, tmp_path, PROGRAM.format(folder=str(tmp_path), runs=RUNS)))
    assert found == wanted(path.read_bytes(), inputs_of(path.read_bytes()))


@pytest.mark.parametrize("name", PEERS)
def test_peer_model_on_this_pc(peer_models, tmp_path, name):
    assert_right_on_this_pc(peer_models / f"{name}.tflite", tmp_path)


def test_our_own_model_on_this_pc(tmp_path):
    assert_right_on_this_pc(KEYWORDS, tmp_path)


def assert_right_at_the_prompt(link, program, path):
    """What the program prints last is what the official interpreter gives."""
    found = ast.literal_eval(link.exec(program, 120).decode().strip().splitlines()[-1])
    assert found == wanted(path.read_bytes(), inputs_of(path.read_bytes()))


def assert_right_on_a_board(path, tmp_path):
    image = romfs.build(files_of(path, "armv7emsp", tmp_path))
    with instance("emu-m4f", image, firmware=build.build(["emu-m4f"])["emu-m4f"]) as link:
        assert_right_at_the_prompt(link, PROGRAM.format(folder="/rom", runs=RUNS), path)


@pytest.mark.parametrize("name", ON_BOARD)
def test_peer_model_on_a_board(peer_models, tmp_path, name):
    assert_right_on_a_board(peer_models / f"{name}.tflite", tmp_path)


def test_our_own_model_on_a_board(tmp_path):
    assert_right_on_a_board(KEYWORDS, tmp_path)


@pytest.mark.parametrize("name, arch", [("stock-m3", "armv7m"), ("stock-m3", "armv6m"), ("stock-rv32", "rv32imc")])
def test_our_own_model_on_the_stock_firmware_of_other_cores(tmp_path, name, arch):
    build.build([name])
    interpreter = natmod.build(arch, natmod.parts_of([KEYWORDS]))
    image = romfs.build({**files_of(KEYWORDS, arch, tmp_path), "tflm.mpy": interpreter.read_bytes(), "kws.tflite": KEYWORDS.read_bytes()})
    program = PROGRAM.format(folder="/rom", runs=RUNS) + SAME_ARENA
    with stock.board(name, tmp_path, image) as running, Link(running.port) as link:
        link.enter_raw()
        link.exec(stock.mount(name, image))
        assert_right_at_the_prompt(link, program, KEYWORDS)


def test_the_class_answers_as_that_of_tflm(tmp_path):
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import compiled, tflm
m = compiled.Model()
x, = m.inputs
y, = m.outputs
with open({str(KEYWORDS)!r}, "rb") as f:
    whole = tflm.Model(f.read())
found = [x.shape, x.dtype, x.scale, x.zero_point, x.name, x.nbytes, y.shape, y.name, m.ops, m.macs, m.arena_size == whole.arena_size,
         bytes(m.metadata("torpor")), m.metadata("other"), [name for name, _ in m.profile(lambda: 0)], compiled.ENGINE, len(m.predict([0.0] * 1568))]
shared = bytearray(m.arena_size + 16)
n = compiled.Model(arena=shared)
n.run(bytes(1568))
m.run(bytes(1568))
found.append(bytes(n.output(0)) == bytes(m.output(0)))
small = bytearray(100)
for wrong in (lambda: compiled.Model(arena=small), lambda: m.run(bytes(3)), lambda: m.input(1), lambda: m.predict([1.0])):
    try:
        wrong()
    except Exception as error:
        found.append((type(error).__name__, str(error)))
print(repr(found))
"""
    interpreter = natmod.build("x64", natmod.parts_of([KEYWORDS]))
    files = {**files_of(KEYWORDS, "x64", tmp_path), "tflm.mpy": interpreter.read_bytes()}
    found = ast.literal_eval(on_pc(files, tmp_path, program))
    model = engine.Model(KEYWORDS.read_bytes())
    (x,), (y,) = model.inputs, model.outputs
    assert found[:8] == [x.shape, "int8", x.scale, x.zero_point, x.name, x.nbytes, y.shape, y.name]
    assert found[8:11] == [tuple(model.ops), model.macs, True]
    assert json.loads(found[11]) == json.loads(dict(tflite.read(KEYWORDS.read_bytes()).metadata)["torpor"])
    assert found[12:17] == [None, model.ops, "torpor", 6, True]
    assert found[17][0] == "MemoryError" and re.search(r"arena is too small: \d+ bytes needed, \d+ available", found[17][1])
    assert found[18:] == [("ValueError", "run: the input takes 1568 bytes"), ("IndexError", "tuple index out of range"),
                          ("ValueError", "predict: the input takes 1568 values")]


def test_an_index_outside_a_tensor_is_an_error_that_names_the_operator(tmp_path):
    w = Writer()
    table = w.tensor("table", (4, 2), np.int8, np.arange(8).reshape(4, 2), scale=0.1, zero_point=0)
    index, y = w.tensor("index", (1,), np.int32), w.tensor("y", (1, 2), np.int8, scale=0.1, zero_point=0)
    w.op("GATHER", [table, index], [y])
    (tmp_path / "gather.tflite").write_bytes(w.finish([index], [y]))
    program = f"""
import array, sys
sys.path.insert(0, {str(tmp_path)!r})
import compiled
m = compiled.Model()
found = []
for i in (3, 4, -1, 0):
    try:
        m.run(array.array("i", [i]))
        found.append(list(m.output(0)))
    except ValueError as error:
        found.append(str(error))
print(repr(found))
"""
    compile.compile_file(tmp_path / "gather.tflite", "x64", tmp_path / "compiled.mpy")
    found = ast.literal_eval(on_pc({}, tmp_path, program))
    assert found[0] == [6, 7] and found[3] == [0, 1]
    assert all(text.startswith("GATHER #0: ") for text in found[1:3])
