# SPDX-License-Identifier: MIT
"""The feature matrix of a model, computed as the model's own metadata says."""

from array import array

from .ring import ALL


class Features:
    """The last `frames` feature frames as an int8 matrix [frames, bands], oldest first.

    `settings` is the metadata's "features" (see lib/DESIGN.md), `zero_point` that of the
    model's input. `push(samples)` shifts the matrix by one row and computes the new one
    in C. Only the constructor allocates: frames * bands bytes, the tables of dsp.LogMel
    and one row. Samples may be a ulab array, and the matrix is read through one without copying:
    numpy.frombuffer(features.matrix, dtype=numpy.int8).reshape((frames, bands)). Raises ValueError for a kind of feature that this firmware does not have.
    """

    def __init__(self, settings, zero_point):
        import dsp

        s = settings
        if s["kind"] != "logmel":
            raise ValueError("features of kind {} are not known".format(s["kind"]))
        self._mel = dsp.LogMel(s["rate"], s["window"], s["fft"], s["bands"], s["low_hz"], s["high_hz"])
        self._quantize = dsp.quantize
        self._scaling = (s["offset"], s["multiplier"], zero_point)
        bands = s["bands"]
        self._row = array("h", bytes(2 * bands))
        self.matrix = memoryview(bytearray(s["frames"] * bands))
        self._older = self.matrix[:-bands]
        self._newer = self.matrix[bands:]
        self._last = self.matrix[-bands:]
        self._silence = bytes(2 * s["window"])
        self._frames = s["frames"]

    def push(self, samples):
        """Adds the frame of `samples`, int16[window]: array("h"), ulab's int16, or bytes."""
        self._older[ALL] = self._newer
        self._mel.frame(samples, self._row)
        offset, multiplier, zero_point = self._scaling
        self._quantize(self._row, self._last, offset, multiplier, zero_point)

    def reset(self):
        """Fills the matrix with digital silence."""
        self.push(self._silence)
        for start in range(0, len(self._older), len(self._last)):
            self.matrix[start : start + len(self._last)] = self._last
