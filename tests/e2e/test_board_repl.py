# SPDX-License-Identifier: MIT
"""The REPL on a pty, as mpremote and people use it."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from torpor_host.link import Link
from torpor_host.sim import Board

MPREMOTE = Path(sys.executable).with_name("mpremote")


@pytest.fixture
def board(firmware, tmp_path):
    with Board("emu-m4f", tmp_path / "instance", firmware=firmware) as board:
        yield board


@pytest.fixture
def mpremote(board, tmp_path):
    """mpremote(*arguments): what it prints; fails with what it complains about."""

    def call(*arguments):
        command = [MPREMOTE, "connect", board.port, *arguments]
        done = subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


def test_mpremote_evaluates_and_executes(mpremote):
    assert mpremote("eval", "6 * 7", "+", "exec", "import sys; print(sys.platform)").split() == ["42", "emulated"]


def test_mpremote_copies_both_ways(mpremote, tmp_path):
    data = np.random.default_rng(2).bytes(5000)
    (tmp_path / "there.bin").write_bytes(data)
    mpremote("cp", "there.bin", ":there.bin", "+", "cp", ":there.bin", "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == data


def test_mpremote_mounts_a_folder_of_the_host(mpremote, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/remote_module.py").write_text("ANSWER = 'from the host'\n")
    code = "import remote_module; print(remote_module.ANSWER); open('result.txt', 'w').write('x' * 3000)"
    assert "from the host" in mpremote("mount", "shared", "exec", code)
    assert (tmp_path / "shared/result.txt").read_text() == "x" * 3000


def test_mpremote_deploys_a_romfs(mpremote, tmp_path):
    (tmp_path / "rom").mkdir()
    (tmp_path / "rom/note.txt").write_text("in ROM")
    mpremote("romfs", "deploy", "rom")
    assert "in ROM" in mpremote("soft-reset", "+", "exec", "print(open('/rom/note.txt').read())")


def test_soft_reset_forgets_variables_and_keeps_files(mpremote):
    mpremote("exec", "x = 1; open('/f', 'w').close()")
    told = mpremote("soft-reset", "+", "exec", "import os; print('x' in globals(), 'f' in os.listdir('/'))")
    assert told.split() == ["False", "True"]


def test_hard_reset_restarts_time_and_keeps_files(mpremote, board):
    pid = board.pid
    mpremote("exec", "import time; time.sleep(100); open('/f', 'w').close()")
    mpremote("reset")
    code = "import emu, machine, os; print(emu.uptime_us() < 1000000, machine.reset_cause() == machine.HARD_RESET, 'f' in os.listdir('/'))"
    assert mpremote("exec", code).split() == ["True", "True", "True"]
    assert board.pid == pid


def test_deepsleep_ends_in_a_reset_that_says_so(board):
    with Link(board.port) as link:
        link.enter_raw()
        link.start("import machine\nmachine.deepsleep(5000)")
        time.sleep(0.5)
        link.enter_raw()
        link.exec("import emu, machine")
        assert link.eval("(machine.reset_cause() == machine.DEEPSLEEP_RESET, emu.uptime_us() < 1000000)") == (True, True)


def test_control_c_stops_a_busy_and_a_sleeping_program(board):
    for code in ("while True: pass", "import time\nwhile True: time.sleep(1e6)", "input()"):
        with Link(board.port) as link:
            link.enter_raw()
            link.start(code)
            time.sleep(0.1)
            link.enter_raw()
            assert link.eval("1 + 1") == 2


def test_a_large_paste_loses_nothing(board):
    """More than the receive ring holds, sent while the board computes."""
    text = "".join(chr(97 + i % 26) for i in range(30000))
    with Link(board.port) as link:
        link.enter_raw()
        link.start("import hashlib, sys, time\nfor _ in range(20000): pass\ntext = sys.stdin.read(30000)")
        for start in range(0, len(text), 1000):
            link.write(text[start : start + 1000].encode())
        link.finish(timeout=60)  # on a busy machine the board takes its time
        found = link.eval("hashlib.sha256(text.encode()).digest()")
    assert found == hashlib.sha256(text.encode()).digest()


def test_output_waits_for_a_slow_reader(board):
    """100 kB that nobody reads for a while: all of it arrives, and virtual time does not run on."""
    with Link(board.port) as link:
        link.enter_raw()
        link.start("import emu\nup = emu.uptime_us()\nfor i in range(10000): print('%09d' % i)\nup = emu.uptime_us() - up")
        time.sleep(0.5)
        assert link.finish().split() == [b"%09d" % i for i in range(10000)]
        assert link.eval("up") < 10_000_000


def test_printing_in_a_hard_interrupt_does_not_hang(board):
    """There the serial line's own interrupt cannot come; 20 kB fill every buffer before the host reads."""
    (board.folder / "pins.csv").write_text("1,1,1\n")
    with Link(board.port) as link:
        link.enter_raw()
        link.start("""
import time
from machine import Pin
text = 20000 * "x"
Pin(1, Pin.IN).irq(lambda pin: print(text), Pin.IRQ_RISING, hard=True)
time.sleep(2)
""")
        time.sleep(0.3)
        assert link.finish().count(b"x") == 20000


def test_endless_recursion_and_full_heap_are_exceptions(run):
    caught = run(
        """
def down(): return down()
caught = []
for fail in (down, lambda: bytearray(10000000)):
    try:
        fail()
    except (RuntimeError, MemoryError) as e:
        caught.append(type(e).__name__)
print(caught)
"""
    )
    assert caught == ["RuntimeError", "MemoryError"]


def test_main_py_runs_at_start(firmware, tmp_path):
    with Board("emu-m4f", tmp_path, firmware=firmware) as board, Link(board.port) as link:
        link.exec("with open('/main.py', 'w') as f: f.write('started = True')")
    with Board("emu-m4f", tmp_path, firmware=firmware) as board, Link(board.port) as link:
        assert link.eval("started") is True


def test_the_board_says_what_it_is(run):
    machine, arch, native = run(
        """
import sys
@micropython.viper
def twice(x: int) -> int:
    return 2 * x
print((sys.implementation._machine, sys.implementation._mpy >> 10 & 15, twice(21)))
"""
    )
    assert machine == "Torpor emu-m4f (mps2-an386)"
    assert arch == 7  # armv7emsp, in MicroPython's py/persistentcode.h
    assert native == 42


def test_modules_that_applications_use_are_there(run):
    modules = "os sys json binascii hashlib struct array gc micropython random errno select vfs asyncio time machine tflm dsp torpor board"
    assert run(f"[__import__(name) for name in {modules.split()}]; print(True)") is True
