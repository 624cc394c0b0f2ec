# SPDX-License-Identifier: MIT
"""The LSM6DSOX's wake-up interrupt (data sheet DS12814, sections 9.17, 9.47, 9.50, 9.51; application note AN5272, 5.4).

The slope filter: half the difference of two samples that follow each other, on any axis, above a threshold.
"""

from collections.abc import Callable

import numpy as np

from torpor_host.sim.chips.sampling import Sampling

_CHUNK = 1 << 15  # samples looked at together
_AHEAD = 40  # chunks at most
_AWAKE = 0x08  # WU_IA; X, Y and Z are 4, 2 and 1
_AXES = np.array([4, 2, 1])


class Wake:
    """acceleration(times) gives g, [n, 3], at moments."""

    def __init__(self, acceleration: Callable[[np.ndarray], np.ndarray], now: int):
        self._acceleration = acceleration
        self.configure(Sampling(0, now), None, 0, False, now)

    def configure(self, sampling: Sampling, threshold: float | None, duration: int, latched: bool, now: int) -> None:
        """threshold in g, None: off; duration: how many samples in a row, 0 is 1."""
        self._sampling, self._threshold, self._latched = sampling, threshold, latched
        self._duration = max(duration, 1)
        self._seen = sampling.index(now)  # samples looked at
        self._quiet = self._seen  # up to this one nothing will come
        self._flags = 0

    @property
    def active(self) -> bool:
        return bool(self._flags)

    def source(self) -> int:
        """WAKE_UP_SRC; reading it ends a latched interrupt."""
        flags = self._flags | _AWAKE if self._flags else 0
        if self._latched:
            self._flags = 0
        return flags

    def advance(self, now: int) -> None:
        newest = self._sampling.index(now)
        if self._threshold is None or newest <= self._seen:
            return
        for first in range(max(self._seen, self._quiet) + 1, newest + 1, _CHUNK):
            end = min(first + _CHUNK, newest + 1)
            events = self._events(first, end)
            if self._latched:
                self._flags |= int(np.bitwise_or.reduce(events))
            elif end == newest + 1:
                self._flags = int(events[-1])
        if newest <= self._quiet and not self._latched:
            self._flags = 0
        self._seen = newest

    def _events(self, first, end) -> np.ndarray:
        """The axes, as flags, that are above the threshold for long enough at samples first to end - 1."""
        before = max(first - self._duration, 0)
        g = self._acceleration(self._sampling.times(before, end))
        above = np.zeros((end - before, 3), bool)
        above[1:] = np.abs(np.diff(g, axis=0)) / 2 > self._threshold
        long = above[first - before :].copy()
        for back in range(1, self._duration):
            shifted = np.zeros_like(long)
            source = above[max(first - before - back, 0) : end - before - back]
            shifted[len(shifted) - len(source) :] = source
            long &= shifted
        return long @ _AXES

    def next_change(self, now: int) -> tuple[int, int] | None:
        """(when, level) of the next change, or of the next moment to ask again; after advance(now)."""
        if self._threshold is None or not self._sampling.rate or (self._latched and self._flags):
            return None
        if self._flags:
            follows = self._seen + 1
            return self._sampling.time(follows), int(self._events(follows, follows + 1)[0] > 0)
        first = max(self._seen, self._quiet) + 1
        for _ in range(_AHEAD):
            events = np.flatnonzero(self._events(first, first + _CHUNK))
            if len(events):
                self._quiet = first + int(events[0]) - 1
                return self._sampling.time(self._quiet + 1), 1
            first += _CHUNK
            self._quiet = first - 1
        return self._sampling.time(first), 0
