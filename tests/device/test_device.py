# SPDX-License-Identifier: MIT
"""Runs every script of this folder on many MicroPythons: modules built in or as native .mpy, on this PC or emulated.

A script ends with `PASS <build>`, where <build> is tflm.BUILD or dsp.BUILD as the script itself saw it, with
`PASS` if it uses neither, with `SKIP: reason`, or with an exception.
"""

import ast
import json
import os
import subprocess
import tomllib
from contextlib import contextmanager
from pathlib import Path

import pytest
import stock
from builds import built
from torpor_host import build, natmod, romfs
from torpor_host.boards import load_board
from torpor_host.link import BoardError, Link
from torpor_host.paths import BUILD, FIRMWARE, LIB, ROOT, micropython
from torpor_host.sim import Board

SCRIPTS = sorted(path for kind in ("dsp", "lib", "tflm") for path in Path(__file__).parent.glob(f"{kind}_*.py"))
TIMEOUT_S = 60
SMALL = 4096  # bytes of a file that is on every board


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

    def __init__(self, link, modules, prepare="pass"):
        self.modules, self._link, self._prepare = modules, link, prepare

    def _path(self, _script):
        return ["/rom/natmod"] if self.modules == "natmod" else []

    def run(self, script):
        self._link.enter_raw(reset=True)
        self._link.exec(f"import os, sys; {self._prepare}; sys.path[:0] = {self._path(script)}; os.chdir('/rom')")
        return self._link.exec(script.read_text(), timeout=TIMEOUT_S).decode()


class SmallBoard:
    """A board whose flash does not hold all files: for each script it starts anew, with those that the script reads."""

    modules = "firmware"

    def __init__(self, name, files, folder):
        self._name, self._files, self._folder = name, files, folder

    def _named(self, script):
        """The files that a script names, or a list (.json) that it names; and all small ones, whose names it may make up."""
        text = script.read_text()
        lists = "".join(data.decode() for name, data in self._files.items() if name.endswith(".json") and name in text)
        return {
            name: data
            for name, data in self._files.items()
            if len(data) <= SMALL or name in text or f'"{name.removesuffix(".tflite")}"' in lists
        }

    def run(self, script):
        image, room = romfs.build(self._named(script)), load_board(self._name).romfs
        if len(image) > room:
            return f"SKIP: its files need {len(image):,} bytes, the ROMFS of {self._name} has {room:,}"
        (self._folder / "romfs.img").write_bytes(image)
        with Board(self._name, self._folder) as board, Link(board.port) as link:
            return Emulated(link, self.modules).run(script)


class StockBoard(Emulated):
    """A running board with MicroPython's own port, which lacks what stock.MISSING names; its small heap does not hold
    a module with all of the engine, so each script has one of MODULES."""

    def _path(self, script):
        folder = next(folder for folder, (scripts, _) in MODULES.items() if scripts is None or script.stem in scripts)
        return [f"/rom/{folder}", "/rom/natmod", "/rom/lib"]

    def run(self, script):
        try:
            return super().run(script)
        except BoardError as error:
            for name in stock.MISSING:
                if f"ImportError: no module named '{name}'" in error.trace:
                    return f"SKIP: stock MicroPython for QEMU has no {name}"
            raise


# {folder of a tflm.mpy: the scripts that import it, and the models whose operators it has}; None: all others.
MODULES = {
    "state": (("tflm_state", "tflm_signal"), ("remembering", "streaming", "spectrum_int16", "two")),
    "layers": (None, ("keywords", "two")),
}


def content(folder, *more):
    """{path in a ROMFS: bytes} of the files that the scripts read and of more folders, by name."""
    places = ("", folder), *more
    return {
        f"{at}{path.relative_to(root)}": path.read_bytes()
        for at, root in places
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix not in (".o", ".d", ".h", ".pyc")
    }


@contextmanager
def emulated(peer_files, folder, name, arch=""):
    """A board of ours; with the native modules for `arch` in /rom/natmod, if those are to be used."""
    built(name)
    more = []
    if arch:
        more.append(("natmod/", built(f"natmod-{arch}").parent))
    (folder / "romfs.img").write_bytes(romfs.build(content(peer_files, *more)))
    with Board(name, folder) as board, Link(board.port) as link:
        yield Emulated(link, "natmod" if arch else "firmware")


@contextmanager
def small_board(peer_files, folder, name):
    build.build([name])
    yield SmallBoard(name, content(peer_files), folder)


