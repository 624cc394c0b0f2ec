# SPDX-License-Identifier: MIT
"""What it takes to build firmware for a real board, and what of it is missing: MicroPython's checkout, compilers, ESP-IDF.

    for lack in checkout.lacks(Source(board, Path("micropython"), None)):
        print(lack.what, lack.hint)
"""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torpor_host import build as builds
from torpor_host.boards import BoardProfile
from torpor_host.errors import ToolError

OLDEST, NEWEST = (1, 25), (1, 28)  # of MicroPython: the releases that our board files were tried with
_MPCONFIG = "py/mpconfig.h"
_BOOTLOADER = "lib/libhydrogen"  # stm32 lists it; only mboot, which we do not build, has it inside
_EXPORT = '. "$0/export.sh" >/dev/null 2>&1; env -0'  # bash: what ESP-IDF sets, NUL-terminated


@dataclass(frozen=True)
class Lack:
    """One thing that is missing, in words, and what brings it."""

    what: str
    hint: str


@dataclass(frozen=True)
class Source:
    """What firmware for a board is built from: MicroPython's checkout and, of an ESP32, ESP-IDF if it is not on the PATH."""

    board: BoardProfile
    micropython: Path
    idf: Path | None

    @property
    def port(self) -> Path:
        """MicroPython's folder of the board's port."""
        return self.micropython / "ports" / self.board.port

    @functools.cached_property
    def env(self) -> dict[str, str] | None:
        """The environment to build in, if it is not this process's: what the export.sh of a given ESP-IDF sets."""
        if self.idf is None:
            return None
        out = subprocess.run(["bash", "-c", _EXPORT, str(self.idf)], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
        return dict(line.split("=", 1) for line in out.split("\0") if "=" in line)


def check(source: Source) -> None:
    """Raises ToolError with everything that is missing, each with its hint, in one list."""
    found = list(lacks(source))
    if found:
        count = "1 thing is" if len(found) == 1 else f"{len(found)} things are"
        lines = "".join(f"\n  {lack.what}\n    -> {lack.hint}" for lack in found)
        raise ToolError(f"{source.board.name} cannot be built: {count} missing.{lines}", "firmware/README.md has the whole way")


def lacks(source: Source) -> Iterator[Lack]:
    """Everything that is missing."""
    yield from _checkout(source)
    if source.board.port == "esp32":
        yield from _tools(("make", "cc", "cmake", "ninja"), source)
        yield from _idf(source)
    else:
        yield from _tools(("make", "cc", "arm-none-eabi-gcc"), source)
        yield from _c_library()


def _checkout(source):
    folder, board = source.micropython, source.board
    if not (folder / _MPCONFIG).is_file():
        yield Lack(f"{folder} is no checkout of MicroPython: it has no {_MPCONFIG}", "name the folder of a clone with --micropython")
        return
    found = version(folder)
    if not OLDEST <= found <= NEWEST:
        age = "older" if found < OLDEST else "newer"
        known = f"{_dots(OLDEST)} to {_dots(NEWEST)}"
        yield Lack(f"{folder} is MicroPython {_dots(found)}, {age} than the board files were made for, {known}",
                   _git(folder, f"checkout v{_dots(NEWEST)}.0", ", and its submodules again"))
    if not (source.port / "boards" / board.board).is_dir():
        yield Lack(f"{folder} is not all of MicroPython: it has no ports/{board.port}/boards/{board.board}",
                   "take a clone of MicroPython's repository; Debian's source and sparse checkouts lack ports")
    else:
        yield from _submodules(source)


def version(folder: Path) -> tuple[int, int]:
    """(major, minor) of the MicroPython in a folder; (0, 0) if it does not say."""
    text = (folder / _MPCONFIG).read_text(errors="replace")
    found = [re.search(rf"define MICROPY_VERSION_{part} \(?(\d+)", text) for part in ("MAJOR", "MINOR")]
    return tuple(int(one[1]) for one in found) if all(found) else (0, 0)


def _dots(pair):
    return ".".join(map(str, pair))


def _submodules(source):
    empty = [path for path in _needed(source) if not any((source.micropython / path).glob("[!.]*"))]
    if empty:
        where = "this submodule" if len(empty) == 1 else "these submodules"
        yield Lack(f"{', '.join(empty)}: nothing is in {where}", _git(source.micropython, f"submodule update --init {' '.join(empty)}"))


def _git(folder, command, then=""):
    """What to tell git, if the folder is git's."""
    if (folder / ".git").exists():
        return f"git -C {folder} {command}{then}"
    return f"{folder} is no git checkout: take a clone of MicroPython's repository, with its submodules"


def _needed(source):
    """Submodules that the board needs, as MicroPython's own build files say."""
    if source.board.port == "esp32":
        files = "".join(path.read_text() for path in source.port.glob("*.cmake"))
        listed = re.findall(r"GIT_SUBMODULES (lib/\S+?)\)", files)
        return sorted({"lib/berkeley-db-1.xx", "lib/micropython-lib", *listed})
    command = ["make", "-n", "-C", str(source.port), f"BOARD_DIR={source.board.folder}", "submodules"]
    try:
        out = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    except FileNotFoundError:  # no make, which is in the list by itself
        return []
    (listed, *_) = re.findall(r"Updating submodules: ([\w./ -]*)", out) or [""]
    return sorted(set(listed.split()) - {_BOOTLOADER})


def _tools(names, source):
    path = (source.env or os.environ).get("PATH", "")
    for name in names:
        if shutil.which(name, path=path) is None:
            yield Lack(f"{name} is not on the PATH", builds.hint(name))


def _c_library():
    if compiler := shutil.which("arm-none-eabi-gcc"):
        out = subprocess.run([compiler, "-print-file-name=libc.a"], capture_output=True, text=True).stdout.strip()
        if not Path(out).is_absolute():
            yield Lack("arm-none-eabi-gcc has no C library", builds.hint("arm-none-eabi-gcc"))


def _idf(source):
    chip = source.board.mcu.lower().replace("-", "")
    if source.idf and not (source.idf / "export.sh").is_file():
        yield Lack(f"{source.idf} is no ESP-IDF: it has no export.sh", "name the folder of a clone with --idf")
        return
    env = source.env or os.environ
    if shutil.which("idf.py", path=env.get("PATH", "")) is None:
        hint = f"{source.idf}/install.sh {chip}" if source.idf else builds.hint("idf.py")
        yield Lack("idf.py of ESP-IDF is not on the PATH" if source.idf is None else f"{source.idf} is not installed: its export.sh brings no idf.py", hint)
        return
    compiler = f"xtensa-{chip}-elf-gcc" if source.board.natmod == "xtensawin" else "riscv32-esp-elf-gcc"
    if shutil.which(compiler, path=env.get("PATH", "")) is None:
        yield Lack(f"ESP-IDF has no {compiler}", f"{env.get('IDF_PATH', 'in its folder: .')}/install.sh {chip}")
    yield from _idf_version(source, Path(env.get("IDF_PATH", "")))


def _idf_version(source, folder):
    file, readme = folder / "tools/cmake/version.cmake", source.port / "README.md"
    if not file.is_file() or not readme.is_file():
        return
    found = ".".join(re.findall(r"IDF_VERSION_(?:MAJOR|MINOR) (\d+)", file.read_text()))
    known = sorted(set(re.findall(r"\bv(5\.\d+)", readme.read_text())), key=lambda one: int(one[2:]))
    if known and found not in known:
        yield Lack(f"{folder} is ESP-IDF {found}, which this MicroPython does not build with", f"take {', '.join(known)}: {readme} says which is best")
