# SPDX-License-Identifier: MIT
"""Board profiles: boards/<name>/board.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from torpor_host.errors import ToolError
from torpor_host.paths import BOARDS, BUILD

Range = tuple[float, float]


@dataclass(frozen=True)
class BoardProfile:
    """What the host tools know about a board: the fields of board.toml, where each figure has its source.

    Figures that are not exactly known are a range, [least, most]: estimates take its middle, and state half its width as
    their bound. None: not known.
    """

    name: str
    title: str
    core: str  # of the CPU: "cortex-m4f"
    natmod: str  # MicroPython's name of the architecture of native modules: "armv7emsp"
    machine: str = ""  # QEMU's name of the machine, for an emulated board
    qemu: str = ""  # the program that emulates it
    qemu_options: tuple[str, ...] = ()
    flash: int | None = None  # bytes for models, which run from there: of ROMFS
    ram: int | None = None  # bytes of MicroPython's heap that are free for a model; the engine is in the firmware
    clock_hz: int | None = None
    cycles: Range | None = None  # that the core takes for an instruction of the engine's kernels
    mac_instructions: Range | None = None  # of an int8 model for each multiply-accumulate, as in tests/bench/counts.json
    active_mw: Range | None = None  # milliwatts while it computes

    @property
    def folder(self) -> Path:
        """Where board.toml and board.py lie."""
        return BOARDS / self.name

    @property
    def firmware(self) -> Path:
        """The firmware that `torpor build` makes for an emulated board."""
        return BUILD / self.name / "firmware.elf"


def board_names() -> list[str]:
    """Every board that has a folder in boards/, sorted."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.toml"))


def load_board(name: str) -> BoardProfile:
    """The profile of a board; raises ToolError for a name that is not in boards/."""
    path = BOARDS / name / "board.toml"
    if not path.is_file():
        raise ToolError(f"there is no board {name}.", f"boards: {', '.join(board_names())}")
    return BoardProfile(**tomllib.loads(path.read_text()))
