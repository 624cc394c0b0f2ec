# SPDX-License-Identifier: MIT
"""`torpor infer` and `torpor bench` on every target, against the official interpreter's recorded outputs."""

import json
import subprocess

import numpy as np
import pytest
from builds import skip_without_compiler
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema
from torpor_host.convert.writer import Writer
from torpor_host.paths import ROOT

TARGETS = ["host", "unix", "emu-m4f", "emu-m3", "emu-rv32"]
INT8 = ["kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "ad01_int8", "hello_world_int8", "micro_speech_quantized"]
FLOAT = ["ad01_fp32", "hello_world_float"]


def torpor(*arguments):
    command = [ROOT / ".venv/bin/torpor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


def ask(*arguments):
    result = torpor(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def golden(peer_models, name):
    return json.loads((peer_models / "golden_xorshift.json").read_text())[name]["wheel"]


@pytest.mark.parametrize("target", [*TARGETS, "emu-stm32f405", "emu-esp32"])
@pytest.mark.parametrize("name", INT8)
def test_int8_outputs_equal_the_official_interpreters(peer_models, name, target):
    if target == "emu-esp32":
        skip_without_compiler(target)
    found = ask("infer", peer_models / f"{name}.tflite", "--xorshift", "--on", target)
    wanted = golden(peer_models, name)
    assert [output["fnv"] for output in found["outputs"]] == [wanted["fnv"]]
    assert found["outputs"][0]["shape"] == wanted["out"][0]["shape"]
    assert (found["target"], found["engine"], found["outputs"][0]["dtype"]) == (target, "torpor", "int8")


@pytest.mark.parametrize("name", FLOAT)
def test_float_outputs_are_close_to_it_and_the_same_bytes_everywhere(peer_models, name, tmp_path):
    wanted = golden(peer_models, name)["out"][0]
    seen = set()
    for target in TARGETS:
        found = ask("infer", peer_models / f"{name}.tflite", "--xorshift", "--on", target, "--out", tmp_path / "y.npz")
        (y,) = np.load(tmp_path / "y.npz").values()
        np.testing.assert_allclose(y, np.reshape(wanted["data"], wanted["shape"]), rtol=1e-4, atol=1e-4)
        seen.add(found["outputs"][0]["fnv"])
    assert len(seen) == 1


@pytest.mark.parametrize("target", TARGETS)
def test_raw_inputs_go_in_and_outputs_come_out_as_they_are(tmp_path, target):
    w = Writer()
    a, b, y = (w.tensor(name, (1, 2, 3), np.float32) for name in "aby")
    w.op("ADD", [a, b], [y])
    (tmp_path / "add.tflite").write_bytes(w.finish([a, b], [y]))
    left, right = np.arange(6, dtype=np.float32), np.full((3, 2), 0.5, np.float32)
    np.save(tmp_path / "a.npy", left)
    np.save(tmp_path / "b.npy", right)
    inputs = ["--input", tmp_path / "a.npy", "--input", tmp_path / "b.npy"]
    found = ask("infer", tmp_path / "add.tflite", *inputs, "--on", target, "--out", tmp_path / "out.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "out.npz")["y"], [[[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]])
    assert found["outputs"][0]["shape"] == [1, 2, 3] and found["outputs"][0]["name"] == "y" and found["arena_bytes"] > 0


def test_a_model_that_needs_more_memory_than_the_board_has(tmp_path):
    w = Writer()
    x, y = w.tensor("x", (1, 1, 1, 4), np.float32), w.tensor("y", (1, 1024, 1024, 4), np.float32)
    pads = w.tensor("pads", (4, 2), np.int32, data=[[0, 0], [0, 1023], [0, 1023], [0, 0]])
    w.op("PAD", [x, pads], [y])
    (tmp_path / "wide.tflite").write_bytes(w.finish([x], [y]))
    result = torpor("infer", tmp_path / "wide.tflite", "--xorshift", "--on", "emu-m4f")
    assert result.returncode == 2 and result.stdout == ""
    assert "error: emu-m4f has not enough memory: " in result.stderr and "\nhint:  " in result.stderr


def test_a_model_that_is_larger_than_the_boards_flash(peer_models):
    result = torpor("infer", peer_models / "ad01_fp32.tflite", "--xorshift", "--on", "emu-stm32f405")
    assert result.returncode == 2 and result.stdout == ""
    assert "error: The model and its inputs need " in result.stderr and "the ROMFS of emu-stm32f405 has 393,216." in result.stderr


def test_instructions_are_counted_the_same_way_twice(peer_models):
    model = peer_models / "ad01_int8.tflite"
    first, second = (ask("bench", model, "--on", "emu-m4f") for _ in range(2))
    assert first == second
    assert first["macs"] == 264192 and first["target"] == "emu-m4f"
    assert first["macs"] / 2 < first["instructions"] < 20 * first["macs"]
    assert first["instructions"] < first["predict_instructions"]
    assert all(first[key] > 0 for key in ("setup_instructions", "arena_bytes", "code_bytes", "stack_bytes"))


@pytest.mark.parametrize("target", ["emu-m4f", "emu-m55", "emu-rv32"])
def test_instructions_of_the_operators_make_up_those_of_the_run(target):
    found = ask("bench", ROOT / "models/keywords/model.tflite", "--on", target)
    data = (ROOT / "models/keywords/model.tflite").read_bytes()
    assert [op["op"] for op in found["ops"]] == operators(data)
    total = sum(op["instructions"] for op in found["ops"])
    assert abs(found["instructions"] - total) < 40 * len(found["ops"])  # what a call of each costs


def operators(data):
    """Names of a model's operators, in order, as the official schema reads them."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    names = {code: name for name, code in vars(schema.BuiltinOperator).items()}
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return [names[codes[op.opcodeIndex]] for op in model.subgraphs[0].operators]


def test_host_and_unix_measure_time(peer_models):
    for target in ("host", "unix"):
        found = ask("bench", peer_models / "hello_world_int8.tflite", "--on", target)
        assert found["time_us"] > 0 and found["instructions"] is None and found["macs"] == 288


def test_bench_prints_a_line_for_each_model(peer_models):
    result = torpor("bench", *(peer_models / f"{name}.tflite" for name in FLOAT), "--on", "host", "--json")
    assert [json.loads(line)["model"] for line in result.stdout.splitlines()] == FLOAT


def test_tables_are_for_people(peer_models):
    result = torpor("infer", peer_models / "hello_world_int8.tflite", "--xorshift", "--on", "host")
    assert result.returncode == 0 and golden(peer_models, "hello_world_int8")["fnv"] in result.stdout
    assert "264,192" in torpor("bench", peer_models / "ad01_int8.tflite", "--on", "host").stdout
