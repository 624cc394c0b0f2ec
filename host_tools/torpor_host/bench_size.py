# SPDX-License-Identifier: MIT
"""How much code a model needs: the engine with that model's operators alone, linked from a board's own objects."""

import re
import subprocess
import tempfile
from pathlib import Path

from torpor_host import natmod
from torpor_host.boards import load_board
from torpor_host.build import COMPILERS
from torpor_host.errors import ToolError
from torpor_host.paths import FIRMWARE

# What a program that opens and runs a model calls; the linker keeps what these need.
_CALLS = ("te_measure", "te_open", "te_run", "te_input", "te_output")
_SOURCES = sorted((FIRMWARE / "engine").rglob("*.c"))
_TABLE = FIRMWARE / "engine/ops/table.c"


def linked(board: str, operators: list[str]) -> int:
    """Bytes of code and constants of an image with the engine and these operators, libc's and libgcc's share included.

    The firmware of the board must have been built. Raises ToolError if the linker fails.
    """
    profile = load_board(board)
    compiler = [COMPILERS[profile.natmod], *_flags(profile.machine)]
    objects = [_object(source, profile) for source in _SOURCES if source != _TABLE]
    with tempfile.TemporaryDirectory() as folder:
        table, image = Path(folder) / "table.o", Path(folder) / "engine.elf"
        rows = "".join(f" X({row})" for row in natmod.rows_of(operators))
        _run([*compiler, "-std=c99", "-O2", "-fdata-sections", "-ffunction-sections", f"-I{FIRMWARE}",
              f"-DTE_OPERATORS(X)={rows}", "-c", _TABLE, "-o", table])
        keep = [f"-Wl,-u,{call}" for call in _CALLS]
        _run([*compiler, "-nostartfiles", "-Wl,--gc-sections", "-Wl,-e,te_open", *keep, *objects, table, "-o", image])
        size = _run([compiler[0].replace("gcc", "size"), image])
    return int(size.split("\n")[1].split()[0])


def _object(source, profile) -> Path:
    return profile.firmware.parent / "firmware" / source.relative_to(FIRMWARE).with_suffix(".o")


def _flags(machine) -> list[str]:
    text = (FIRMWARE / f"emulated/machines/{machine}/machine.mk").read_text()
    return re.search(r"^MACHINE_CFLAGS = (.+)$", text, re.M).group(1).split()


def _run(command) -> str:
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise ToolError(f"{command[0]} failed:\n{result.stderr}", "`torpor build --force` makes all objects anew")
    return result.stdout
