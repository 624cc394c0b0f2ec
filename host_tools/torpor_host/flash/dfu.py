# SPDX-License-Identifier: MIT
"""Writes an STM32's firmware over USB, with dfu-util; and reads it back. Only the sectors that are written are erased."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from torpor_host.errors import ToolError
from torpor_host.flash.job import Job

_DEVICE = "0483:df11"  # ST's boot loader in ROM


def flash(job: Job) -> None:
    """Raises ToolError if dfu-util is missing, no board is in DFU mode, or the firmware is not there at the end."""
    if shutil.which("dfu-util") is None:
        raise ToolError("dfu-util is missing.", "sudo apt-get install dfu-util")
    if f"[{_DEVICE}]" not in _run("-l")[1]:
        raise job.unreached("No board is attached in DFU mode.")
    parts = job.firmware.parts
    with job.progress.step(f"flash {job.board.name} over DFU") as tick, tempfile.TemporaryDirectory() as folder:
        for done, (address, data) in enumerate(parts):
            _write(job, address, data, Path(folder), job.erase and done == 0)
            tick(2 * done + 1, 2 * len(parts))
            _verify(job, address, data, Path(folder))
            tick(2 * done + 2, 2 * len(parts))
    job.progress.note("press reset: the board starts its new firmware")


def _write(job, address, data, folder, erase):
    file = folder / "part.bin"
    file.write_bytes(data)
    code, text = _run("-d", _DEVICE, "-a", "0", "-s", f"{address:#x}{':mass-erase:force' if erase else ''}", "-D", str(file))
    if code:
        raise job.broken(_last(text))


def _verify(job, address, data, folder):
    file = folder / "back.bin"
    file.unlink(missing_ok=True)
    code, text = _run("-d", _DEVICE, "-a", "0", "-s", f"{address:#x}:{len(data)}", "-U", str(file))
    if code:
        raise job.broken(_last(text))
    if file.read_bytes() != data:
        raise job.broken(f"what is at {address:#x} differs from the file")


def _run(*arguments):
    """(exit code, what it says)."""
    result = subprocess.run(["dfu-util", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout + result.stderr


def _last(text) -> str:
    return (text.strip().splitlines() or ["dfu-util says nothing"])[-1].rstrip(".")
