# SPDX-License-Identifier: MIT
"""What is an Xtensa core's own on the emulated ESP32: register windows, native modules, a serial line without an interrupt."""

import time

import pytest
from builds import built, skip_without_compiler
from torpor_host import build, romfs, targets
from torpor_host.errors import ToolError
from torpor_host.link import BoardError, Link
from torpor_host.paths import MODELS
from torpor_host.sim import Board


@pytest.fixture
def board(tmp_path):
    skip_without_compiler("emu-esp32")
    other = build.build(["natmod-x64"])["natmod-x64"]
    (tmp_path / "romfs.img").write_bytes(romfs.build({"other.mpy": other.read_bytes()}))
    with Board("emu-esp32", tmp_path, firmware=built("emu-esp32")) as running:
        yield running


@pytest.fixture
def repl(board):
    with Link(board.port) as link:
        link.enter_raw()
        yield link


def test_the_collector_sees_what_only_register_windows_hold(repl):
    """It runs within nearly every allocation here: a list whose elements get their memory is in a register alone."""
    program = """
import gc
gc.threshold(64)
lists = [[i, str(i), [i], {i}] for i in range(50)]
gc.threshold(-1)
print(all(lists[i] == [i, str(i), [i], {i}] for i in range(50)))
"""
    assert repl.exec(program, timeout=60).strip() == b"True"


def test_what_deep_callers_hold_survives_a_collection(repl):
    program = """
import gc
def chain(n):
    link = None
    for i in range(n):
        link = (link, i, str(i))
    return link
def total(link):
    n = 0
    while link:
        assert link[2] == str(link[1])
        n += link[1]
        link = link[0]
    return n
def deep(n):
    mine = [str(n)] * 5
    if n:
        deep(n - 1)
    else:
        gc.collect()
        chain(1000)
    assert mine == [str(n)] * 5
for _ in range(5):
    kept = chain(1000)
    deep(30)
    assert total(kept) == 1000 * 999 // 2
print(gc.mem_free() > 1000000)
"""
    assert repl.exec(program, timeout=60).strip() == b"True"


def test_exceptions_cross_many_windows_and_leave_the_callers_registers(repl):
    program = """
def deep(n):
    return deep(n - 1) if n else 1 // n
def run(n):
    a, b, c = n, n + 1, str(n)
    try:
        deep(n)
    except ZeroDivisionError:
        return (a, b, c) == (n, n + 1, str(n))
print(all(run(n) for n in range(60)))
try:
    (lambda f: f(f))(lambda f: f(f))
except RuntimeError as error:
    print(error)
"""
    assert repl.exec(program).split(b"\r\n")[:2] == [b"True", b"maximum recursion depth exceeded"]


def test_a_running_program_is_interrupted(repl):
    repl.start("print('begins')\nwhile True:\n    pass\n")
    repl.enter_raw()
    assert repl.eval("6 * 7") == 42


def test_a_native_module_for_another_core_is_refused(repl):
    with pytest.raises(BoardError, match="ValueError: incompatible .mpy arch"):
        repl.exec("import sys\nsys.path.append('/rom')\nimport other")
    assert repl.eval("6 * 7") == 42


def test_a_fault_names_its_place_and_cause(board):
    with Link(board.port) as link:
        link.enter_raw()
        link.start("@micropython.viper\ndef f():\n    print(ptr32(1)[0])\nf()\n")
        deadline = time.monotonic() + 10
        while board.pid and time.monotonic() < deadline:
            time.sleep(0.05)
    assert "firmware fault: pc " in board.said() and " cause 00000009 " in board.said()  # LoadStoreAlignmentCause


def test_instructions_are_not_counted_and_a_sentence_says_why():
    data = (MODELS / "keywords/model.tflite").read_bytes()
    with pytest.raises(ToolError, match="Instructions are not counted on emu-esp32"):
        targets.get("emu-esp32").bench(data, [])
