# SPDX-License-Identifier: MIT
"""Talks to a board's MicroPython prompt over a serial port or pty.

MicroPython's raw REPL: Ctrl-A enters it, a program follows (here in raw-paste mode, which has
flow control), Ctrl-D runs it; the board answers `output Ctrl-D error Ctrl-D >`. Every wait has
a limit, so that a dead board is an error and not a hang.
"""

import ast
import time
from pathlib import Path
from typing import Callable

import serial

from torpor_host.errors import ToolError

BAUD = 115200
_ANSWER_S = 5.0  # a board that listens answers in milliseconds; this leaves room for a busy machine
_POLL_S = 0.05
_RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
_INTERRUPT, _RAW, _FRIENDLY, _PASTE = b"\x03", b"\x01", b"\x02", b"\x05A\x01"
END = b"\x04"  # Ctrl-D: of a program sent, of its output, of its error text


class BoardError(ToolError):
    """A program on the board ended in an exception; `trace` is its text, `output` what it printed before."""

    def __init__(self, trace: str, output: bytes, port: str):
        last = trace.strip().splitlines()[-1] if trace.strip() else "unknown error"
        super().__init__(f"The program on the board on {port} failed: {last}", "`torpor repl` shows more")
        self.trace, self.output = trace, output


class Link:
    """One open port. Use as a context manager: it is closed in any case.

    port: a device path ("/dev/ttyACM0", "/dev/pts/3").
    Raises ToolError if it cannot be opened; any call raises ToolError if the board does not answer.
    """

    def __init__(self, port: str, timeout: float = _ANSWER_S):
        self.port = str(port)
        self._timeout = timeout
        self._in_raw = False
        self._buffer = bytearray()  # read from the port, not yet consumed
        try:
            self._serial = serial.Serial(self.port, BAUD, timeout=_POLL_S, write_timeout=timeout, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise ToolError(f"The port {self.port} cannot be opened: {_why(error)}.", self._hint()) from None

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    def close(self) -> None:
        self._serial.close()

    def enter_raw(self, reset: bool = False) -> None:
        """Interrupts what runs and enters the raw REPL; `reset` also does a soft reset first."""
        self.write(b"\r" + _INTERRUPT + _INTERRUPT)
        self._drain()
        self.write(b"\r" + _RAW)
        self._until(_RAW_PROMPT)
        if reset:
            self.write(END)
            self._until(_RAW_PROMPT, timeout=4 * self._timeout)  # boot.py may take a while
        self._in_raw = True

    def leave_raw(self) -> None:
        """Back to the friendly prompt, where people type."""
        self.write(b"\r" + _FRIENDLY)
        self._in_raw = False

    def reset(self) -> None:
        """Soft reset to the friendly prompt: file systems are mounted anew, main.py runs."""
        self.enter_raw()
        self.leave_raw()
        self._until(b">>> ")
        self.write(END)
        self._until(b"soft reboot")

    def start(self, code: str | bytes) -> None:
        """Sends a program and returns as soon as the board runs it; read what it prints with `read` or `finish`."""
        if not self._in_raw:
            self.enter_raw()
        self.write(_PASTE)
        answer = self._take(2)
        if answer != b"R\x01":
            raise ToolError(f"The board on {self.port} has no raw-paste mode.", "it needs MicroPython 1.14 or newer")
        self._paste(code.encode() if isinstance(code, str) else code)

    def asks(self, words: bytes) -> bool:
        """Whether the started program goes on to print `words`, which are taken, rather than to end."""
        deadline = time.monotonic() + self._timeout
        while words not in self._buffer and END not in self._buffer:
            if data := self._receive():
                self._buffer += data
            elif time.monotonic() > deadline:
                raise self._dead()
        before, found, after = bytes(self._buffer).partition(words)
        if not found or END in before:
            return False
        self._buffer[:] = after
        return True

    def finish(self, timeout: float | None = None, consume: Callable[[bytes], None] | None = None) -> bytes:
        """What the started program printed, once it has ended; `consume` gets it as it comes.

        timeout: seconds without any byte that are too long; None is the link's own, math.inf waits for ever.
        With `consume`, which never gets a CR without its LF, only what it has not got is returned.
        Raises BoardError if the program raised an exception.
        """
        output = self._until(END, timeout, consume)
        trace = self._until(END, timeout)
        self._until(b">")
        if trace:
            raise BoardError(trace.decode(errors="replace"), output, self.port)
        return output

    def exec(self, code: str | bytes, timeout: float | None = None, consume=None) -> bytes:
        """Runs a program on the board and returns what it printed; see `finish`."""
        self.start(code)
        return self.finish(timeout, consume)

    def eval(self, expression: str):
        """The value of a MicroPython expression, if its repr is a literal."""
        return ast.literal_eval(self.exec(f"print(repr({expression}))").decode().strip())

    def write(self, data: bytes) -> None:
        try:
            self._serial.write(data)
        except (OSError, serial.SerialTimeoutException):
            raise self._dead() from None

    def read(self, wait: float = _POLL_S) -> bytes:
        """All bytes there are; waits at most about `wait` seconds for the first, then gives b""."""
        if self._buffer:
            data, self._buffer = bytes(self._buffer), bytearray()
            return data
        deadline = time.monotonic() + wait
        while not (data := self._receive()) and time.monotonic() < deadline:
            pass
        return data

    def unread(self, data: bytes) -> None:
        """Gives back bytes that `read` returned."""
        self._buffer[:0] = data

    def _receive(self) -> bytes:
        """Bytes from the port, b"" if none came within _POLL_S."""
        try:
            return self._serial.read(max(1, self._serial.in_waiting))
        except OSError:
            raise ToolError(f"The board on {self.port} went away.", "plug it in, or start it, again") from None

    def _drain(self) -> None:
        """Forgets what has arrived so far."""
        self._buffer.clear()
        while self._receive():
            pass

    def _until(self, ending: bytes, timeout: float | None = None, consume=None) -> bytes:
        """Bytes before `ending`, which is taken too."""
        limit = timeout or self._timeout
        deadline = time.monotonic() + limit
        seen = 0  # bytes searched
        while (at := self._buffer.find(ending, max(0, seen - len(ending) + 1))) < 0:
            if consume:  # then `ending` is one byte
                self._pass_on(consume)
            seen = len(self._buffer)
            if data := self._receive():
                self._buffer += data
                deadline = time.monotonic() + limit
            elif time.monotonic() > deadline:
                raise self._dead()
        data = bytes(self._buffer[:at])
        del self._buffer[: at + len(ending)]
        if consume:
            consume(data)
        return data

    def _pass_on(self, consume):
        """Gives all bytes to `consume`, but keeps a CR back until it is seen whether LF follows."""
        stop = len(self._buffer) - self._buffer.endswith(b"\r")
        if stop:
            consume(bytes(self._buffer[:stop]))
            del self._buffer[:stop]

    def _take(self, count: int) -> bytes:
        deadline = time.monotonic() + self._timeout
        while len(self._buffer) < count:
            self._buffer += self._receive()
            if time.monotonic() > deadline:
                raise self._dead()
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def _paste(self, code: bytes) -> None:
        """Raw-paste: the board grants windows of bytes with 0x01, and ends the transfer with 0x04."""
        window = int.from_bytes(self._take(2), "little")
        room, sent = window, 0
        while sent < len(code):
            while room == 0 or self._buffer or self._serial.in_waiting:
                if self._take(1) == END:  # the board gave up, as on a syntax error in a long line
                    self.write(END)
                    return
                room += window
            part = code[sent : sent + room]
            self.write(part)
            sent, room = sent + len(part), room - len(part)
        self.write(END)
        self._until(END)

    def _dead(self) -> ToolError:
        return ToolError(f"The board on {self.port} does not answer.", self._hint())

    def _hint(self) -> str:
        return "is it powered and running MicroPython, and no other program on the port?"


def _why(error: Exception) -> str:
    """The system's own words, without pyserial's wrapping."""
    code = getattr(error, "errno", None)
    return {2: "there is no such device", 13: "permission denied", 16: "another program uses it",
            11: "another program uses it"}.get(code, str(error).rstrip("."))


def run_file(link: Link, script: Path, consume, timeout: float | None = None) -> None:
    """Runs a MicroPython script of the host on the board; `consume` gets its output as it comes.

    Raises ToolError with the board's traceback if it fails. Ctrl-C here stops it there.
    """
    try:
        code = script.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(f"{script} cannot be read as a script: {error}.", "give the path of a .py file") from None
    try:
        link.exec(code, timeout, consume)
    except BoardError as error:
        trace = error.trace.replace("<stdin>", script.name).strip()
        lacking = any(f"no module named '{name}" in trace for name in ("torpor", "tflm", "dsp"))
        hint = f"`torpor push {script.name}` brings what it imports, but tflm, which a model brings" if lacking else "correct it, or try its lines in `torpor repl`"
        raise ToolError(f"{script.name} failed on the board.\n{trace}", hint) from None
    except KeyboardInterrupt:
        link.write(_INTERRUPT)
        raise
