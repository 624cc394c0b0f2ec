# SPDX-License-Identifier: MIT
"""Native modules: which operators a model needs, which modules can be built here, and what a request gets wrong."""

import json
import os
import shutil
import struct

import numpy as np
import pytest
from torpor_host import build, engine, natmod
from torpor_host.convert.writer import INT4, Writer
from torpor_host.errors import ToolError
from torpor_host.paths import MODELS

KEYWORDS = MODELS / "keywords/model.tflite"


def chain(*names):
    """float32 x[1, 4] through operators of one input and one output."""
    w = Writer()
    tensors = [w.tensor(f"t{i}", (1, 4), np.float32) for i in range(len(names) + 1)]
    for name, x, y in zip(names, tensors, tensors[1:]):
        w.op(name, [x], [y])
    return w.finish(tensors[:1], tensors[-1:])


def test_the_operators_that_the_sources_define_are_those_that_the_engine_runs():
    assert natmod.operators() == sorted(engine.operators())


def test_the_operators_of_a_model_each_once(tmp_path):
    path = tmp_path / "chain.tflite"
    path.write_bytes(chain("SOFTMAX", "SQUEEZE", "SOFTMAX", "SIGN"))
    assert natmod.parts_of([path]).operators == ("SIGN", "SOFTMAX", "SQUEEZE")
    # Beside engine.h, which knows no more of them than the names.
    assert natmod.parts_of([KEYWORDS]).operators == tuple(sorted(set(engine.Model(KEYWORDS.read_bytes()).ops)))