@contextmanager
def stock_board(peer_files, folder, name, arch):
    """MicroPython's own port."""
    build.build([name])
    more = {"natmod/dsp.mpy": natmod.build(arch).with_name("dsp.mpy").read_bytes()}
    for module, (_, models) in MODULES.items():
        known = natmod.parts_of([peer_files / f"{model}.tflite" for model in models]).operators
        more[f"{module}/tflm.mpy"] = natmod.build(arch, natmod.Parts(known)).read_bytes()
    image = romfs.build(content(peer_files, ("lib/", LIB)) | more)
    with stock.board(name, folder, image) as board, Link(board.port) as link:
        yield StockBoard(link, "natmod", stock.mount(name, image))


@contextmanager
def unix(peer_files, _folder, modules):
    if modules == "firmware":
        yield Unix("unix-torpor", modules, peer_files, [".frozen"])
    else:
        build.build(["natmod-x64"])
        yield Unix("unix", modules, peer_files, [BUILD / "natmod/x64", LIB, micropython() / "extmod"])


TARGETS = {
    "unix-firmware": (unix, "firmware"),
    "unix-natmod": (unix, "natmod"),
    "emu-m4f-firmware": (emulated, "emu-m4f"),
    "emu-m4f-natmod": (emulated, "emu-m4f", "armv7emsp"),
    "emu-m3-firmware": (emulated, "emu-m3"),
    "emu-rv32-firmware": (emulated, "emu-rv32"),
    "emu-m7-firmware": (emulated, "emu-m7"),
    "emu-m7-natmod": (emulated, "emu-m7", "armv7emdp"),
    "emu-m55-firmware": (emulated, "emu-m55"),
    "emu-m55-natmod": (emulated, "emu-m55", "armv7emsp"),
    "emu-esp32-firmware": (emulated, "emu-esp32"),
    "emu-esp32-natmod": (emulated, "emu-esp32", "xtensawin"),
    "emu-stm32f405-firmware": (small_board, "emu-stm32f405"),
    "stock-m3-armv7m": (stock_board, "stock-m3", "armv7m"),
    "stock-m3-armv6m": (stock_board, "stock-m3", "armv6m"),
    "stock-rv32-rv32imc": (stock_board, "stock-rv32", "rv32imc"),
}
# The device package does not depend on the core: it runs on one emulated board.
CORES = "emu-m3", "emu-rv32", "emu-m7", "emu-m55", "emu-esp32", "emu-stm32f405"
RUNS = [
    pytest.param(target, script, id=f"{target}-{script.stem}")
    for target in TARGETS
    for script in SCRIPTS
    if not (target.startswith(CORES) and script.name.startswith("lib_"))
]


@pytest.fixture(scope="module")
def target(request, peer_files, tmp_path_factory):
    """One of TARGETS; a board runs while its scripts do."""
    make, *arguments = TARGETS[request.param]
    with make(peer_files, tmp_path_factory.mktemp(request.param), *arguments) as running:
        yield running


@pytest.mark.parametrize(("target", "script"), RUNS, indirect=["target"])
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


def test_a_native_module_for_few_operators_says_how_to_add_one(files, tmp_path):
    module = natmod.build("x64", natmod.Parts(("RESHAPE", "SOFTMAX")))
    program = f"""
import tflm
assert sorted(tflm.OPS) == ["RESHAPE", "SOFTMAX"], tflm.OPS
print(tflm.Model({str(files / "echo_int8.tflite")!r}).predict(list(range(10))))
try:
    tflm.Model({str(files / "classifier.tflite")!r})
except ValueError as error:
    print(error)
"""
    values, error = on_unix("unix", program, [module.parent], tmp_path).splitlines()
    assert json.loads(values) == list(range(10))
    assert error == "conv_2d #0: not built in: torpor build --natmod x64 --ops-from MODEL"


def test_a_native_module_for_few_types_says_how_to_add_one(files, tmp_path):
    module = natmod.build("x64", natmod.Parts(("RESHAPE", "FULLY_CONNECTED"), ("int8",)))
    program = f"""
import tflm
print(tflm.Model({str(files / "echo_float32.tflite")!r}).predict([0.5] * 70) == [0.5] * 70)
try:
    tflm.Model({str(files / "dense.tflite")!r})
except ValueError as error:
    print(error)
"""
    moved, error = on_unix("unix", program, [module.parent], tmp_path).splitlines()
    assert moved == "True"
    assert error == "fully_connected #0: float32 is not built in: torpor build --natmod x64 --ops-from MODEL"


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
