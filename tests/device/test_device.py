# SPDX-License-Identifier: MIT
"""Runs every script of this folder on four MicroPythons: modules built in or as native .mpy, on this PC or emulated.

A script ends with `PASS <build>`, where <build> is tflm.BUILD or dsp.BUILD as the script itself saw it, with
`PASS` if it uses neither, with `SKIP: reason`, or with an exception.
"""

import os
import subprocess
from pathlib import Path

import pytest
from torpor_host import build, romfs
from torpor_host.link import Link
from torpor_host.paths import BUILD, LIB, micropython
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
