# SPDX-License-Identifier: MIT
"""Triggers: what wakes the pipeline, and when it may sleep again."""


class Energy:
    """Awake while the source is loud, and for `hang_ms` after.

    Wakes at a level of `threshold_dbfs` (dB relative to full scale, negative) or more;
    once awake, anything down to `hysteresis_db` below it still counts as loud.
    Time is counted in the source's own samples, so the same recording always
    gives the same wakes. `feed()` allocates nothing.
    """

    def __init__(self, threshold_dbfs, hang_ms=800, hysteresis_db=6):
        if hysteresis_db < 0 or hang_ms < 0:
            raise ValueError("hysteresis_db and hang_ms are 0 or more")
        self._on = int(threshold_dbfs * 100)  # levels are integers in 1/100 dB
        self._off = self._on - int(hysteresis_db * 100)
        self._hang_ms = hang_ms
        self._quiet_ms = 0
        self.awake = False

    def feed(self, level, ms):
        """Takes the level (1/100 dB full scale) of the next `ms` milliseconds; returns `awake`."""
        if level >= (self._off if self.awake else self._on):
            self.awake = True
            self._quiet_ms = 0
        elif self.awake:
            self._quiet_ms += ms
            self.awake = self._quiet_ms < self._hang_ms
        return self.awake

    async def wait(self, levels, ms):
        """Returns when awake. `await levels()` gives the next level, one every `ms` milliseconds."""
        while not self.feed(await levels(), ms):
            pass
