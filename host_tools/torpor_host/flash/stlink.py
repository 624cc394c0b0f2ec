# SPDX-License-Identifier: MIT
"""Writes an STM32's firmware through its ST-LINK, with pyocd; and reads it back. Only the sectors that are written are erased."""

import subprocess
import sys
import tempfile
from pathlib import Path

from torpor_host.errors import ToolError
from torpor_host.extras import need
from torpor_host.flash.job import Job


def flash(job: Job) -> None:
    """Raises ToolError if pyocd or its pack is missing, no ST-LINK is attached, or the firmware is not there at the end."""
    need("pyocd", "stlink")
    target = f"{job.board.mcu.lower()}tx"  # of CMSIS packs: package and temperature range at the end
    parts = job.firmware.parts
    with job.progress.step(f"flash {job.board.name} through its ST-LINK") as tick, tempfile.TemporaryDirectory() as folder:
        for done, (address, data) in enumerate(parts):
            _write(job, target, address, data, Path(folder), job.erase and done == 0)
            tick(2 * done + 1, 2 * len(parts))
            _verify(job, target, address, data, Path(folder))
            tick(2 * done + 2, 2 * len(parts))


def _write(job, target, address, data, folder, erase):
    file = folder / "part.bin"
    file.write_bytes(data)
    how = "chip" if erase else "sector"
    _run(job, "load", "--no-wait", "--target", target, "--erase", how, "--format", "bin", "--base-address", f"{address:#x}", str(file))


def _verify(job, target, address, data, folder):
    file = folder / "back.bin"
    file.unlink(missing_ok=True)
    _run(job, "commander", "--no-wait", "--target", target, "-c", f"savemem {address:#x} {len(data)} {file}", "-c", "reset")
    if not file.exists() or file.read_bytes() != data:
        raise job.broken(f"what is at {address:#x} differs from the file")


def _run(job, *arguments):
    result = subprocess.run([sys.executable, "-m", "pyocd", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    said = result.stdout + result.stderr
    if "No available debug probes" in said or "No connected debug probes" in said:
        raise ToolError("No ST-LINK is attached.", "plug in the board's ST-LINK port, with a cable that carries data")
    if "not recognized" in said:
        target = arguments[arguments.index("--target") + 1]
        raise ToolError(f"pyocd does not know {target}.", f"it has to be fetched once: {sys.executable} -m pyocd pack install {target}")
    if result.returncode:
        raise job.broken((said.strip().splitlines() or ["pyocd says nothing"])[-1].rstrip("."))
