# SPDX-License-Identifier: MIT
"""Runs every script of this folder on four MicroPythons: modules built in or as native .mpy, on this PC or emulated.

A script ends with `PASS <build>`, where <build> is tflm.BUILD or dsp.BUILD as the script itself saw it, with
`PASS` if it uses neither, with `SKIP: reason`, or with an exception.
"""

import ast
import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from torpor_host import build, romfs
from torpor_host.link import Link
from torpor_host.paths import BUILD, FIRMWARE, LIB, ROOT, micropython
from torpor_host.sim import Board

SCRIPTS = sorted(path for path in Path(__file__).parent.glob("*.py") if not path.name.startswith(("test_", "conftest")))
TIMEOUT_S = 60


class Unix:
    """MicroPython's unix port; `path` are folders to import from."""

    def __init__(self, name, modules, folder, path):
        self.modules, self._folder = modules, folder
        self._binary = build.build([name])[name]
        self._env = {**os.environ, "MICROPYPATH": ":".join(map(str, path))}

    def run(self, script):
        command = [self._binary, "-X", "heapsize=4M", script]
        result = subprocess.run(command, cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=TIMEOUT_S)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout


class Emulated:
    """A running board with the files in /rom; each script starts from a soft reset."""

    def __init__(self, link, modules, prepare):
        self.modules, self._link = modules, link
        self._prepare = f"import os, sys; os.chdir('/rom'); {prepare}"

    def run(self, script):
        self._link.enter_raw(reset=True)
        self._link.exec(self._prepare)
        return self._link.exec(script.read_text(), timeout=TIMEOUT_S).decode()


@pytest.fixture(scope="session")
def link(peer_files, tmp_path_factory):
    """The board's prompt; the board lives as long as the session and ends with it."""
    name = "emu-m4f"
    build.build([name, "natmod-armv7emsp"])
    content = {path.name: path.read_bytes() for path in peer_files.iterdir() if path.is_file()}
    for path in (BUILD / "natmod/armv7emsp").glob("*.mpy"):
        content[f"natmod/{path.name}"] = path.read_bytes()
    folder = tmp_path_factory.mktemp(name)
    (folder / "romfs.img").write_bytes(romfs.build(content))
    with Board(name, folder) as board, Link(board.port) as link:
        yield link


@pytest.fixture(scope="session")
def target(request, peer_files):
    """One of the four, by its name."""
    if request.param == "unix-firmware":
        return Unix("unix-torpor", "firmware", peer_files, [".frozen"])
    if request.param == "unix-natmod":
        build.build(["natmod-x64"])
        return Unix("unix", "natmod", peer_files, [BUILD / "natmod/x64", LIB, micropython() / "extmod"])
    link = request.getfixturevalue("link")
    if request.param == "emu-m4f-firmware":
        return Emulated(link, "firmware", "")
    return Emulated(link, "natmod", "sys.path.insert(0, '/rom/natmod')")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("target", ["unix-firmware", "unix-natmod", "emu-m4f-firmware", "emu-m4f-natmod"], indirect=True)
def test_script(target, script):
    last = target.run(script).strip().splitlines()[-1]
    if last.startswith("SKIP: "):
        pytest.skip(last.removeprefix("SKIP: "))
    assert last in ("PASS", f"PASS {target.modules}")
    assert last != "PASS" or script.name.startswith("lib_"), "the script does not say which module it used"


def on_unix(name, program, path, folder):
    """What a program prints on a unix port."""
    script = folder / "program.py"
    script.write_text(program)
    return Unix(name, "", folder, path).run(script)


def test_a_native_module_for_few_operators(files, tmp_path):
    build.build(["natmod-x64"])  # so that the compiler is known to be there
    make = ["make", "-C", FIRMWARE / "natmod", "ARCH=x64", "MOD=tflm", f"BUILD={tmp_path}", "OPS=reshape softmax", "OPT=-O0"]
    subprocess.run([*make, f"MICROPYTHON_DIR={micropython()}"], check=True, capture_output=True)
    program = f"""
import tflm
assert sorted(tflm.OPS) == ["RESHAPE", "SOFTMAX"], tflm.OPS
print(tflm.Model({str(files / "echo_int8.tflite")!r}).predict(list(range(10))))
try:
    tflm.Model({str(files / "classifier.tflite")!r})
except ValueError as error:
    print(error)
"""
    values, error = on_unix("unix", program, [tmp_path], tmp_path).splitlines()
    assert json.loads(values) == list(range(10))
    assert error == "conv_2d #0: this operator is not supported"


def names_in_stub(module):
    """{"": names of the module, "Model": names of the class, ...} as a stub declares them."""
    def public(body):
        names = [getattr(node, "name", None) or getattr(getattr(node, "target", None), "id", "_") for node in body]
        return sorted(name for name in names if not name.startswith("_"))

    tree = ast.parse((LIB / f"stubs/{module}.pyi").read_text())
    classes = {node.name: public(node.body) for node in tree.body if isinstance(node, ast.ClassDef)}
    return {"": public(tree.body), **classes}


def test_the_stubs_name_what_the_modules_have(files, tmp_path):
    program = """
import dsp, json, tflm
def public(thing):
    return sorted(name for name in dir(thing) if not name.startswith("_"))
m = tflm.Model("classifier.tflite")
mel = dsp.LogMel(16000, 480, 512, 20, 80, 7600)
print(json.dumps([public(tflm), public(m), public(m.inputs[0]), public(dsp), public(mel)]))
"""
    (tmp_path / "classifier.tflite").write_bytes((files / "classifier.tflite").read_bytes())
    found = json.loads(on_unix("unix-torpor", program, [".frozen"], tmp_path))
    tflm, dsp = names_in_stub("tflm"), names_in_stub("dsp")
    only_for_typing = {"Buffer", "Tensor"}  # names that a script never needs
    assert found[0] == [name for name in tflm[""] if name not in only_for_typing]
    assert found[1:3] == [tflm["Model"], tflm["Tensor"]]
    assert found[3:] == [dsp[""], dsp["LogMel"]]


def test_the_modules_have_the_projects_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f'#define TORPOR_VERSION "{project["version"]}"' in (FIRMWARE / "module.h").read_text()
