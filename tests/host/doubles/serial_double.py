# SPDX-License-Identifier: MIT
"""The board's end of a serial line: a pty and a thread that answers. Shared by the doubles of boot loaders."""

import os
import pty
import select
import threading
import time
import tty


class Dead(Exception):
    """The board says nothing any more."""


class _Line:
    """One direction, on which every so many bytes one is lost; 0: none."""

    def __init__(self, every: int):
        self._every, self._count = every, 0

    def through(self, data: bytes) -> bytes:
        first, self._count = self._count + 1, self._count + len(data)
        return bytes(byte for i, byte in enumerate(data, first) if i % self._every) if self._every else data


class SerialDouble:
    """`with Double() as board: board.port`. A subclass answers in `serve`, reading with `take` and writing with `say`.

    drop, lose: of the answers, and of what is sent to the board, every so many bytes one is lost (0: none). late: seconds before each
    answer. die_at: the bytes of flash written at which it falls silent, or, unplugged, is gone from the port (None: never).
    """

    def __init__(self, drop: int = 0, lose: int = 0, late: float = 0.0, die_at: int | None = None, unplugged: bool = False):
        self.late, self.die_at, self.unplugged = late, die_at, unplugged
        self._out, self._in = _Line(drop), _Line(lose)
        self._heard = bytearray()
        self._stop = threading.Event()

    def __enter__(self):
        self._board, self._line = pty.openpty()
        tty.setraw(self._line)
        self.port = os.ttyname(self._line)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._stop.set()
        self._thread.join()
        os.close(self._line)
        if not self.unplugged:
            os.close(self._board)

    def take(self, count: int) -> bytes:
        """Exactly so many bytes; waits for them."""
        while len(self._heard) < count:
            if self._stop.is_set():
                raise Dead
            if select.select([self._board], [], [], 0.02)[0]:
                self._heard += self._in.through(os.read(self._board, 4096))
        data = bytes(self._heard[:count])
        del self._heard[:count]
        return data

    def say(self, data: bytes) -> None:
        time.sleep(self.late)
        os.write(self._board, self._out.through(data))

    def wrote(self, count: int) -> None:
        """That so many bytes of flash are written; dies if it is to."""
        if self.die_at is not None and count >= self.die_at:
            raise Dead

    def _run(self):
        try:
            self.serve()
        except Dead:
            if self.unplugged:
                os.close(self._board)
            self._stop.wait()
