# SPDX-License-Identifier: MIT
"""How long it takes to push files to a board, here and with `mpremote cp`, over the same serial line.

The board is MicroPython's unix port behind tests/host/raw_repl.py, with littlefs in RAM: it does in no time what a board needs
milliseconds for, so what is measured is the line, and that is 115200 baud, 11,520 bytes/s each way. Times are from opening the port
to closing it, in seconds. (QEMU's serial lines are slower than that on a busy PC.)
"""

import contextlib
import io
import os
import random
import subprocess
import sys
import tempfile
import time
import tty
from pathlib import Path

from mpremote import main as mpremote

from torpor_host import build, transfer
from torpor_host.link import BAUD, Link
from torpor_host.paths import LIB, MODELS, ROOT
from torpor_host.progress import SILENT, Silent
from torpor_host.sim.line import Line

# Seconds that bytes take each way beside their own length: a frame of USB; and half of what an FTDI chip waits by default.
LATENCIES = {"1 ms": 0.001, "8 ms": 0.008}
_STORAGE_KB = 1000


def workloads() -> dict[str, dict[str, bytes]]:
    """Title to files: what compresses well, what compresses a little, both, and what does not."""
    scripts = {path.name: path.read_bytes() for path in sorted((LIB / "torpor").glob("*.py"))}
    model = {"keywords.tflite": (MODELS / "keywords/model.tflite").read_bytes()}
    changed = {name: data + b"changed = True\n" * (name == "model.py") for name, data in {**scripts, **model}.items()}
    return {
        f"`lib/torpor`, {len(scripts)} scripts": scripts,
        "the keywords model": model,
        "both": {**scripts, **model},
        "both again, one line changed": changed,
        "pseudo-random bytes": {"random.bin": random.Random(1).randbytes(20_000)},
    }


def measure(progress: Silent = SILENT) -> dict[str, dict]:
    """{latency: {title: {"bytes": of all files, "here_s": , "mpremote_s": }}}, each measured once. Raises ToolError if a tool fails."""
    build.build(["unix"], progress)
    return {name: _measure(name, latency, progress) for name, latency in LATENCIES.items()}


def _measure(name, latency, progress) -> dict[str, dict]:
    found = {}
    with tempfile.TemporaryDirectory() as folder, _board() as device, Line(device, BAUD / 10, latency) as line:
        # By this name it is a serial port for mpremote, which waits for bytes in another way at a pty.
        port = Path(folder) / "ttyUSB0"
        port.symlink_to(line.port)
        for title, files in workloads().items():
            place = title.split()[0].strip("`,").replace("/", "_")  # "both again" finds what "both" left
            with progress.step(f"push {title} at {name}"):
                seconds = {"here_s": _here(port, "/here_" + place, files), "mpremote_s": _mpremote(port, "/theirs_" + place, files)}
            found[title] = {"bytes": sum(map(len, files.values())), **seconds}
    return found


@contextlib.contextmanager
def _board():
    """The board's port."""
    master, slave = os.openpty()
    for end in master, slave:
        tty.setraw(end)
    command = [build.build(["unix"])["unix"], "-X", "heapsize=4M", ROOT / "tests/host/raw_repl.py", str(_STORAGE_KB), "", ""]
    process = subprocess.Popen(command, stdin=master, stdout=master, stderr=subprocess.DEVNULL)
    try:
        yield os.ttyname(slave)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def _here(port, place, files) -> float:
    start = time.monotonic()
    with Link(port) as link:
        link.enter_raw()
        transfer.put(link, {f"{place}/{name}": data for name, data in files.items()})
        link.leave_raw()
    return round(time.monotonic() - start, 2)


def _mpremote(port, place, files) -> float:
    """It is run in this process, so that its start does not count, and resumes, which spares it a reset."""
    with Link(port) as link:
        link.exec(f"import os\nif {place[1:]!r} not in os.listdir('/'):os.mkdir({place!r})")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in files]
        for path in paths:
            path.write_bytes(files[path.name])
        start = time.monotonic()
        command = ["mpremote", "connect", str(port), "resume", "cp", *map(str, paths), f":{place}/"]
        with contextlib.redirect_stdout(io.StringIO()), _arguments(command):
            mpremote.main()
        return round(time.monotonic() - start, 2)


@contextlib.contextmanager
def _arguments(command):
    sys.argv, kept = command, sys.argv
    try:
        yield
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(f"{' '.join(command)} ended with {ended.code}") from None
    finally:
        sys.argv = kept
