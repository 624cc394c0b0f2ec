# SPDX-License-Identifier: MIT
"""Recordings that the emulated microphone can play: 16 bit, mono, at the microphone's rate."""

import wave
from pathlib import Path

import numpy as np

from torpor_host.errors import ToolError

RATE = 16000  # of the demo's microphone, in samples a second


def read(path: Path, rate: int = RATE) -> np.ndarray:
    """Samples int16[n] of a WAV file, n > 0. Raises ToolError if it is missing, no WAV, or not 16 bit mono at `rate`."""
    try:
        with wave.open(str(path), "rb") as file:
            return _samples(file, path, rate)
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror}.", "check the path") from None
    except (wave.Error, EOFError) as error:
        reason = str(error) or "it is too short"
        raise ToolError(f"{path} is not a PCM WAV file: {reason}.", _convert(path, rate)) from None


def duration(path: Path, rate: int = RATE) -> float:
    """Seconds of a WAV file; raises as `read` does."""
    return len(read(path, rate)) / rate


def _samples(file, path, rate):
    found = file.getframerate(), file.getnchannels(), 8 * file.getsampwidth()
    if found != (rate, 1, 16):
        text = f"{found[0]} Hz, {found[1]} channel{'s' * (found[1] > 1)}, {found[2]} bit"
        raise ToolError(f"{path} has {text}; the microphone plays {rate} Hz, 1 channel, 16 bit.", _convert(path, rate))
    data = file.readframes(file.getnframes())
    if len(data) < 2 or len(data) != 2 * file.getnframes():
        raise ToolError(f"{path} holds {'no samples' if len(data) < 2 else 'less than its header says'}.", "record it again")
    return np.frombuffer(data, "<i2")


def _convert(path, rate):
    return f"convert it: sox {path} -r {rate} -c 1 -b 16 -e signed out.wav"
