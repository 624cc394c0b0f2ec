# SPDX-License-Identifier: MIT
"""torpor.features with a stand-in for dsp that shows what reached it: the shifting, not the mathematics."""

import micropython
import sys


class StandIn:
    """frame() puts sample 0 and 1 of the window into the row; quantize() halves."""

    class LogMel:
        def __init__(self, *config):
            self.config = config

        def frame(self, samples, out):
            out[0] = samples[0]
            out[1] = samples[2]

    @staticmethod
    def quantize(features, out, offset, multiplier, zero_point):
        assert offset == 11 and multiplier == 22 and zero_point == -128
        out[0] = features[0] // 2
        out[1] = features[1] // 2


real = sys.modules.get("dsp")
sys.modules["dsp"] = StandIn
from torpor.features import Features

SETTINGS = {
    "kind": "logmel", "rate": 1000, "window": 2, "hop": 1, "fft": 32, "bands": 2,
    "low_hz": 100, "high_hz": 400, "frames": 3, "offset": 11, "multiplier": 22,
}  # fmt: skip


def test_the_front_end_is_configured_by_the_models_metadata():
    features = Features(SETTINGS, -128)
    assert features._mel.config == (1000, 2, 32, 2, 100, 400)
    assert len(features.matrix) == 6


def test_rows_shift_oldest_first():
    features = Features(SETTINGS, -128)
    for value in (2, 4, 6, 8):
        features.push(bytes((value, 0, 10 * value, 0)))
    assert bytes(features.matrix) == bytes((2, 20, 3, 30, 4, 40))


def test_reset_fills_with_silence():
    features = Features(SETTINGS, -128)
    features.push(bytes((2, 0, 4, 0)))
    features.reset()
    assert bytes(features.matrix) == bytes(6)


def test_another_kind_of_feature_is_refused():
    settings = dict(SETTINGS)
    settings["kind"] = "mfcc"
    try:
        Features(settings, -128)
        assert False
    except ValueError as error:
        assert str(error) == "features of kind mfcc are not known"


def test_push_allocates_nothing():
    features = Features(SETTINGS, -128)
    samples = bytes((2, 0, 4, 0))
    micropython.heap_lock()
    try:
        features.push(samples)
        features.push(samples)
    finally:
        micropython.heap_unlock()


try:
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
finally:
    del sys.modules["dsp"]
    if real:
        sys.modules["dsp"] = real
print("PASS")
