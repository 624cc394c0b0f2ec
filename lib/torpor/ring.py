# SPDX-License-Identifier: MIT
"""A ring of equal blocks between one producer, which may be an interrupt, and one consumer."""

import asyncio
from micropython import const

COUNT = const(0x3FFFFFFF)  # block numbers wrap here, so that they stay small integers


class _Index:
    def __getitem__(self, index):
        return index


ALL = _Index()[:]  # the slice [:] made once: `view[ALL] = other` copies and allocates nothing


class Ring:
    """`slots` blocks of `size` bytes (slots is a power of two).

    The producer fills `slot()` and calls `commit()`; it never waits. When the consumer
    is too slow the oldest unread blocks are overwritten, and its next `take()` skips
    and counts them in `overruns`. Each side writes only its own counter, so there is no lock.

    The last `overlap` bytes (at most `size`) are repeated before the first block:
    a window that reaches back over the ring's end is contiguous there, too.

    A producer that has time may fill `stretch` blocks (a power of two) at once: `stretch()` gives
    as many as lie together there, and `commit()` wants their number.

    Allocates in the constructor only: slots * size + overlap bytes and a view a slot and a stretch;
    a caller may pass the memory. `slot()`, `commit()` and `close()` may run in an interrupt,
    unless `flag` says otherwise: a producer that is a task may pass an asyncio.Event, which
    costs less time than the ThreadSafeFlag.
    """

    def __init__(self, slots, size, overlap=0, buffer=None, flag=None, stretch=1):
        if slots < 4 or slots & (slots - 1):
            raise ValueError("slots must be a power of two, 4 at least")
        if stretch < 1 or stretch & (stretch - 1) or stretch > slots // 4:
            raise ValueError("stretch must be a power of two, a quarter of slots at most")
        if overlap > size:
            raise ValueError("overlap is longer than a block")
        length = overlap + slots * size
        self.buffer = memoryview(bytearray(length) if buffer is None else buffer)
        if len(self.buffer) < length:
            raise ValueError("buffer: {} bytes needed, {} given".format(length, len(self.buffer)))
        self.slots, self.size, self.overlap = slots, size, overlap
        self.blocks = [self.buffer[i : i + size] for i in range(overlap, length, size)]
        self._stretches = [self.buffer[i : i + stretch * size] for i in range(overlap, length, stretch * size)]
        self._stretch = stretch
        self._room = slots - 1 - stretch  # blocks that may wait: not those being filled, nor the one after them
        self._front = self.buffer[:overlap]
        self._back = self.buffer[length - overlap : length]
        self._written = 0  # blocks committed; only the producer writes it
        self._read = 0  # blocks taken or lost; only the consumer writes it
        self._closed = False
        self._flag = asyncio.ThreadSafeFlag() if flag is None else flag
        self.overruns = 0

    def slot(self):
        """The block to fill next, a memoryview of `size` bytes."""
        return self.blocks[self._written & (self.slots - 1)]

    def stretch(self):
        """The blocks to fill next, `stretch` of them, or one where they do not lie together."""
        written = self._written & (self.slots - 1)
        number, rest = divmod(written, self._stretch)
        return self.blocks[written] if rest else self._stretches[number]

    def commit(self, count=1):
        """Hands the filled slot, or so many, to the consumer."""
        written = self._written + count
        if self.overlap and not written & (self.slots - 1):
            self._front[ALL] = self._back
        self._written = written & COUNT
        self._flag.set()

    def close(self):
        """No more blocks will come: take() raises EOFError after the last one."""
        self._closed = True
        self._flag.set()

    def ready(self):
        """Blocks that wait to be taken."""
        return (self._written - self._read) & COUNT

    def take(self):
        """The number of the oldest unread block that is whole, or -1 if there is none yet.

        Those being filled are never handed out, nor the one after them, which the overlap of the
        oldest window still needs. Raises EOFError after close().
        """
        lost = self.ready() - self._room
        if lost > 0:
            self.overruns += lost
            self._read = (self._read + lost) & COUNT
        elif self._read == self._written:
            if self._closed:
                raise EOFError
            return -1
        number = self._read
        self._read = (number + 1) & COUNT
        return number

    def holds(self, number):
        """True while block `number` and the one before it are not overwritten."""
        return (self._written - number) & COUNT <= self._room

    async def wait(self):
        """Waits for a commit() or close() since the last wait; one waiter only."""
        await self._flag.wait()
        self._flag.clear()
