# SPDX-License-Identifier: MIT
"""The demo on a terminal: the recording as bars, coloured as the board's time passes over them."""

import numpy as np
from rich.console import Group
from rich.live import Live
from rich.text import Text

from torpor_host.demo import Watch

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 72
_FLOOR_DB, _TOP_DB = -55.0, -12.0  # levels that give the lowest and the highest bar
_AWAKE, _ASLEEP, _AHEAD = "bold yellow", "blue", "bright_black"


class DemoView(Watch):
    """Draws on a rich console while the demo runs; a line for each decision where it is no terminal."""

    def __init__(self, console):
        self._console = console
        self._live = None
        self._levels, self._duration = [], 1.0
        self._t, self._awake, self._spans, self._words = 0.0, None, [], []

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        if self._live:
            self._live.stop()

    def begin(self, samples, rate):
        self._duration = len(samples) / rate
        self._levels = [_bar(part) for part in np.array_split(samples.astype(np.float64), _WIDTH)]
        if self._console.is_terminal:
            self._live = Live(self._picture(), console=self._console, refresh_per_second=12)
            self._live.start()

    def record(self, record):
        self._t = record.fields["t_ms"] / 1000
        if record.kind == "wake":
            self._awake = self._t
        elif record.kind == "sleep":
            self._spans.append((self._t - record.fields["awake_ms"] / 1000, self._t))
            self._awake = None
        elif record.kind == "decision":
            self._decide(record.fields)
        if self._live:
            self._live.update(self._picture())

    def _decide(self, fields):
        self._words.append((self._t, fields["label"], fields["score"]))
        if not self._live:
            self._console.print(f"{self._t:7.2f} s  heard {fields['label']} ({fields['score']:.2f})", highlight=False)

    def _picture(self):
        bars = Text("  ")
        for column, bar in enumerate(self._levels):
            bars.append(bar, self._style((column + 0.5) / _WIDTH * self._duration))
        return Group(_legend(), self._labels(), bars, self._status())

    def _style(self, t):
        if t > self._t:
            return _AHEAD
        spans = self._spans + ([(self._awake, self._t)] if self._awake is not None else [])
        return _AWAKE if any(start <= t <= stop for start, stop in spans) else _ASLEEP

    def _labels(self):
        """The words, each ending below the moment it was decided."""
        line = [" "] * (_WIDTH + 2)
        for t, label, _score in self._words:
            stop = min(len(line), 3 + int(t / self._duration * _WIDTH))
            start = max(0, stop - len(label))
            line[start:stop] = label[-(stop - start) :]
        return Text("".join(line), "bold green")

    def _status(self):
        state = Text("awake ", _AWAKE) if self._awake is not None else Text("asleep", _ASLEEP)
        heard = "".join(f"   heard {label} ({score:.2f})" for _t, label, score in self._words[-1:])
        return Text.assemble(f"  {self._t:5.1f} s  ", state, (heard, "bold green"))


def _legend() -> Text:
    return Text.assemble(
        "  what the microphone hears, and the board ", ("asleep", _ASLEEP), " or ", ("awake", _AWAKE), style="dim")


def _bar(samples) -> str:
    """A block as high as the level of int16 samples."""
    power = np.mean((samples - samples.mean()) ** 2) if samples.size else 0.0
    level = 10 * np.log10(max(power, 1e-3) / 32768**2)
    step = (level - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB) * (len(_BARS) - 1)
    return _BARS[int(np.clip(step, 0, len(_BARS) - 1))]
