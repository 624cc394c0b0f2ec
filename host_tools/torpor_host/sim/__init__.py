# SPDX-License-Identifier: MIT
"""Emulated boards: start one, give it something to hear, talk to its REPL."""

from .board import Board
from .microphone import place_recording
from .world import World

__all__ = ["Board", "World", "place_recording"]
