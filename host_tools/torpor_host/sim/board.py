# SPDX-License-Identifier: MIT
"""One emulated board: a QEMU process whose serial line is a pty."""

import atexit
import ctypes
import fcntl
import os
import re
import select
import shutil
import signal
import subprocess
import time
import tty
from pathlib import Path
from typing import IO

import serial

from torpor_host.boards import BoardProfile, load_board
from torpor_host.errors import ToolError
from torpor_host.sim.world import PIPES, World

PTY = re.compile(r"char device redirected to (\S+)")
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None)


def _end_with_parent() -> None:
    """In the child: be killed when the thread that started it ends, however that ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Board:
    """An emulated board in its instance folder, used as a context manager.

    The folder holds flash.img (file system) and romfs.img, which persist; mic.wav, what the
    microphone hears; pins.csv, what the input pins see; and pins_out.csv, what the board drove.

    name      a board of boards/ that has a `machine`, or the profile of one that has no folder there
    folder    the instance folder, made if absent; one board at a time can use it
    shift     an instruction takes 2**shift ns of virtual time: 3 for ordinary use; from 7 on the
              25 MHz counter tells single instructions apart
    firmware  an ELF file; the board's own build if None
    world     the chips and signals around it; None: nothing is on its buses

    Start it from a thread that outlives it: the emulator is killed when that thread ends.
    """

    def __init__(self, name: str | BoardProfile, folder: Path, shift: int = 3, firmware: Path | None = None, world: World | None = None):
        self.profile = name if isinstance(name, BoardProfile) else load_board(name)
        if not self.profile.machine:
            raise ToolError(f"{name} is not an emulated board.", "use its serial port instead")
        self._qemu = shutil.which(self.profile.qemu)
        if self._qemu is None:
            package = "qemu-system-arm" if self.profile.qemu == "qemu-system-arm" else "qemu-system-misc"
            raise ToolError(f"{self.profile.qemu} is missing.", f"install it: sudo apt-get install {package}")
        self.folder = Path(folder)
        self.shift = shift
        self.firmware = Path(firmware or self.profile.firmware).resolve()
        self.port = None
        self._world = world
        self._process = self._lock = self._pty = None
        self._said = b""

    @property
    def pid(self) -> int | None:
        """The emulator's process id, None if it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, timeout: float = 20) -> "Board":
        """Starts the emulator and waits until the board answers; raises ToolError."""
        command = self._command()
        self._said = b""
        self._lock = self._take_folder()
        self._meet_world()
        self._process = subprocess.Popen(command, cwd=self.folder, preexec_fn=_end_with_parent, **self._streams())
        atexit.register(self.stop)
        try:
            self.port = self._read_port(time.monotonic() + timeout)
            self._wait_for_prompt(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends the emulator. Harmless if it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._talk.close()
        if self._lock is not None:
            self._lock.close()
        for end in self._pty or ():
            os.close(end)
        self._process = self._lock = self._pty = self.port = None
        atexit.unregister(self.stop)
        if self._world:
            self._world.stop()

    def said(self) -> str:
        """What the emulator itself has printed since the start: a fault of the firmware, for one."""
        while self._process and select.select([self._talk], [], [], 0)[0]:
            chunk = self._talk.read1()
            if not chunk:
                break
            self._said += chunk
        return self._said.decode(errors="replace")

    def __enter__(self) -> "Board":
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _command(self) -> list[str]:
        if not self.firmware.is_file():
            raise ToolError(f"there is no firmware {self.firmware}.", f"build it: torpor build {self.profile.name}")
        return [
            *(self._qemu, "-machine", self.profile.machine, "-kernel", str(self.firmware), *self.profile.qemu_options),
            *("-icount", f"shift={self.shift},sleep=off"),
            *("-semihosting-config", "enable=on,target=native"),
            *("-display", "none", "-monitor", "none", "-nic", "none", "-serial", "none" if self._without_serial else "pty"),
        ]

    @property
    def _without_serial(self) -> bool:
        """A machine without a serial line, whose REPL is the emulator's own input and output."""
        return self.profile.machine == "sim"

    @property
    def _talk(self) -> IO:
        """What the emulator itself prints."""
        return self._process.stderr if self._pty else self._process.stdout

    def _streams(self) -> dict:
        """The emulator's standard streams. The far end of a pty of ours stays open here too, so that it is never hung up."""
        if not self._without_serial:
            return {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._pty = near, far = os.openpty()
        tty.setraw(far)
        return {"stdin": near, "stdout": near, "stderr": subprocess.PIPE}

    def _take_folder(self) -> IO:
        """Two boards would overwrite each other's flash; the lock ends with this process at the latest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = open(self.folder / "lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise ToolError(f"a board is running in {self.folder} already.", "stop it, or use another folder") from None
        return lock

    def _meet_world(self) -> None:
        """The pipes are there if, and only if, somebody answers."""
        for name in PIPES:
            (self.folder / name).unlink(missing_ok=True)
        if self._world:
            self._world.start(self.folder)

    def _failed(self, what: str) -> ToolError:
        lines = self.said().strip().splitlines()
        return ToolError(f"{self.profile.name} {what}.", lines[-1] if lines else f"remove {self.folder} and try again")

    def _read_port(self, deadline: float) -> str:
        """The pty's path: of ours, or as QEMU prints it."""
        if self._pty:
            return os.ttyname(self._pty[1])
        while not (found := PTY.search(self.said())):
            if self.pid is None or time.monotonic() > deadline:
                raise self._failed("did not start")
            select.select([self._talk], [], [], 0.1)
        return found.group(1)

    def _wait_for_prompt(self, deadline: float) -> None:
        """Waits until the board takes input: the REPL's prompt, or what a running program prints."""
        try:
            with serial.Serial(self.port, timeout=0.2) as line:
                while time.monotonic() < deadline:
                    line.write(b"\r\n")
                    if line.read(1):
                        return
        except serial.SerialException:
            raise self._failed("stopped at once") from None
        raise self._failed("does not answer")
