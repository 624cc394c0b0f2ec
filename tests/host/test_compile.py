# SPDX-License-Identifier: MIT
"""Compiling a model: what is kept of its file, how it fails. That the modules compute: tests/device/test_compiled_models.py."""

import json
import re

import numpy as np
import pytest
from planted import network
from torpor_host import compile, engine
from torpor_host.convert import tflite
from torpor_host.convert.writer import Writer
from torpor_host.paths import MODELS

KEYWORDS = MODELS / "keywords/model.tflite"


def tables(data, arch="x64"):
    return compile.tables(*tflite.write_apart(tflite.read(data)), arch)


def value(text, name):
    return int(re.search(rf"#define {name} (?:UINT64_C\()?(\d+)", text)[1])


def test_what_operators_read_lies_together_at_the_end():
    data = KEYWORDS.read_bytes()
    apart, base = tflite.write_apart(tflite.read(data))
    assert base % 16 == 0 and tflite.write(tflite.read(apart)) == tflite.write(tflite.read(data))
    for tensor in tflite.read(apart).main.tensors:
        if tensor.data:
            assert apart.rfind(tensor.data) >= base
            assert tensor.type == 2 or apart.rfind(tensor.scales.tobytes()) >= base
    needed = sum(len(t.data or b"") + 4 * t.scales.size * (t.type != 2) for t in tflite.read(data).main.tensors if t.data)
    assert needed <= len(apart) - base < 1.05 * needed


@pytest.mark.parametrize("seed", range(10))
def test_a_model_in_that_order_computes_the_same_without_the_rest(seed):
    data = network(seed)
    apart, base = tflite.write_apart(tflite.read(data))
    spoilt = bytearray(apart)
    models = engine.Model(data), engine.Model(spoilt)
    spoilt[:base] = bytes(base)
    for _ in range(3):
        x = np.random.default_rng(seed).integers(-128, 128, models[0].inputs[0].shape).astype(np.int8)
        for a, b in zip(models[0](x), models[1](x)):
            np.testing.assert_array_equal(a, b)


def test_all_of_the_file_is_kept_if_operators_might_read_it(monkeypatch):
    monkeypatch.setattr(compile, "_enough", lambda *_: False)
    assert value(tables(KEYWORDS.read_bytes()), "COMPILED_BASE") == 0


def test_that_operators_read_what_is_left_out_is_noticed():
    data, base = tflite.write_apart(tflite.read(KEYWORDS.read_bytes()))
    assert compile._enough(data, base) and not compile._enough(data, base + 2000)


def test_tables_say_what_the_engine_says():
    data = KEYWORDS.read_bytes()
    text, model = tables(data), engine.Model(data)
    assert value(text, "COMPILED_MACS") == model.macs
    assert (value(text, "COMPILED_INPUTS"), value(text, "COMPILED_OUTPUTS")) == (1, 1)
    assert re.search(r"COMPILED_OPS\(X\)(.*)", text)[1].count("X(") == len(model.ops)
    assert text == tables(data)


def test_a_core_with_other_kernels_gets_their_scratch():
    data = KEYWORDS.read_bytes()
    found = [tables(data, arch) for arch in ("rv32imc", "armv7m", "armv7emsp")]
    assert len({value(text, "COMPILED_KERNELS") for text in found}) == 3
    assert len({value(text, "COMPILED_ARENA") for text in found}) > 1


# ---- the command ----


def test_the_command_writes_a_module(torpor, tmp_path):
    result = torpor("compile", KEYWORDS, "--arch", "x64", "--out", "kws.mpy", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    module = (tmp_path / "kws.mpy").read_bytes()
    assert module[:1] == b"M" and found["bytes"] == len(module) > found["weights_bytes"] > 20_000
    assert found["arena_bytes"] == value(tables(KEYWORDS.read_bytes()), "COMPILED_ARENA") and found["arch"] == "x64"


@pytest.mark.parametrize("name", ["kws.py", "kws", "my-model.mpy", "7.mpy"])
def test_a_name_that_cannot_be_imported(fails, name):
    sentence, hint = fails("compile", KEYWORDS, "--arch", "x64", "--out", name)
    assert sentence == f"{name} is no name of a module." and "model.mpy" in hint


def test_an_unknown_architecture(fails):
    sentence, hint = fails("compile", KEYWORDS, "--arch", "z80", "--out", "kws.mpy")
    assert "no architecture z80" in sentence and "armv7emsp" in hint


def test_an_architecture_whose_code_cannot_hold_bytes(fails):
    assert "ESP8266" in fails("compile", KEYWORDS, "--arch", "xtensa", "--out", "kws.mpy")[0]


def test_a_folder_that_is_not_there(fails):
    assert "none/kws.mpy cannot be written" in fails("compile", KEYWORDS, "--arch", "x64", "--out", "none/kws.mpy")[0]


def test_what_is_no_model(fails, tmp_path):
    (tmp_path / "x.tflite").write_bytes(b"hello")
    assert fails("compile", "x.tflite", "--arch", "x64", "--out", "kws.mpy")[0].startswith("x.tflite: ")
    assert "No such file" in fails("compile", "none.tflite", "--arch", "x64", "--out", "kws.mpy")[0]
    assert [p.name for p in tmp_path.iterdir()] == ["x.tflite"]


def test_control_flow(fails, tmp_path):
    w = Writer()
    x, y = w.tensor("x", (1, 4), np.float32), w.tensor("y", (1, 4), np.float32)
    w.op("RELU", [x], [y])
    model = w.model([x], [y])
    model.graphs.append(tflite.read(tflite.write(model)).main)
    (tmp_path / "x.tflite").write_bytes(tflite.write(model))
    assert "several subgraphs" in fails("compile", "x.tflite", "--arch", "x64", "--out", "kws.mpy")[0]
