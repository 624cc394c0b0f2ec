# SPDX-License-Identifier: MIT
"""The way out: records over the serial line that carries the REPL, too."""

import sys

from . import frames


class Link:
    """Writes records to `out`, stdout unless given: a stream of text, as the REPL's is.

    Numbers them, so that the host sees when one is lost.
    """

    def __init__(self, out=None):
        self._out = sys.stdout if out is None else out
        self._sequence = 0

    def send(self, kind, fields):
        """Sends one record: a kind of frames.KINDS and a dict of numbers and strings."""
        line = frames.encode(kind, self._sequence, frames.dumps(fields))
        self._out.write(line.decode())
        self._sequence = (self._sequence + 1) & 0xFFFF
