# SPDX-License-Identifier: MIT
"""What commands print when all is well, and the live view."""

import io
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from torpor_host.frames import Record
from torpor_host.live import DemoView

COMMANDS = ["demo", "doctor", "build", "operators", "push", "run", "repl", "stream", "convert", "infer", "bench"]


def test_help_lists_the_commands(torpor):
    result = torpor("--help")
    assert result.returncode == 0 and all(name in result.stdout for name in COMMANDS)


def test_doctor_as_json(torpor):
    result = torpor("doctor", "--json")
    checks = json.loads(result.stdout)
    assert result.returncode == 0
    assert {"python", "arm-none-eabi-gcc", "qemu-system-arm", "MicroPython source"} <= {c["name"] for c in checks}
    assert all(c["ok"] or not c["needed"] for c in checks)


def test_build_prints_the_files_and_keeps_stdout_for_them(torpor):
    found = json.loads(torpor("build", "host", "mpy-cross", "--json").stdout)
    assert list(found) == ["host", "mpy-cross"] and all(Path(path).exists() for path in found.values())


def play(console):
    with DemoView(console) as view:
        view.begin((np.sin(np.arange(32000)) * 8000).astype(np.int16), 16000)
        view.record(Record("wake", 0, {"t_ms": 500}))
        view.record(Record("decision", 1, {"t_ms": 1200, "label": "yes", "score": 0.93}))
        view.record(Record("sleep", 2, {"t_ms": 1500, "awake_ms": 1000, "inferences": 3}))
    return console.file.getvalue()


def test_a_log_has_a_line_for_each_decision():
    assert play(Console(file=io.StringIO())) == "   1.20 s  heard yes (0.93)\n"


def test_a_terminal_shows_time_state_and_word():
    seen = play(Console(file=io.StringIO(), force_terminal=True, width=100))
    assert "1.5 s" in seen and "asleep" in seen and "heard yes (0.93)" in seen and "▇" in seen
