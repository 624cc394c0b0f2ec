# SPDX-License-Identifier: MIT
"""Writes an STM32's firmware through its ST-LINK, with pyocd; and reads it back. Only the sectors that are written are erased."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from torpor_host.errors import ToolError
from torpor_host.extras import need
from torpor_host.flash.job import Job

# DBGMCU_IDCODE, whose lower 12 bits are DEV_ID (ST, RM0090, RM0351, RM0433: debug support)
_IDCODE = {"STM32H7": 0x5C00_1000, "STM32F4": 0xE004_2000, "STM32L4": 0xE004_2000}


def ready() -> None:
    """Raises ToolError if pyocd is missing, or no or several probes are attached."""
    need("pyocd", "stlink")
    _only()


def flash(job: Job) -> None:
    """Raises ToolError if pyocd's pack is missing, the chip is another, or the firmware is not there at the end."""
    target = f"{job.board.mcu.lower()}tx"  # of CMSIS packs: package and temperature range at the end
    parts = job.firmware.parts
    with job.progress.step(f"flash {job.board.name} through its ST-LINK") as tick, tempfile.TemporaryDirectory() as folder:
        _same_chip(job, target, Path(folder))
        for done, (address, data) in enumerate(parts):
            _write(job, target, address, data, Path(folder), job.erase and done == 0)
            tick(2 * done + 1, 2 * len(parts))
            _verify(job, target, address, data, Path(folder))
            tick(2 * done + 2, 2 * len(parts))


def _only():
    code, text = _run("json", "--probes")
    probes = json.loads(text)["boards"] if code == 0 else []
    if not probes:
        raise ToolError("No ST-LINK is attached.",
                        "plug in the board's ST-LINK port, with a cable that carries data; its permissions need a udev rule")
    if len(probes) > 1:
        names = ", ".join(probe["unique_id"] for probe in probes)
        raise ToolError(f"{len(probes)} debug probes are attached: {names}.", "unplug all but the board's")


def _same_chip(job, target, folder):
    def silent(why):
        return job.unreached(f"The chip at the ST-LINK does not answer: {why.rstrip('.')}.")

    found = int.from_bytes(_read(silent, target, _IDCODE[job.board.mcu[:7]], 4, folder), "little") & 0xFFF
    if found != job.board.chip_id:
        raise ToolError(f"The chip at the ST-LINK has the number {found:#x}, and {job.board.name}'s has {job.board.chip_id:#x}.",
                        "choose its profile with --board; `torpor boards` lists them")


def _write(job, target, address, data, folder, erase):
    file = folder / "part.bin"
    file.write_bytes(data)
    how = "chip" if erase else "sector"
    _must(job.broken, "load", "--no-wait", "--target", target, "--erase", how, "--format", "bin", "--base-address", f"{address:#x}", str(file))


def _verify(job, target, address, data, folder):
    if _read(job.broken, target, address, len(data), folder) != data:
        raise job.broken(f"what is at {address:#x} differs from the file")


def _read(fail, target, address, length, folder) -> bytes:
    file = folder / "back.bin"
    file.unlink(missing_ok=True)
    _must(fail, "commander", "--no-wait", "--target", target, "-c", f"savemem {address:#x} {length} {file}", "-c", "reset")
    return file.read_bytes() if file.exists() else b""


def _must(fail, *arguments):
    """Runs pyocd; raises fail(why) if it ends in an error."""
    code, said = _run(*arguments)
    if "not recognized" in said:
        target = arguments[arguments.index("--target") + 1]
        raise ToolError(f"pyocd does not know {target}.", f"it has to be fetched once: {sys.executable} -m pyocd pack install {target}")
    if code:
        raise fail((said.strip().splitlines() or ["pyocd says nothing"])[-1])


def _run(*arguments):
    """(exit code, what it says)."""
    result = subprocess.run([sys.executable, "-m", "pyocd", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout + (result.stderr if result.returncode else "")
