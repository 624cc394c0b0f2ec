# SPDX-License-Identifier: MIT
"""Board profiles: boards/<name>/board.toml.

    board = load_board("NUCLEO_F446RE")
    board.heap, board.source["heap"]
"""

import dataclasses
import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from torpor_host.errors import ToolError
from torpor_host.paths import BOARDS, BUILD

Range = tuple[float, float]  # [least, most]; one number in the file is both
Numbers = tuple[int, ...]

_FPUS = "none", "single", "double"
NATMODS = "x64", "armv6m", "armv7m", "armv7emsp", "armv7emdp", "rv32imc", "xtensa", "xtensawin"  # as MicroPython has them
_USB = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")
_TYPES = {str: "a string", int: "a whole number", float: "a number",
          tuple[str, ...]: "a list of strings", Numbers: "a list of whole numbers", Range: "a number, or [least, most]", dict: "a table"}


def _field(about: str, default: Any = dataclasses.MISSING, **more):
    return dataclasses.field(default=default, metadata={"about": about}, **more)


@dataclass(frozen=True)
class BoardProfile:
    """What the host tools know about a board: the fields of board.toml, as boards/README.md lists them. None: not known."""

    name: str = _field("Its folder's name.")
    title: str = _field("For people.")
    core: str = _field("The CPU's core: `cortex-m4f`, `xtensa-lx6`, ...; it decides which kernels the engine has.")
    natmod: str = _field("MicroPython's name of the architecture of native modules: `armv7emsp`.")
    machine: str = _field("QEMU's name of the machine, of an emulated board: our own firmware, with the engine in it.", "")
    qemu: str = _field("The program that emulates it.", "")
    qemu_options: tuple[str, ...] = _field("Further arguments of that program.", ())
    mcu: str = _field("The microcontroller.", "")
    fpu: str = _field("`none`, `single` or `double`: what floats the core computes itself.", "none")
    clock_hz: int | None = _field("The core's clock as MicroPython sets it, in Hz.", None)
    flash: int | None = _field("Flash memory of the microcontroller or module, in bytes.", None)
    ram: int | None = _field("RAM of the microcontroller, in bytes.", None)
    port: str = _field("MicroPython's port: `stm32`, `esp32`, `nrf`; `emulated` is firmware/emulated.", "")
    board: str = _field("MicroPython's name of the board (`make BOARD=`), of a real one.", "")
    romfs: int = _field("Bytes of ROMFS, where a model runs from where it lies. 0: stock firmware has none, and a model is copied to RAM.", 0)
    storage: int | None = _field("Bytes of the file system.", None)
    heap: Range | None = _field("Bytes of MicroPython's heap that are free at a fresh prompt.", None)
    piece: int | None = _field("Bytes of the heap's largest piece at least, where it is not in one piece.", None)
    executable: int | None = _field(
        "Bytes of the largest piece of executable memory at least, where native code is copied to. Without it native code runs in the heap.", None)
    usb: tuple[str, ...] = _field("USB ids (`vendor:product`) of its serial port. A bridge's or a debugger's id is many boards'.", ())
    chip_id: int | None = _field("What the chip says it is: the number in an ESP's images, an STM32's DEV_ID.", None)
    flash_tools: tuple[str, ...] = _field("Ways to write firmware, the first by default: `esptool`, `dfu`, `stlink`, `drive`, `uart`, or another program's name.", ())
    flash_offsets: Numbers = _field("Where firmware.bin goes, or each part of it: the offsets or addresses in flash.", ())
    flash_enter: str = _field("How the board is made to listen.", "")
    wake_light: tuple[str, ...] = _field("What wakes it from machine.lightsleep(), which keeps RAM.", ())
    wake_deep: tuple[str, ...] = _field("What wakes it from machine.deepsleep(), which begins anew.", ())
    volts: float | None = _field("Supply of the microcontroller, in V.", None)
    active_ma: Range | None = _field("Current of the microcontroller alone while it computes at clock_hz, radio off, in mA.", None)
    light_ua: Range | None = _field("The same in machine.lightsleep(), in µA.", None)
    deep_ua: Range | None = _field("The same in machine.deepsleep(), with a timer that runs, in µA.", None)
    twin: str = _field("The emulated board with the same kernels, whose instructions count for this one.", "")
    cycles: Range | None = _field("Cycles that the core takes for an instruction of the engine's kernels.", None)
    mac_instructions: Range | None = _field(
        "Instructions of an int8 model for each multiply-accumulate, as in tests/bench/counts.json; the twin's by default.", None)
    source: dict = _field("A table: where each figure comes from, and what else is worth it.", default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where board.toml and board.py lie."""
        return BOARDS / self.name

    @property
    def firmware(self) -> Path:
        """The firmware that `torpor build` makes for an emulated board."""
        return BUILD / self.name / "firmware.elf"

    @property
    def room(self) -> int | None:
        """Bytes for models: ROMFS if there is one, else the file system."""
        return self.romfs or self.storage

    @property
    def power_mw(self) -> Range | None:
        """Milliwatts while it computes."""
        if self.active_ma is None or self.volts is None:
            return None
        low, high = self.active_ma
        return self.volts * low, self.volts * high


_FIELDS = {field.name: field for field in dataclasses.fields(BoardProfile)}
_NEEDED = [name for name, field in _FIELDS.items() if field.default is field.default_factory is dataclasses.MISSING]


@functools.cache
def _kind(name):
    """The type of a field, without `| None`."""
    hint = get_type_hints(BoardProfile)[name]
    return get_args(hint)[0] if type(None) in get_args(hint) else hint


FIGURES = [name for name in _FIELDS if _kind(name) in (int, float, Range, Numbers)]


def board_names() -> list[str]:
    """Every board that has a folder in boards/, sorted."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.toml"))


