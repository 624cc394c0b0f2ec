# SPDX-License-Identifier: MIT
"""Board profiles: boards/<name>/board.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from torpor_host.errors import ToolError
from torpor_host.paths import BOARDS, BUILD


@dataclass(frozen=True)
class BoardProfile:
    """What the host tools know about a board."""

    name: str
    title: str
    core: str  # of the CPU: "cortex-m4f"
    natmod: str  # MicroPython's name of the architecture of native modules: "armv7emsp"
    machine: str = ""  # QEMU's name of the machine, for an emulated board
    qemu: str = ""  # the program that emulates it
    qemu_options: tuple[str, ...] = ()

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
