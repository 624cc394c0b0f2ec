# SPDX-License-Identifier: MIT
"""Torpor's signal processing: log-mel features and sound level.

    import dsp

    mel = dsp.LogMel(rate=16000, window=480, fft=512, bands=20, low_hz=80, high_hz=7600)
    mel.frame(samples, features)          # int16[480] -> int16[20]

Integer arithmetic: every machine, and the host that made the training data, computes the same bytes.
No function here allocates; only LogMel's constructor does.

`Int16` is array('h') or ulab's int16, or bytes, bytearray or memoryview with two bytes a value in the machine's order;
TypeError for any other kind of buffer, ValueError if it starts at an odd address.
"""

from array import array

Int16 = array | bytes | bytearray | memoryview

BUILD: str
"""How the module came here: "firmware" if built in, "natmod" if imported from a .mpy file."""

class LogMel:
    """A log-mel front end: Hann window, FFT, power, triangular mel bands, log2.

    rate     samples a second, 1000..96000
    window   samples a frame, 16..fft
    fft      power of two, 32..2048; a frame is zero-padded to it
    bands    mel bands, 1..128
    low_hz   lower edge of the first band, in Hz, < high_hz
    high_hz  upper edge of the last band, in Hz, <= rate / 2

    Allocates tables and work space. Raises ValueError if a value is out of its range,
    MemoryError.
    """

    def __init__(self, rate: int, window: int, fft: int, bands: int, low_hz: int, high_hz: int) -> None: ...

    window: int
    bands: int

    def frame(self, samples: Int16, out: Int16) -> None:
        """Features of the first `window` samples into the first `bands` values of `out`.

        A feature is in units of 1/256 log2 of band power, >= 0: 256 more is twice the power (3.01 dB).
        Raises ValueError if either is too short.
        """

def quantize(features: Int16, out: bytearray | memoryview | array, offset: int, multiplier: int, zero_point: int) -> None:
    """features[n] to a model's int8 input: out[i] = saturate(round((f - offset) * multiplier / 65536) + zero_point).

    Rounds half away from zero. offset and multiplier come from the model's metadata, zero_point from its input.
    out: a writable buffer of one-byte items. Raises ValueError if it is shorter than the features.
    """

def level(samples: Int16) -> int:
    """Mean level in 1/100 dB relative to full scale, after removing the mean: 0 for a full-scale
    square wave, -301 for a full-scale sine, -12000 for silence."""
