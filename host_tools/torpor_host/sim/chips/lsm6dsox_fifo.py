# SPDX-License-Identifier: MIT
"""The LSM6DSOX's FIFO: 512 words of a tag and six bytes (data sheet DS12814, section 6.5; registers 9.4 to 9.7, 9.41, 9.42)."""

from collections import deque
from collections.abc import Callable

import numpy as np

from torpor_host.sim.chips.sampling import Sampling

ROTATION, ACCELERATION = 1, 2  # TAG_SENSOR: section 9.73
_WORDS = 512  # 3 kB
_BYPASS, _FIFO = 0, 1  # FIFO_MODE; 6 is continuous
_THRESHOLD, _OVERRUN, _FULL, _OVERRUN_LATCHED = 0x80, 0x40, 0x20, 0x08  # of FIFO_STATUS2


class Fifo:
    """raw(kind, times) gives a sensor's words at moments, [n, 3] of int16."""

    def __init__(self, raw: Callable[[int, np.ndarray], np.ndarray], now: int):
        self._raw = raw
        self._words = deque()
        self._mode = self._threshold = self._slot = 0
        self._overrun = self._latched = False
        self._batches = {ROTATION: Sampling(0, now), ACCELERATION: Sampling(0, now)}
        self._done = {ROTATION: -1, ACCELERATION: -1}  # batches that are in the FIFO

    def __len__(self):
        return min(len(self._words), _WORDS)

    def configure(self, mode: int, threshold: int, rates: dict[int, float], now: int) -> None:
        """FIFO_CTRL1 to FIFO_CTRL4: mode, threshold in words, the rate at which each sensor is batched."""
        if mode == _BYPASS:
            self._words.clear()
            self._overrun = self._latched = False
        for kind, rate in rates.items():
            if rate != self._batches[kind].rate or self._mode == _BYPASS != mode:
                self._batches[kind], self._done[kind] = Sampling(rate, now), -1
        self._mode, self._threshold = mode, threshold

    def advance(self, sensors: dict[int, Sampling], now: int) -> None:
        """Takes in what has become due."""
        due = []
        for kind, batch in self._batches.items():
            newest = batch.index(now)
            if newest > self._done[kind]:
                due += self._batch(kind, sensors[kind], batch.times(*self._kept(self._done[kind] + 1, newest + 1)))
                self._done[kind] = newest
        if self._mode != _BYPASS:
            for at, kind, word in sorted(due, key=lambda one: one[:2]):
                self._add(at, kind, word)

    def _kept(self, first, end):
        """Of batches first to end - 1 those that can be in the FIFO still, and one, so that an overrun is seen."""
        if self._mode == _FIFO:
            return first, min(end, first + _WORDS + 1)
        return max(first, end - _WORDS - 1), end

    def _batch(self, kind, sensor, times):
        newest = [sensor.index(int(at)) for at in times] if sensor.rate else []
        there = [(int(at), sensor.time(index)) for at, index in zip(times, newest) if index >= 0]
        if not there:
            return []
        words = self._raw(kind, np.array([taken for _, taken in there]))
        return [(at, kind, word.tobytes()) for (at, _), word in zip(there, words)]

    def _add(self, at, kind, word):
        if len(self._words) >= _WORDS:
            self._overrun = self._latched = True
            if self._mode == _FIFO:
                return
            self._words.popleft()
        tag = kind << 3 | (self._slot & 3) << 1
        self._slot += kind == ACCELERATION or not self._batches[ACCELERATION].rate
        self._words.append(bytes([tag | tag.bit_count() & 1]) + word)

    def take(self, place: int) -> int:
        """Byte `place` of the oldest word, 0 is its tag; reading byte 6 takes the word. Empty: 0."""
        if not self._words:
            return 0
        value = self._words[0][place]
        if place == 6:
            self._words.popleft()
            self._overrun = False
        return value

    def flags(self) -> int:
        """Those of FIFO_STATUS2."""
        return (
            _THRESHOLD * (0 < self._threshold <= len(self._words))
            | _OVERRUN * (self._overrun and len(self._words) >= _WORDS)
            | _FULL * (len(self._words) >= _WORDS)
            | _OVERRUN_LATCHED * self._latched
        )

    def status(self) -> int:
        """The same, as FIFO_STATUS2 is read: that ends the latch."""
        flags, self._latched = self.flags(), False
        return flags

    def next_flag(self, flags: int, now: int) -> int | None:
        """When the first of these flags that is not set will be, if nobody reads; None: never."""
        wanted = [self._threshold] if flags & _THRESHOLD and self._threshold else []
        wanted += [_WORDS] if flags & _FULL else []
        wanted += [_WORDS + 1] if flags & _OVERRUN else []
        missing = min((count - len(self._words) for count in wanted if count > len(self._words)), default=0)
        if not missing or self._mode == _BYPASS:
            return None
        coming = [batch.times(self._done[kind] + 1, self._done[kind] + 1 + missing) for kind, batch in self._batches.items() if batch.rate]
        return int(np.sort(np.concatenate(coming))[missing - 1]) if coming else None