@pytest.mark.parametrize("damage", ["", "TFL3", "truncated", "far"])
def test_a_file_that_is_no_model(tmp_path, damage):
    data = chain("SOFTMAX")
    data = {"truncated": data[: len(data) // 2], "far": struct.pack("<I", 1 << 30) + data[4:]}.get(damage, b"\0\0\0\0" + damage.encode())
    path = tmp_path / "bad.tflite"
    path.write_bytes(data)
    with pytest.raises(ToolError, match="bad.tflite is not a TensorFlow Lite model"):
        natmod.parts_of([path])


def test_a_request_joins_models_and_names(tmp_path):
    path = tmp_path / "chain.tflite"
    path.write_bytes(chain("SOFTMAX", "SQUEEZE"))
    assert natmod.Request("x64", [path], ["add", "SOFTMAX"]).parts() == natmod.Parts(("SOFTMAX", "SQUEEZE", "add"))
    assert natmod.Request("x64", [path]).parts() == natmod.Parts(("SOFTMAX", "SQUEEZE"), ("float32",))
    assert natmod.Request("x64").parts() is None


def mixed():
    """float32 to int8, a convolution with int4 weights, and back to float32, whose first elements are taken."""
    w = Writer()
    x, y = w.tensor("x", (1, 4, 4, 2), np.float32), w.tensor("y", (1, 4, 4, 3), np.float32)
    a, b = (w.tensor(name, (1, 4, 4, n), np.int8, scale=0.1, zero_point=0) for name, n in (("a", 2), ("b", 3)))
    k = w.tensor("k", (3, 1, 1, 2), INT4, np.ones((3, 1, 1, 2)), scale=0.1)
    w.op("QUANTIZE", [x], [a])
    w.op("CONV_2D", [a, k, -1], [b], padding="SAME", strideW=1, strideH=1)
    w.op("DEQUANTIZE", [b], [y])
    z = w.tensor("z", (1, 4, 4, 1), np.float32)
    w.op("SLICE", [y, w.tensor("from", (4,), np.int32, [0] * 4), w.tensor("size", (4,), np.int32, [1, 4, 4, 1])], [z])
    return w.finish([x], [z])


def test_the_types_of_a_model_are_those_that_its_operators_compute_in(tmp_path):
    """Converting and moving floats needs no kernels for them."""
    path = tmp_path / "mixed.tflite"
    path.write_bytes(mixed())
    assert natmod.parts_of([path]) == natmod.Parts(("CONV_2D", "DEQUANTIZE", "QUANTIZE", "SLICE"), ("int4", "int8"))
    assert natmod.parts_of([path, KEYWORDS]).types == ("int4", "int8")


def test_one_file_for_the_operators_of_a_model(torpor, tmp_path):
    result = torpor("build", "--natmod", "x64", "--ops-from", KEYWORDS, "--out", "small.mpy", "--json")
    assert json.loads(result.stdout) == {"x64": "small.mpy"}, result.stderr
    module = (tmp_path / "small.mpy").read_bytes()
    # 'M', version 6, then sub-version 3 and the architecture, 2 for x64, in one byte (tools/mpy-tool.py)
    assert module[:3] == bytes([ord("M"), 6, 2 << 2 | 3])
    assert len(module) < natmod.build("x64").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == ["small.mpy"]


def test_all_says_what_is_left_out(monkeypatch):
    notes, built = [], []

    class Notes(build.Silent):
        note = staticmethod(notes.append)

    monkeypatch.setattr(natmod, "unusable", lambda arch: "its compiler is missing" if arch == "rv32imc" else "")
    monkeypatch.setattr(natmod, "build", lambda arch, parts, progress: built.append(arch) or f"{arch}.mpy")
    made = natmod.make(natmod.Request("all", names=["ADD"]), Notes())
    assert set(made) == set(built) == set(natmod.ARCHES) - {"rv32imc"}
    assert notes == ["no native module for rv32imc: its compiler is missing"]


@pytest.mark.parametrize("arch", ["armv6m", "armv7m", "armv7emdp", "rv32imc", "xtensa", "xtensawin"])
def test_modules_for_a_model_link_on_every_architecture_that_has_a_compiler(arch):
    if reason := natmod.unusable(arch):
        pytest.skip(f"no native modules for {arch}: {reason}")
    assert natmod.build(arch, natmod.parts_of([KEYWORDS])).stat().st_size < 64 * 1024


def test_sizes_are_those_of_the_files(torpor):
    *_, row = torpor("build", "--natmod", "x64", "--sizes").stdout.splitlines()
    arch, *sizes = [cell.strip() for cell in row.strip("|").split("|")]
    few = natmod.parts_of([KEYWORDS])
    paths = natmod.build("x64"), natmod.build("x64", few), natmod.build("x64", few, level="-O2"), natmod.build("x64").with_name("dsp.mpy")
    assert (arch, [int(size.replace(",", "")) for size in sizes]) == ("x64", [path.stat().st_size for path in paths])


def test_an_unknown_architecture(fails):
    sentence, hint = fails("build", "--natmod", "armv9")
    assert sentence == "There is no architecture armv9 of native modules."
    assert "armv7emsp" in hint and "rv32imc" in hint and hint.endswith("all")


def test_an_unknown_operator_names_one_like_it(fails):
    sentence, hint = fails("build", "--natmod", "x64", "--ops", "SOFTMAX,CONV2D")
    assert sentence == "The engine has no operator CONV2D." and "CONV_2D" in hint


def test_a_model_with_an_operator_that_we_do_not_have(fails, tmp_path):
    (tmp_path / "sign.tflite").write_bytes(chain("SIGN"))
    assert fails("build", "--natmod", "x64", "--ops-from", "sign.tflite")[0] == "The engine has no operator SIGN."


def test_a_model_that_is_not_there(fails):
    assert fails("build", "--natmod", "x64", "--ops-from", "no.tflite")[0] == "no.tflite cannot be read: No such file or directory."


def test_options_of_a_module_without_an_architecture(fails):
    sentence, hint = fails("build", "--ops", "ADD")
    assert "native module" in sentence and hint.startswith("add --natmod")


def test_modules_for_all_do_not_fit_one_file(fails):
    assert "do not fit one file" in fails("build", "--natmod", "all", "--ops", "ADD", "--out", "x.mpy")[0]


def test_a_file_that_cannot_be_written(fails):
    sentence, _ = fails("build", "--natmod", "x64", "--ops-from", KEYWORDS, "--out", "nowhere/x.mpy")
    assert sentence == "nowhere/x.mpy cannot be written: No such file or directory."


@pytest.mark.parametrize("arch, package", [("rv32imc", "gcc-riscv64-unknown-elf"), ("armv6m", "gcc-arm-none-eabi"), ("xtensawin", "ESP-IDF")])
def test_a_missing_compiler(fails, tmp_path, arch, package):
    env = {**os.environ, "PATH": str(tmp_path)}
    sentence, hint = fails("build", "--natmod", arch, env=env)
    assert f"for {arch} cannot be built" in sentence and "-gcc is missing." in sentence and package in hint


def test_a_compiler_without_division(tmp_path, monkeypatch):
    """As Debian's for the ESP8266: its libgcc leaves division to the chip's ROM."""
    for name, output in (("gcc", "lib.a"), ("nm", "00000000 T __muldi3")):
        program = tmp_path / f"xtensa-lx106-elf-{name}"
        program.write_text(f"#!/bin/sh\necho '{output}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.path.dirname(shutil.which('sh'))}")
    assert natmod.unusable("xtensa") == "the libgcc of xtensa-lx106-elf-gcc has no division, which native modules link"