def emulated_names() -> list[str]:
    """Those of them that QEMU emulates: what can be built and run here."""
    return [name for name in board_names() if load_board(name).machine]


def load_board(name: str) -> BoardProfile:
    """The profile of a board; raises ToolError for a name that is not in boards/, or a profile that is wrong."""
    path = BOARDS / name / "board.toml"
    if not path.is_file():
        raise ToolError(f"there is no board {name}.", f"boards: {', '.join(board_names())}")
    return read(path)


def named(build: str, machine: str) -> str:
    """The board that a firmware says it is for, "" if none of ours.

    build: MicroPython's name of it, perhaps with a variant behind a hyphen; firmware says it from 1.25 on.
    machine: "NUCLEO-F446RE with STM32F446xx"; some boards' names can be told from it.
    """
    said = _letters(build.split("-")[0]), _letters(machine.split(" with ")[0])
    return next((name for name in board_names() if _letters(load_board(name).board or name) in said), "")


def _letters(name):
    """NUCLEO-F446RE and NUCLEO_F446RE are the same, PYBv1.1 and PYBV11 as well."""
    return "".join(filter(str.isalnum, name)).upper()


def read(path: Path) -> BoardProfile:
    """The profile in a file. Raises ToolError that names the file, the field and what is wrong with it."""
    try:
        raw = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ToolError(f"{path.parent.name}/{path.name}: {error}.", "boards/README.md says what it has") from None
    for field, wrong in _faults(raw, path.parent.name):
        raise ToolError(f"{path.parent.name}/{path.name}: {field}: {wrong}.", "boards/README.md says what it has")
    return BoardProfile(**{name: _value(name, value) for name, value in raw.items()})


def _faults(raw, folder):
    """Yields (field, what is wrong with it)."""
    yield from ((name, "there is no such field") for name in raw if name not in _FIELDS)
    yield from ((name, "it is missing") for name in _NEEDED if name not in raw)
    yield from ((name, f"it has to be {_TYPES[_kind(name)]}") for name, value in raw.items() if not _typed(value, _kind(name)))
    yield from ((name, "it is negative") for name in FIGURES if min(_ends(raw.get(name, 0)), default=0) < 0)
    yield from ((name, "the least is more than the most") for name in FIGURES if name in raw and list(_ends(raw[name])) != sorted(_ends(raw[name])))
    if raw["name"] != folder:
        yield "name", f"it has to be its folder's, {folder}"
    yield from _unknown_words(raw)
    yield from _unsourced(raw)


def _unknown_words(raw):
    for name, known in (("natmod", NATMODS), ("fpu", _FPUS)):
        if raw.get(name, known[0]) not in known:
            yield name, f"{raw[name]} is none of {', '.join(known)}"
    for pair in raw.get("usb", ()):
        if not _USB.fullmatch(pair):
            yield "usb", f"{pair} is not four lower-case hexadecimal digits, a colon and four more"
    twin = raw.get("twin")
    if twin and not (BOARDS / twin / "board.toml").is_file():
        yield "twin", f"there is no board {twin}"


def _unsourced(raw):
    sources = raw.get("source", {})
    for name in FIGURES:
        if name in raw and not (isinstance(sources.get(name), str) and sources[name].strip()):
            yield name, "it has no source"
    yield from ((f"source.{name}", "there is no such field in the file") for name in sources if name not in raw)


def _typed(value, kind) -> bool:
    if kind is Range:
        return all(_number(end) for end in _ends(value)) and len(_ends(value)) in (1, 2)
    if kind in (tuple[str, ...], Numbers):
        return isinstance(value, list) and all(type(one) is get_args(kind)[0] for one in value)
    return _number(value) if kind is float else type(value) is kind


def _number(value) -> bool:
    return type(value) in (int, float)


def _ends(value) -> list:
    return value if isinstance(value, list) else [value]


def _value(name, value):
    if _kind(name) is Range:
        return _ends(value)[0], _ends(value)[-1]
    return tuple(value) if isinstance(value, list) else value


def about(field: str) -> str:
    """What a field is."""
    return _FIELDS[field].metadata["about"]


def fields_page() -> str:
    """The fields as a table in Markdown, which stands in boards/README.md."""
    rows = [f"| `{name}` | {_TYPES[_kind(name)]}{'' if name in _NEEDED else ' (optional)'} | {about(name)} |"
            for name in _FIELDS]
    return "\n".join(["| field | what it is in the file | |", "|---|---|---|", *rows, ""])
