# SPDX-License-Identifier: MIT
"""The I2S microphone of a board."""

import asyncio
import select
from time import ticks_diff, ticks_ms


def open():
    """The board's microphone; `board.py` says how it is wired (see lib/DESIGN.md). OSError if it has none."""
    try:
        import board
    except ImportError:
        raise OSError("no board.py on this board: copy one from boards/")
    if not hasattr(board, "microphone"):
        raise OSError("this board has no microphone that MicroPython can read: board.py has no microphone()")
    return Mic(board.microphone(), board.MIC_RATE, board.MIC_DEPTH)


class Mic:
    """A mono 16-bit microphone behind a machine.I2S that receives.

    `depth` is how many samples the driver holds; it must outlast the longest time that
    nobody reads: an inference. Where the driver does not count the samples that it had to
    drop (no port's does, the emulated boards' does), `overruns` is worked out from the clock.

    readinto() sleeps by the clock until the block is due instead of polling the driver,
    so there is about one wake-up a block. It allocates its coroutine and one view.
    """

    shape = (1,)
    dtype = "int16"
    units = "full scale"  # 32768 is 1.0

    def __init__(self, i2s, rate, depth):
        self.rate = rate
        self._i2s = i2s
        self._dropped = 0
        self._depth = depth
        poll = select.poll()
        poll.register(i2s, select.POLLIN)
        poll.poll(0)  # from its first poll on, machine.I2S returns what it has and never blocks
        self._empty_ms = ticks_ms()  # when the driver was last seen empty
        self._since = 0  # samples read or lost since then

    @property
    def overruns(self):
        """Samples lost because nobody read them in time."""
        return self._i2s.overruns() if hasattr(self._i2s, "overruns") else self._dropped

    async def readinto(self, buf):
        """Fills buf with int16 samples; returns its length in bytes."""
        view = memoryview(buf)
        done = self._take(view)
        while done < len(buf):
            missing = (len(buf) - done) // 2
            await asyncio.sleep_ms((missing * 1000 + self.rate - 1) // self.rate)
            done += self._take(view[done:])
        return done

    def _take(self, view):
        """Reads what is there, at most len(view) bytes; returns how much."""
        now = ticks_ms()
        waiting = ticks_diff(now, self._empty_ms) * self.rate // 1000 - self._since
        if waiting > self._depth:
            self._dropped += waiting - self._depth
            self._since += waiting - self._depth
        count = self._i2s.readinto(view) or 0
        self._since += count // 2
        if count < len(view):
            self._empty_ms = now
            self._since = 0
        return count

    def close(self):
        self._i2s.deinit()
