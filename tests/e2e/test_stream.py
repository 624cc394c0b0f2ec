# SPDX-License-Identifier: MIT
"""Records from a running board, and the commands that talk to one."""

import json
import os
import pty
import select
import subprocess
import time

import pytest
from torpor_host import build
from torpor_host.errors import ToolError
from torpor_host.frames import Record
from torpor_host.link import BoardError, Link
from torpor_host.paths import ROOT
from torpor_host.sim import Board
from torpor_host.stream import stream

TORPOR = ROOT / ".venv/bin/torpor"
SEND = "from torpor.link import Link\nlink=Link()\nlink.send('decision',{'t_ms':1500,'label':'ja \\u00e4','score':0.5})\n"


@pytest.fixture
def repl(tmp_path):
    build.build(["emu-m4f"])
    with Board("emu-m4f", tmp_path) as board, Link(board.port) as link:
        link.enter_raw()
        yield link


def test_records_and_text_come_in_order_until_the_program_ends(repl):
    repl.start("print('before')\n" + SEND + "print('after')\n")
    items = list(stream(repl, silence_s=10))
    (at,) = (i for i, item in enumerate(items) if isinstance(item, Record))
    assert items[at].kind == "decision" and items[at].fields == {"t_ms": 1500, "label": "ja ä", "score": 0.5}
    assert "".join(items[:at]).strip() == "before" and "".join(items[at + 1 :]).strip() == "after"
    assert repl.eval("1 + 1") == 2


def test_a_program_that_fails_ends_the_stream_with_its_trace(repl):
    repl.start(SEND + "1/0\n")
    items = stream(repl, silence_s=10)
    assert next(items).kind == "decision"
    with pytest.raises(BoardError, match="ZeroDivisionError") as caught:
        list(items)
    assert 'line 4' in caught.value.trace


def test_a_board_that_goes_away_is_an_error(tmp_path):
    build.build(["emu-m4f"])
    with Board("emu-m4f", tmp_path) as board, Link(board.port) as link:
        link.enter_raw()
        link.start("import time\ntime.sleep(1000000)\n")
        board.stop()
        with pytest.raises(ToolError, match="went away|silent"):
            list(stream(link, silence_s=2))


def test_run_prints_what_the_board_prints(tmp_path):
    (tmp_path / "hello.py").write_text("import sys\nprint('hello from', sys.platform)\nprint('\\xe4')\n")
    result = subprocess.run([TORPOR, "run", tmp_path / "hello.py", "--on", "emu-m4f"], capture_output=True, timeout=120)
    assert (result.returncode, result.stdout.decode().splitlines()[1]) == (0, "ä")
    assert result.stdout.startswith(b"hello from ") and b"\r" not in result.stdout


def test_run_of_a_failing_script_ends_with_2(tmp_path):
    (tmp_path / "bad.py").write_text("print('start')\nnone.of_this\n")
    result = subprocess.run([TORPOR, "run", tmp_path / "bad.py", "--on", "emu-m4f"], capture_output=True, text=True, timeout=120)
    assert (result.returncode, result.stdout) == (2, "start\n")
    assert "NameError" in result.stderr and 'File "bad.py", line 2' in result.stderr and "hint:  " in result.stderr


def torpor(*arguments):
    return subprocess.run([TORPOR, *map(str, arguments)], capture_output=True, text=True, timeout=180)


def test_stream_of_a_recording_prints_its_decisions_and_ends_by_itself():
    keywords = ROOT / "models/keywords"
    for file in ("model.tflite", "app.py"):
        assert torpor("push", keywords / file, "--on", "emu-m4f").returncode == 0
    play = ("stream", "--on", "emu-m4f", "--start", "app", "--wav", keywords / "samples/yes.wav", "--json")
    decisions = [json.loads(line) for line in torpor(*play).stdout.splitlines()]
    assert [(d["kind"], d["label"]) for d in decisions] == [("decision", "yes")]
    kinds = {json.loads(line)["kind"] for line in torpor(*play, "--all").stdout.splitlines()}
    assert kinds == {"decision", "wake", "sleep", "stats"}


def test_repl_is_a_terminal_on_the_board():
    master, slave = pty.openpty()
    process = subprocess.Popen([TORPOR, "repl", "--on", "emu-m4f"], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    try:
        wait_for(master, b"Ctrl-]")
        wait_for(master, b">>> ", typed=b"\r")
        os.write(master, b"print(6*7, 'is it')\r")
        wait_for(master, b"42 is it")
        os.write(master, b"\x1d")
        assert process.wait(30) == 0
    finally:
        process.kill()
        os.close(master)


def wait_for(terminal, text, typed=b"", seconds=60):
    """typed: once a second, as mpremote says that it is there before it listens."""
    seen, end = b"", time.monotonic() + seconds
    while text not in seen:
        os.write(terminal, typed)
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 4096)
        assert time.monotonic() < end, f"{text!r} did not come: {seen!r}"
