# SPDX-License-Identifier: MIT
"""The demo as a picture: what the board heard, when it was awake, what it decided."""

import numpy as np

_NIGHT, _DAY, _PAPER, _INK = "#33415c", "#f4a259", "#fbfaf7", "#222831"
_RIGHT, _WRONG, _UNKNOWN = "#2a9d5c", "#d1495b", "#33658a"
_COLUMNS = 1600  # of the waveform: one minimum and maximum each


def demo(result, samples, rate, path) -> None:
    """Draws a Demo and its recording (int16[n] at `rate`) to a PNG file."""
    from matplotlib.figure import Figure

    end = max(len(samples) / rate, *(stop for _, stop in result.awake), *(e.t_s for e in result.events), 1.0)
    figure = Figure(figsize=(12, 4.6), dpi=150, facecolor=_PAPER, layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[5, 0.55])
    _title(figure, result)
    _waveform(top, samples, rate)
    _decisions(top, result.events)
    _truth(top, result)
    _sleep(bottom, top, result, end)
    for axes in (top, bottom):
        _clean(axes)
    top.set(xlim=(0, end), ylim=(-1.35, 1.75))
    part = path.with_name("demo.part.png")
    figure.savefig(part)
    part.replace(path)


def _title(figure, result):
    slept = "" if result.asleep_fraction is None else f"CPU asleep {100 * result.asleep_fraction:.0f} % of the time   ·   "
    text = f"{result.board}   ·   {slept}{result.inferences} inferences   ·   engine {result.engine}"
    figure.suptitle("What the board heard", x=0.012, ha="left", fontsize=16, color=_INK, weight="bold")
    figure.text(0.988, 0.955, text, ha="right", fontsize=10, color=_INK, alpha=0.75)


def _waveform(axes, samples, rate):
    """Minimum and maximum of each column, scaled to the loudest sample."""
    columns = np.array_split(samples.astype(np.float64), min(_COLUMNS, len(samples)))
    peak = max(1.0, np.abs(samples.astype(np.float64)).max())
    t = np.linspace(0, len(samples) / rate, len(columns))
    low, high = ([f(c) / peak for c in columns] for f in (np.min, np.max))
    axes.fill_between(t, low, high, color=_NIGHT, linewidth=0.4, zorder=2)


def _decisions(axes, events):
    for event in events:
        color = _UNKNOWN if event.expected is None else _RIGHT if event.expected == event.label else _WRONG
        axes.plot([event.t_s] * 2, [-1.0, 1.2], color=color, linewidth=1.4, zorder=3)
        box = {"boxstyle": "round,pad=0.35", "facecolor": color, "edgecolor": "none"}
        place = {"ha": "center", "va": "bottom", "fontsize": 11, "color": "white", "weight": "bold", "bbox": box}
        axes.annotate(f"{event.label}  {event.score:.2f}", (event.t_s, 1.22), **place)


def _truth(axes, result):
    """What was really said, below the waveform."""
    for word in result.truth or []:
        stop = min(word.end_s, axes.dataLim.x1)
        axes.plot([word.start_s, stop], [-1.08] * 2, color=_INK, linewidth=2.5, solid_capstyle="round", alpha=0.55)
        axes.text((word.start_s + stop) / 2, -1.15, word.label, ha="center", va="top", fontsize=9, color=_INK, alpha=0.8)


def _sleep(axes, waveform, result, end):
    axes.axvspan(0, end, color=_NIGHT, alpha=0.92, linewidth=0)
    for start, stop in result.awake:
        axes.axvspan(start, stop, color=_DAY, linewidth=0)
        waveform.axvspan(start, stop, color=_DAY, alpha=0.13, linewidth=0, zorder=1)
    axes.set_xlabel("seconds", color=_INK)
    place = {"transform": axes.transAxes, "ha": "right", "va": "center", "fontsize": 9, "weight": "bold"}
    axes.text(-0.006, 0.5, "asleep\n", color=_NIGHT, **place)
    axes.text(-0.006, 0.5, "\nawake", color=_DAY, **place)


def _clean(axes):
    axes.set_facecolor(_PAPER)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, colors=_INK)
