# SPDX-License-Identifier: MIT
"""Writes an STM32's firmware by copying it to the drive that the board's ST-LINK shows.

What is in flash cannot be read back there: the drive says FAIL.TXT if it went wrong.
"""

import os
import shlex
import time
from pathlib import Path

from torpor_host.errors import ToolError
from torpor_host.flash.job import Job

_SIGNS = "MBED.HTM", "DETAILS.TXT"  # what an ST-LINK's drive holds
_DONE_S = 30.0  # the drive goes and comes again when the flash is written
_POLL_S = 0.2
_MOUNTS = Path("/proc/mounts")


def ready() -> None:
    """Copying needs nothing."""


def flash(job: Job) -> None:
    """job.place: where the drive is mounted. Raises ToolError if it is none, or refuses the file."""
    if job.firmware.kind not in ("bin", "hex"):
        raise ToolError(f"The drive takes a .bin or a .hex, and {job.firmware.path} is a .{job.firmware.kind}.", "take the .hex of the same firmware")
    folder = Path(job.place)
    if not is_drive(folder):
        raise ToolError(f"{folder} is no drive of an ST-LINK.", f"mount the board's drive; it holds {' and '.join(_SIGNS)}")
    with job.progress.step(f"flash {job.board.name} through its drive {folder}") as tick:
        target = folder / f"firmware.{job.firmware.kind}"
        _copy(job, target, job.firmware.path.read_bytes(), tick)
        _wait(job, target)


def is_drive(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _SIGNS)


def find() -> Path:
    """The only mounted drive of an ST-LINK."""
    mounted = [line.split()[1].replace("\\040", " ") for line in _MOUNTS.read_text().splitlines() if " vfat " in line]
    found = [Path(place) for place in mounted if is_drive(Path(place))]
    if not found:
        raise ToolError("No drive of an ST-LINK is mounted.",
                        "plug in the board's ST-LINK port and open its drive, or give its folder: --port FOLDER")
    if len(found) > 1:
        raise ToolError(f"{len(found)} drives of ST-LINKs are mounted: {', '.join(map(str, found))}.",
                        f"choose one: --port {shlex.quote(str(found[0]))}")
    return found[0]


def _copy(job, target, data, tick):
    try:
        with open(target, "wb") as out:
            for at in range(0, len(data), 1 << 16):
                out.write(data[at : at + (1 << 16)])
                tick(at, len(data))
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise _refused(job, target, error) from None


def _refused(job, target, error):
    try:
        target.unlink(missing_ok=True)
    except OSError:
        return job.broken(f"{target.parent} takes nothing more: {error.strerror}")
    return ToolError(f"{target} cannot be written: {error.strerror}.", "the drive has to be empty and writable; plug the board in anew")


def _wait(job, target):
    """Until the drive has taken the file, which is gone then, and is there again."""
    end = time.monotonic() + _DONE_S
    while (target.exists() or not is_drive(target.parent)) and time.monotonic() < end:
        time.sleep(_POLL_S)
    failed = target.parent / "FAIL.TXT"
    if failed.is_file():
        raise job.broken(f"the drive says: {' '.join(failed.read_text(errors='replace').split())}")
    if target.exists():
        raise job.broken("the drive has not taken the file")
    if not is_drive(target.parent):
        job.progress.note("the drive has not come back, so it has not said whether the firmware is good")
