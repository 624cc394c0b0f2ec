# SPDX-License-Identifier: MIT
"""Firmware of our own for a board: MicroPython with the modules tflm and dsp, the device package and `board` inside.

    custom.build(custom.Request("NUCLEO_L476RG", micropython=Path("micropython")))

An emulated board needs MicroPython's source; a real one all of a checkout and what its port asks for (checkout.py).
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from torpor_host import build as builds, checkout
from torpor_host.boards import BoardProfile, load_board
from torpor_host.build import Part
from torpor_host.checkout import Source
from torpor_host.errors import ToolError
from torpor_host.natmod import Parts
from torpor_host.paths import BOARDS, BUILD, FIRMWARE, LIB, micropython, micropython_at
from torpor_host.progress import SILENT, Silent

# port -> what its build leaves that a person may want; what comes first is there always
_OUTPUTS = {
    "stm32": ("firmware.dfu", "firmware.hex", "firmware.bin", "firmware0.bin", "firmware1.bin", "firmware.elf"),
    "esp32": ("firmware.bin", "micropython.bin", "bootloader/bootloader.bin", "partition_table/partition-table.bin", "micropython.uf2"),
}
_CROSS = "custom-mpy-cross"  # of whose checkout it may be: apart from that of the emulated boards


@dataclass(frozen=True)
class Request:
    """What the command line asks for: a board; MicroPython's checkout, if not MICROPYTHON_DIR; ESP-IDF, if not on the PATH; operators."""

    board: str | None
    micropython: Path | None = None
    idf: Path | None = None
    parts: Parts | None = None  # of the engine, all if None


def alone(*others) -> None:
    """Raises ToolError if more was asked for than a board's firmware."""
    if any(others):
        raise ToolError("A board's firmware is built alone, and nothing beside it.", "leave the names of parts and --natmod, --out and --sizes away")


def build(request: Request, progress: Silent = SILENT) -> dict[str, Path]:
    """Builds a board's firmware in build/<board>/; returns file name to path.

    Raises ToolError: no or an unknown board, a port that this is not for, what is missing (all of it), a failed build.
    """
    board = _board(request)
    with micropython_at(request.micropython):
        if board.machine:
            made = builds.build([board.name], progress)[board.name]
            return {made.name: made}
        source = Source(board, micropython(), request.idf and request.idf.resolve())
        checkout.check(source)
        return _build(source, request.parts, progress)


def _board(request) -> BoardProfile:
    if request.board is None:
        raise ToolError("--micropython and --idf are for a board's firmware.", "add --board; `torpor boards` lists them")
    board = load_board(request.board)
    if not board.machine and board.port not in _OUTPUTS:
        raise ToolError(f"Firmware for {board.name} cannot be built: that is for STM32 and ESP32 boards, and its port is {board.port}.",
                        "it runs models on its stock firmware: `torpor push model.tflite` brings the native module")
    if request.idf and board.port != "esp32":
        raise ToolError(f"ESP-IDF is for ESP32 boards, and {board.name} is none.", "leave --idf away")
    if request.parts and board.port != "stm32":
        raise ToolError(f"Operators are chosen for STM32 boards and native modules, and {board.name} is neither.",
                        "leave --ops and --ops-from away: it has room for all of them")
    return board


def _build(source, parts, progress):
    """Always through make, which alone knows whether anything of somebody's checkout has changed."""
    cross = builds.build_part(_CROSS, builds.mpy_cross(_CROSS), progress)
    part = _part(source, cross, parts.options() if parts else ())
    builds.build_part(source.board.name, part, progress, force=True)
    folder = BUILD / source.board.name
    return {Path(name).name: folder / name for name in _OUTPUTS[source.board.port] if (folder / name).exists()}


def _part(source: Source, cross: Path, options: Iterable[str]) -> Part:
    """The board's firmware as a part to build; `cross` is the checkout's own mpy-cross, `options` are more of make's."""
    board = source.board
    output = BUILD / board.name / _OUTPUTS[board.port][0]
    option, ulab = builds.ulab()
    make = str(source.port), f"BOARD_DIR={board.folder}", f"BUILD={output.parent}", *option, *options
    inputs = *ulab, *builds.module_sources(), FIRMWARE / "micropython.cmake", LIB, board.folder, *sorted(BOARDS.glob("*.*"))
    title = f"firmware for {board.name}"
    if board.port == "stm32":
        return Part(title, (*make, f"MICROPY_MPYCROSS={cross}"), output, ("make", "arm-none-eabi-gcc"), inputs)
    # CMake takes it from the environment alone.
    env = {**(source.env or os.environ), "MICROPY_MPYCROSS": str(cross)}
    return Part(title, (*make, f"USER_C_MODULES={FIRMWARE / 'micropython.cmake'}"), output, ("make",), inputs, env=env)
