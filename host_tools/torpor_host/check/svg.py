# SPDX-License-Identifier: MIT
"""Pictures for a page, drawn as SVG that stands in the page itself."""

from collections.abc import Sequence
from html import escape

import numpy as np

PAPER, INK, FAINT, LINE = "#fbfaf7", "#222831", "#6b7280", "#e3e0d8"
NIGHT, DAY, RIGHT, WRONG = "#33658a", "#f4a259", "#2a9d5c", "#d1495b"

_TOP, _BESIDE, _NAMED = 40, 56, 160  # pixels above a matrix, and beside it without and with names
_LARGEST, _NUMBERED = 46, 26  # pixels of a cell of a matrix: at most, and at least if a number is to stand in it
_MATRIX = 620  # pixels that a large matrix may take
_ROW, _NAMES, _BARS, _VALUES = 22, 280, 420, 150  # pixels of charts with a row for each thing


def bar(share: float, colour: str = NIGHT, width: int = 120) -> str:
    """A share, 0 to 1, of a line; what is over 1 fills it in red."""
    colour = colour if share <= 1 else WRONG
    filled = max(min(share, 1.0) * width, 1.0 if share > 0 else 0.0)
    return _svg(width, 12, f"{100 * share:.1f} %", _rect(0, 2, width, 8, LINE) + _rect(0, 2, filled, 8, colour))


def matrix(counts: np.ndarray, names: Sequence[str] = ()) -> str:
    """A confusion matrix, [class][answer]: a cell is as dark as its share of its class; green is right, red is wrong.

    names: of the classes, or none; only as many as there are rows are used.
    """
    n, named = len(counts), len(names) == len(counts)
    margin = _NAMED if named else _BESIDE
    names = [f"{name} {i}" for i, name in enumerate(names)] if named else [str(i) for i in range(n)]
    cell = max(min(_LARGEST, _MATRIX // n), 3)
    totals = np.maximum(counts.sum(axis=1), 1)
    parts = [_text(margin + n * cell / 2, 14, "answer", "middle", FAINT), _turned(14, _TOP + n * cell / 2, "class")]
    step = max(1, -(-18 // cell))  # names of classes stand apart
    for i in range(0, n, step):
        middle = (i + 0.5) * cell
        parts += [_text(margin + middle, _TOP - 8, str(i), "middle", FAINT), _text(margin - 8, _TOP + middle + 4, names[i], "end", FAINT)]
    for i, row in enumerate(counts.tolist()):
        for j, count in enumerate(row):
            parts.append(_cell(margin + j * cell, _TOP + i * cell, cell, count, count / totals[i], i == j))
    return _svg(margin + n * cell + 8, _TOP + n * cell + 8, "Confusion matrix", "".join(parts))


def _cell(x, y, size, count, share, right):
    colour = RIGHT if right else WRONG
    drawn = _rect(x, y, size - 1, size - 1, LINE) + (_rect(x, y, size - 1, size - 1, colour, 0.15 + 0.85 * share) if count else "")
    if count and size >= _NUMBERED:
        drawn += _text(x + size / 2, y + size / 2 + 4, str(count), "middle", PAPER if share > 0.5 else INK)
    return drawn


def ranges(rows: Sequence[tuple], unit: str) -> str:
    """(name, cost.Estimate) each as a bar, with a whisker from its least to its most."""
    most = max((found.high for _, found in rows), default=1.0) or 1.0
    parts = []
    for i, (name, found) in enumerate(rows):
        low, middle, high = (_NAMES + _BARS * end / most for end in (found.low, found.value, found.high))
        y = i * _ROW + _ROW / 2
        parts += [_text(_NAMES - 10, y + 4, name, "end"), _rect(_NAMES, y - 6, middle - _NAMES, 12, NIGHT)]
        parts += [_line(low, y, high, y), _line(low, y - 5, low, y + 5), _line(high, y - 5, high, y + 5)]
        parts.append(_text(_NAMES + _BARS + 12, y + 4, found.told(unit)))
    return _svg(_NAMES + _BARS + _VALUES, len(rows) * _ROW, f"Estimates in {unit}", "".join(parts))


def pairs(rows: Sequence[tuple[str, float | None, float | None]], unit: str, worst: int | None) -> str:
    """Two bars a row, the thick one for the first value; None is drawn as nothing lost. The row `worst` is red."""
    most = max((v for _, *values in rows for v in values if v is not None), default=1.0)
    parts = []
    for i, (name, thick, thin) in enumerate(rows):
        y = i * _ROW
        parts.append(_text(_NAMES - 10, y + 15, name, "end", WRONG if i == worst else INK))
        for value, top, height, colour in ((thick, 4, 9, WRONG if i == worst else NIGHT), (thin, 14, 4, DAY)):
            if value is not None:
                parts.append(_rect(_NAMES, y + top, max(_BARS * value / most, 1), height, colour))
        words = " / ".join("-" if value is None else f"{value:.1f}" for value in (thick, thin))
        parts.append(_text(_NAMES + _BARS + 12, y + 15, f"{words} {unit}"))
    return _svg(_NAMES + _BARS + _VALUES, len(rows) * _ROW, f"Layers, in {unit}", "".join(parts))


def _svg(width, height, title, inside):
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{escape(title)}</title>{inside}</svg>'


def _rect(x, y, width, height, colour, opacity=1.0):
    faint = f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="1.5" fill="{colour}"{faint}/>'


def _line(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{DAY}" stroke-width="2"/>'


def _text(x, y, words, anchor="start", colour=INK):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def _turned(x, y, words):
    return f'<g transform="rotate(-90 {x:.1f} {y:.1f})">{_text(x, y, words, "middle", FAINT)}</g>'
