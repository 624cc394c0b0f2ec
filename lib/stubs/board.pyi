# SPDX-License-Identifier: MIT
"""What a board says about itself in `board.py`: see lib/DESIGN.md. Of these, a board has what it can."""

from machine import I2S

MIC_RATE: int
MIC_DEPTH: int

def microphone() -> I2S:
    """The microphone, which delivers mono int16, MIC_RATE samples a second, and holds MIC_DEPTH of them."""

def asleep_us() -> int:
    """Microseconds asleep since the start."""

def uptime_us() -> int:
    """Microseconds since the start."""
