# SPDX-License-Identifier: MIT
"""Reads records live from a board."""

import time
from typing import Iterable, Iterator

from torpor_host.errors import ToolError
from torpor_host.frames import Corrupt, Decoder, Record
from torpor_host.link import END, Link

_TAIL_S = 2.5  # of silence after a recording, for the last decision and the way back to sleep


def stream(link: Link, silence_s: float | None = None) -> Iterator[Record | Corrupt | str]:
    """Yields records, and text that is none, as they arrive, until a program begun with `link.start` ends.

    silence_s: seconds without a byte after which the board counts as dead; None waits for ever.
    Raises ToolError if it is silent for longer or unplugged, BoardError if the program failed.
    """
    decoder = Decoder()
    heard = time.monotonic()
    while True:
        data = link.read()
        text, end, rest = data.partition(END)
        yield from decoder.feed(text)
        if end:
            link.unread(end + rest)
            link.finish()
            return
        if data:
            heard = time.monotonic()
        elif silence_s is not None and time.monotonic() - heard > silence_s:
            raise ToolError(f"The board on {link.port} has been silent for {silence_s:g} s.", "is its application running?")


def until_heard(items: Iterable[Record | Corrupt | str], duration_s: float) -> Iterator[Record | Corrupt | str]:
    """Passes items of `stream` on until the board has heard a recording of `duration_s` seconds and sleeps again."""
    awake = False
    for item in items:
        yield item
        if isinstance(item, Record):
            awake = item.kind == "wake" or awake and item.kind != "sleep"
            if not awake and item.fields["t_ms"] >= 1000 * (duration_s + _TAIL_S):
                return
