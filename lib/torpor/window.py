# SPDX-License-Identifier: MIT
"""Overlapping windows over a ring, without copying."""


class Window:
    """The last `size` bytes at each block of a ring: the hop is the ring's block.

    Consecutive windows overlap by size - ring.size bytes, which the ring repeats at its
    front (Ring's `overlap`), so every window is one contiguous memoryview. There is one
    for each slot, all made in the constructor; nothing is copied or allocated later.
    A window stays valid until the producer comes round: use it before the next await,
    or ask `ring.holds(number)`.
    """

    def __init__(self, ring, size):
        reach = size - ring.size
        if reach > ring.overlap:
            raise ValueError("the ring's overlap is shorter than the window's")
        ends = range(ring.overlap + ring.size, ring.overlap + ring.slots * ring.size + 1, ring.size)
        self._views = [ring.buffer[end - size : end] for end in ends]
        self._ring = ring
        self.number = -1  # the block that the last window ended with

    def take(self):
        """The next window, None if its last block is not there yet. Raises EOFError at the source's end."""
        number = self._ring.take()
        if number < 0:
            return None
        self.number = number
        return self._views[number & (self._ring.slots - 1)]

    async def next(self):
        """The next window, as soon as its last block is there. Raises EOFError at the source's end."""
        view = self.take()
        while view is None:
            await self._ring.wait()
            view = self.take()
        return view

    def back(self, hops):
        """The window `hops` before the last one; None if it is older than the source.

        One that is overwritten already is counted as an overrun, and None.
        """
        number = self.number - hops
        if number < 0:
            return None
        if not self._ring.holds(number):
            self._ring.overruns += 1
            return None
        return self._views[number & (self._ring.slots - 1)]
