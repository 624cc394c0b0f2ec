# SPDX-License-Identifier: MIT
"""Flashes a board: reads the firmware, asks before models are lost, and takes the way that the board's profile names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from torpor_host import attached, boards
from torpor_host.boards import BoardProfile
from torpor_host.errors import ToolError
from torpor_host.flash import dfu, drive, esp32, models, stlink, uart
from torpor_host.flash.firmware import Firmware, partitions, read
from torpor_host.flash.job import Job
from torpor_host.progress import SILENT, Silent

_WAYS = {"esptool": esp32, "dfu": dfu, "stlink": stlink, "drive": drive, "uart": uart}  # each has ready() and flash(job)
_SERIAL = "esptool", "uart"  # these have to know the port
_BLIND = "drive"  # erases what it likes, and nothing can be read back
_FILE_SYSTEMS = "vfs", "romfs"  # MicroPython's labels of an ESP32's partitions
_FIRST_SECTOR = 16 * 1024  # of an STM32F4, whose file system lies between its firmware's two parts


@dataclass(frozen=True)
class Flashed:
    """way: as --with names it. place: port or drive, "" where none is needed. size: bytes of the firmware. verified: compared after writing."""

    board: str
    firmware: str
    way: str
    place: str
    size: int
    erased: bool
    verified: bool


def flash_file(path: Path, board: str, port: str | None = None, way: str | None = None, erase: bool = False,
               agree: Callable[[str], bool] = lambda _question: False, progress: Silent = SILENT) -> Flashed:
    """Writes a firmware to a board and compares it there.

    port: a serial port, or the folder of a drive; None to look for the only one. way: see board.toml's flash_tools; None is the first.
    erase: all of the flash first. agree(question): whether models may be lost.
    Raises ToolError if the firmware is none or not for this board, the board is not reached, or it broke off.
    """
    profile = boards.load_board(board)
    way = _way(profile, way)
    firmware = read(path, profile)
    _WAYS[way].ready()
    place = _place(way, port)
    prompt = _prompt(profile, way, place)
    if erase or way == _BLIND or _covers_files(firmware, profile) or _moves_files(firmware, profile, prompt):
        _ask(profile, prompt, agree)
    elif profile.port == "stm32" and prompt and (held := models.on_board(prompt)):
        progress.note(f"{', '.join(held)}: kept only if the new firmware has its file systems where the old one has them")
    if way == "dfu" and place:
        models.to_boot_loader(place)
    job = Job(firmware, profile, place, erase, progress)
    try:
        _WAYS[way].flash(job)
    except KeyboardInterrupt:
        raise job.broken("it was interrupted") from None
    return Flashed(board, str(path), way, place, firmware.size, erase, way != _BLIND)


def _way(profile, wanted) -> str:
    if not profile.flash_tools:
        raise ToolError(f"{profile.name} is emulated: there is nothing to flash.", f"`torpor build {profile.name}` makes what it runs")
    way = wanted or profile.flash_tools[0]
    fit = [name for name in _WAYS if (name == "esptool") == (profile.port == "esp32")] if profile.port in ("esp32", "stm32") else []
    if way in fit:
        return way
    if wanted and fit:
        raise ToolError(f"{profile.name} cannot be flashed with {way}.", f"--with takes {', '.join(fit)}")
    raise ToolError(f"Torpor does not flash {profile.name}: {profile.flash_tools[0]} does.", profile.flash_enter)


def _place(way, port) -> str:
    if way == "drive":
        return port or str(drive.find())
    if way in _SERIAL or port:
        return attached.choose(port)
    return ""


def _covers_files(firmware: Firmware, profile: BoardProfile) -> bool:
    """Whether it is written over the file system: before the firmware's second part, else at the end of flash."""
    if not profile.storage:
        return False
    if len(profile.flash_offsets) > 1:
        low, high = profile.flash_offsets[0] + _FIRST_SECTOR, profile.flash_offsets[1]
    else:
        start = 0 if profile.port == "esp32" else profile.flash_offsets[0]
        low, high = start + profile.flash - profile.storage, start + profile.flash
    return any(address < high and low < address + len(data) for address, data in firmware.parts)


def _moves_files(firmware, profile, prompt) -> bool:
    """Whether an ESP32's file systems would lie elsewhere, where MicroPython makes new ones."""
    planned = partitions(firmware) if profile.port == "esp32" and prompt else {}
    return bool(planned) and any(planned.get(name) != place for name, place in models.partitions(prompt).items() if name in _FILE_SYSTEMS)


def _prompt(profile, way, place) -> str:
    """The port where the board's MicroPython may answer, "" if none is known."""
    if place and way != "drive":
        return place
    found = [one.port for one in attached.attached([profile]) if one.boards]
    return found[0] if len(found) == 1 else ""


def _ask(profile, prompt, agree):
    held = models.on_board(prompt) if prompt else None
    if held == []:
        return
    what = f"{profile.name} holds models that would be lost: {', '.join(held)}" if held else f"{profile.name} does not say what its file systems hold"
    if not agree(f"{what}. Go on?"):
        raise ToolError(f"{what}.", "nothing was changed; to flash it all the same: --yes")
