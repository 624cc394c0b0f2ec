# SPDX-License-Identifier: MIT
"""Writes an STM32's firmware over USB, with dfu-util; and reads it back. Only the sectors that are written are erased."""

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from torpor_host.errors import ToolError
from torpor_host.flash.job import Job

_DEVICE = "0483:df11"  # ST's boot loader in ROM
# As `dfu-util -l` lists internal flash: where it is plugged in, and its sectors (ST, UM0424: "04*016Kg" is 4 of 16 KiB).
_FOUND = re.compile(rf'\[{_DEVICE}\].*path="([^"]*)".*name="@Internal Flash */0x08000000/([^"]*)"')
_SECTORS = re.compile(r"(\d+)\*(\d+)([ KM])")
_UNITS = {" ": 1, "K": 1 << 10, "M": 1 << 20}
_APPEAR_S, _POLL_S = 3.0, 0.3  # a board that was told to jump to its boot loader is there after a second


def ready() -> None:
    """Raises ToolError if dfu-util is missing."""
    if shutil.which("dfu-util") is None:
        raise ToolError("dfu-util is missing.", "sudo apt-get install dfu-util")


def flash(job: Job) -> None:
    """Raises ToolError if no board or another is in DFU mode, or the firmware is not there at the end."""
    _same_chip(job, _only(job))
    parts = job.firmware.parts
    with job.progress.step(f"flash {job.board.name} over DFU") as tick, tempfile.TemporaryDirectory() as folder:
        for done, (address, data) in enumerate(parts):
            _write(job, address, data, Path(folder), job.erase and done == 0)
            tick(2 * done + 1, 2 * len(parts))
            _verify(job, address, data, Path(folder))
            tick(2 * done + 2, 2 * len(parts))
    job.progress.note("press reset: the board starts its new firmware")


def _only(job) -> str:
    """The sectors of the only board in DFU mode."""
    end = time.monotonic() + _APPEAR_S
    while not (found := _FOUND.findall(text := _run("-l")[1])) and time.monotonic() < end:
        time.sleep(_POLL_S)
    if f"Cannot open DFU device {_DEVICE}" in text:
        raise ToolError("A board is in DFU mode, and you may not open it.", "allow it by a udev rule for 0483:df11, or run this with sudo")
    if not found:
        raise job.unreached("No board is attached in DFU mode.")
    if len(found) > 1:
        raise ToolError(f"{len(found)} boards are in DFU mode, at USB {', '.join(path for path, _ in found)}.", "unplug all but one")
    return found[0][1]


def _same_chip(job, layout):
    size = sum(int(count) * int(each) * _UNITS[unit] for count, each, unit in _SECTORS.findall(layout))
    if size != job.board.flash:
        raise ToolError(f"The chip in DFU mode has {size:,} bytes of flash, and {job.board.name} has {job.board.flash:,}.",
                        "choose its profile with --board; `torpor boards` lists them")


def _write(job, address, data, folder, erase):
    file = folder / "part.bin"
    file.write_bytes(data)
    _must(job, "-s", f"{address:#x}{':mass-erase:force' if erase else ''}", "-D", str(file))


def _verify(job, address, data, folder):
    file = folder / "back.bin"
    file.unlink(missing_ok=True)  # dfu-util writes over nothing
    _must(job, "-s", f"{address:#x}:{len(data)}", "-U", str(file))
    if file.read_bytes() != data:
        raise job.broken(f"what is at {address:#x} differs from the file")


def _must(job, *arguments):
    code, text = _run("-d", _DEVICE, "-a", "0", *arguments)
    if code:
        raise job.broken((text.strip().splitlines() or ["dfu-util says nothing"])[-1])


def _run(*arguments):
    """(exit code, what it says)."""
    result = subprocess.run(["dfu-util", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout + result.stderr
