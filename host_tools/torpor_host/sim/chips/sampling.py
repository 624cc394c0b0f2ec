# SPDX-License-Identifier: MIT
"""When a chip that samples at a rate of its own takes its samples."""

import numpy as np


class Sampling:
    """Samples 0, 1, ... at `rate` Hz, to 1 mHz, the first one period after `start` (µs). Rate 0: none."""

    def __init__(self, rate: float, start: int):
        self.rate = rate
        self._start = start
        self._millihertz = round(rate * 1000)

    def index(self, now: int) -> int:
        """The number of the newest sample, -1 before the first."""
        return (now - self._start) * self._millihertz // 1_000_000_000 - 1 if self.rate else -1

    def time(self, index):
        """When a sample is there, or an array of them: µs."""
        return self._start + -(-(index + 1) * 1_000_000_000 // self._millihertz)

    def times(self, first: int, end: int) -> np.ndarray:
        """Those of samples first to end - 1."""
        return self.time(np.arange(first, end, dtype=np.int64))
