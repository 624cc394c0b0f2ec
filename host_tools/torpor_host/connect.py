# SPDX-License-Identifier: MIT
"""From what a user calls a board, a port or an emulated board's name, to an open link."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from torpor_host import attached, build
from torpor_host.boards import board_names, emulated_names
from torpor_host.errors import ToolError
from torpor_host.link import Link
from torpor_host.paths import BUILD
from torpor_host.progress import SILENT, Silent
from torpor_host.sim import Board, place_recording


@contextmanager
def port(on: str | None, progress: Silent = SILENT, wav: Path | None = None) -> Iterator[str]:
    """The port of board `on`, or of the only one attached. An emulated one is built if need be, started, and stopped at the end;
    its flash and ROMFS stay in build/instances/<name>.

    wav: what an emulated board's microphone hears, 16 kHz mono 16 bit; None is silence.
    Raises ToolError if there is no such board, or it cannot start.
    """
    on = on or attached.choose(None)
    if on not in emulated_names():
        yield _device(on, wav)
        return
    folder = BUILD / "instances" / on
    emulated = Board(on, folder)
    build.build([on], progress)
    place_recording(wav, folder)
    with emulated as board:
        yield board.port


@contextmanager
def connect(on: str | None, progress: Silent = SILENT, raw: bool = True, wav: Path | None = None) -> Iterator[Link]:
    """An open link to board `on`, in the raw REPL unless `raw` is false; see `port`."""
    with port(on, progress, wav) as path, Link(path) as link:
        if raw:
            link.enter_raw()
        yield link


def terminal(path: str) -> int:
    """mpremote's terminal on a port; returns its exit code. Raises ToolError where nobody can type."""
    if not sys.stdin.isatty():
        raise ToolError("The prompt needs a terminal, and this is none.", "`torpor run script.py` runs a script on the board")
    return subprocess.run([Path(sys.executable).with_name("mpremote"), "connect", path, "repl"]).returncode


def _device(on, wav):
    if wav is not None:
        raise ToolError(f"{on} is no emulated board, so it cannot be played a recording.", "leave out --wav, and speak")
    if on in board_names():
        raise ToolError(f"{on} is no emulated board.", "give the serial port that it is at; `torpor boards` lists what is attached")
    if not Path(on).exists():
        boards = ", ".join(emulated_names())
        raise ToolError(f"There is no board called {on}.", f"give a serial port such as /dev/ttyACM0, or one of: {boards}")
    return on
