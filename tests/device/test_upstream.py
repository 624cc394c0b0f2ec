# SPDX-License-Identifier: MIT
"""The same scripts with upstream TFLM behind engine.h, and both engines side by side.

Without TFLM_LIB (firmware/engine_tflm/README.md) all of this is skipped.
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from test_device import SCRIPTS, Emulated, Unix
from torpor_host import build, native, romfs, targets, upstream
from torpor_host.engine import operators
from torpor_host.infer import load, xorshift
from torpor_host.link import Link
from torpor_host.paths import BUILD, FIRMWARE
from torpor_host.sim import Board

NAMES = "unix-tflm", "emu-m4f-tflm"


def needs(name):
    if name not in build.parts():
        pytest.skip(f"TFLM_LIB names no library of upstream TFLM for {name.removesuffix('-tflm')}")


@pytest.fixture(scope="module")
def tflm_link(peer_files, tmp_path_factory):
    """The prompt of a board with upstream's engine."""
    name = "emu-m4f-tflm"
    firmware = build.build([name])[name]
    folder = tmp_path_factory.mktemp(name)
    content = {path.name: path.read_bytes() for path in peer_files.iterdir() if path.is_file()}
    (folder / "romfs.img").write_bytes(romfs.build(content))
    with Board("emu-m4f", folder, firmware=firmware) as board, Link(board.port) as link:
        yield link


@pytest.fixture(scope="module", params=NAMES)
def target(request, peer_files):
    needs(request.param)
    if request.param == "unix-tflm":
        return Unix(request.param, "firmware", peer_files, [".frozen"])
    return Emulated(request.getfixturevalue("tflm_link"), "firmware")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script(target, script):
    last = target.run(script).strip().splitlines()[-1]
    if last.startswith("SKIP: "):
        pytest.skip(last.removeprefix("SKIP: "))
    assert last in ("PASS", "PASS firmware")


def test_the_module_says_whose_engine_it_is(target, tmp_path):
    script = tmp_path / "program.py"
    script.write_text("import json, tflm; print(json.dumps([tflm.ENGINE, tflm.OPS]))")
    engine, ops = json.loads(target.run(script))
    assert engine == "tflite-micro"
    assert sorted(ops) == sorted(set(operators()) & set(ops)) and "CONV_2D" in ops


@pytest.mark.parametrize("name", NAMES)
def test_both_engines_give_the_same_outputs(name, peer_models, peer_files):
    needs(name)
    known = json.loads((peer_files / "peers.json").read_text())
    for model in (*known["exact"], *known["close"]):
        data, opened = load(peer_models / f"{model}.tflite")
        inputs = xorshift(opened)
        ours, theirs = (targets.get(on).infer(data, inputs) for on in ("host", name))
        assert (ours.engine, theirs.engine) == ("torpor", "tflite-micro")
        for a, b in zip(ours.outputs, theirs.outputs, strict=True):
            tolerance = 0 if model in known["exact"] else 1e-5
            np.testing.assert_allclose(a.data, b.data, rtol=tolerance, atol=tolerance, err_msg=model)


def test_memory_is_exact_wherever_it_begins(files, tmp_path):
    """In C, with the objects of the unix port; Python's heap aligns everything."""
    needs("unix-tflm")
    build.build(["unix-tflm"])
    sources = [*native.sources(), *(FIRMWARE / "engine_tflm").glob("*.cpp")]
    engine = [BUILD / "unix-tflm/firmware" / path.relative_to(FIRMWARE).with_suffix(".o") for path in sources]
    library = upstream.for_pc()[-1].partition("=")[2]
    program, source = tmp_path / "memory", Path(__file__).parent / "upstream_memory.c"
    subprocess.run(["cc", "-Wall", "-Werror", f"-I{FIRMWARE}", "-o", program, source, *engine, library, "-lm"], check=True)
    models = [files / f"{name}.tflite" for name in ("classifier", "two", "dense", "echo_int8", "keywords")]
    result = subprocess.run([program, *models], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) == len(models) * 6 * 2
