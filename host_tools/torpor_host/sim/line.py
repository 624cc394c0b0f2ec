# SPDX-License-Identifier: MIT
"""A serial line between a program and an emulated board, as slow as a real one, and as bad as one likes."""

import os
import select
import threading
import time
import tty
from collections import deque
from typing import Callable

import serial

_PIECE = 32  # bytes forwarded at once; 3 ms of 115200 baud


class Line:
    """Use as a context manager: `port` is a pty, and what is written there reaches the board at `board_port`, and back.

    rate: bytes/s each way (115200 baud are 11520). latency_s: how much later each byte arrives, each way.
    to_board, to_host: what bytes on their way become, each piece of at most 32 as it is read; a function may keep some back.
    """

    def __init__(
        self,
        board_port: str,
        rate: float = 1e6,
        latency_s: float = 0.0,
        to_board: Callable[[bytes], bytes] = bytes,
        to_host: Callable[[bytes], bytes] = bytes,
    ):
        self._board = serial.Serial(board_port, timeout=0)
        self._master, self._slave = os.openpty()
        for end in self._master, self._slave:
            tty.setraw(end)
        self.port = os.ttyname(self._slave)
        board = self._board.fileno()
        self._ways = [_Way(self._master, board, rate, latency_s, to_board), _Way(board, self._master, rate, latency_s, to_host)]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._forward, daemon=True)

    def __enter__(self) -> "Line":
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()
        self._board.close()
        os.close(self._master)
        os.close(self._slave)

    def _forward(self):
        while not self._stopping.is_set():
            now = time.monotonic()
            for way in self._ways:
                way.deliver(now)
            free = [way for way in self._ways if way.is_free(now)]
            next_due = min((due for way in self._ways if (due := way.next_due(now)) is not None), default=now + 0.05)
            ready = select.select([way.source for way in free], [], [], max(0.0, min(0.05, next_due - now)))[0]
            for way in free:
                if way.source in ready:
                    way.take()


class _Way:
    """One direction. What was read is under way until its last bit has been sent, and then for the latency."""

    def __init__(self, source, sink, rate, latency, change):
        self.source, self._sink, self._rate, self._latency, self._change = source, sink, rate, latency, change
        self._sent = 0.0  # when the line is free again
        self._coming = deque()  # (when it arrives, bytes)

    def is_free(self, now) -> bool:
        return now >= self._sent

    def next_due(self, now) -> float | None:
        times = [self._sent] if self._sent > now else []
        times += [arrives for arrives, _data in list(self._coming)[:1]]
        return min(times, default=None)

    def take(self):
        try:
            data = os.read(self.source, _PIECE)
        except OSError:
            return  # that end is gone
        now = time.monotonic()
        late = now - self._sent
        self._sent = (self._sent if late < 0.01 else now) + len(data) / self._rate
        self._coming.append((self._sent + self._latency, self._change(data)))

    def deliver(self, now):
        while self._coming and self._coming[0][0] <= now:
            data = self._coming.popleft()[1]
            while data:
                data = data[os.write(self._sink, data) :]
