# SPDX-License-Identifier: MIT
"""Emulated boards: start one, give it something to hear, talk to its REPL."""

from .board import Board
from .microphone import place_recording

__all__ = ["Board", "place_recording"]
