# SPDX-License-Identifier: MIT
"""The device's signal processing on the host: the same C (firmware/dsp/dsp.h), NumPy in and out."""

import ctypes

import numpy as np

from torpor_host.errors import ToolError
from torpor_host.native import library


class _Config(ctypes.Structure):
    """td_config_t."""

    _fields_ = [("rate", ctypes.c_uint32)] + [
        (name, ctypes.c_uint16) for name in ("window", "fft", "bands", "low_hz", "high_hz")]


def _int16(samples) -> np.ndarray:
    """`samples` as a contiguous int16 array; TypeError for any other dtype, which would need scaling."""
    samples = np.ascontiguousarray(samples)
    if samples.dtype != np.int16:
        raise TypeError(f"samples are int16, not {samples.dtype}")
    return samples


def _pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


class LogMel:
    """Log-mel features: int16 samples -> int16 features in 1/256 log2 of band power.

    rate, low_hz, high_hz in Hz; window and fft in samples (fft a power of two). ToolError if one is out
    of the range that dsp.h states.
    """

    def __init__(self, rate: int, window: int, fft: int, bands: int, low_hz: int, high_hz: int):
        self._c = library()
        self.window, self.bands = window, bands
        values = (rate, window, fft, bands, low_hz, high_hz)
        fits = all(0 <= value <= 0xFFFF for value in values[1:]) and 0 <= rate <= 0xFFFFFFFF
        config = _Config(*values)
        size = self._c.td_logmel_size(ctypes.byref(config)) if fits else -1
        if size < 0:
            raise ToolError(
                f"no log-mel front end has rate {rate}, window {window}, fft {fft}, bands {bands}, "
                f"{low_hz} to {high_hz} Hz.",
                "firmware/dsp/dsp.h states the ranges; fft is a power of two and at least the window")
        self._state = np.zeros((size + 7) // 8, np.uint64)
        self._c.td_logmel_init(_pointer(self._state), ctypes.byref(config))

    def frame(self, samples) -> np.ndarray:
        """int16[>= window] -> int16[bands], of the first `window` samples. ValueError if there are fewer."""
        samples = _int16(samples)
        if samples.size < self.window:
            raise ValueError(f"a frame needs {self.window} samples, not {samples.size}")
        features = np.empty(self.bands, np.int16)
        self._c.td_logmel_frame(_pointer(self._state), _pointer(samples), _pointer(features))
        return features

    def clip(self, samples, hop: int) -> np.ndarray:
        """int16[n] -> int16[frames, bands]: every whole frame, one each `hop` samples."""
        samples = _int16(samples)
        frames = max(0, (samples.size - self.window) // hop + 1)
        out = np.empty((frames, self.bands), np.int16)
        for i in range(frames):
            out[i] = self.frame(samples[i * hop :])
        return out


def quantize(features, offset: int, multiplier: int, zero_point: int) -> np.ndarray:
    """int16 features -> int8 of the same shape: round_half_away((f - offset) * multiplier / 65536) + zero_point."""
    features = _int16(features)
    q = np.empty(features.shape, np.int8)
    count = ctypes.c_size_t(features.size)
    library().td_quantize_s8(_pointer(features), count, offset, multiplier, zero_point, _pointer(q))
    return q


def level(samples) -> int:
    """Level of int16[n] in 1/100 dB of full scale, the mean removed; -12000 for silence or no samples."""
    samples = _int16(samples)
    return library().td_level_cdb(_pointer(samples), ctypes.c_size_t(samples.size))
