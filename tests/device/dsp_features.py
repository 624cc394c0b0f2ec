# SPDX-License-Identifier: MIT
"""dsp computes the host's bytes, allocates nothing, and refuses what does not fit."""

import json
import micropython
from array import array

import dsp


def read(name):
    with open(name, "rb") as f:
        return f.read()


with open("dsp.json") as f:
    HOST = json.load(f)
SAMPLES, FEATURES, QUANTISED = read("samples.i16"), read("features.i16"), read("features.i8")
WINDOW, BANDS = HOST["front_end"]["window"], HOST["front_end"]["bands"]
MEL = dsp.LogMel(**HOST["front_end"])


def raises(kind, call, *args):
    try:
        call(*args)
    except kind:
        return
    assert False, (kind, args)


def test_features_are_the_hosts_bytes():
    out = array("h", [0] * BANDS)
    for frame in range(len(SAMPLES) // (2 * WINDOW)):
        MEL.frame(memoryview(SAMPLES)[2 * WINDOW * frame :], out)
        assert bytes(out) == FEATURES[2 * BANDS * frame : 2 * BANDS * (frame + 1)], frame


def test_quantised_features_are_the_hosts_bytes():
    q = bytearray(len(QUANTISED))
    dsp.quantize(FEATURES, q, 3000, 2500, -7)
    assert q == QUANTISED
    dsp.quantize(FEATURES, array("b", q), offset=3000, multiplier=2500, zero_point=-7)


def test_quantised_features_by_hand():
    # (f - 100) * 0.5 + 3: 3.5 rounds away to 4, -3.5 to -4; the rest saturates
    q = array("b", [0] * 6)
    dsp.quantize(array("h", [100, 107, 93, 102, 32767, -32768]), q, 100, 32768, 3)
    assert list(q) == [3, 7, -1, 4, 127, -128], q


def test_level_is_the_hosts():
    assert dsp.level(SAMPLES) == HOST["level"]


def test_level_of_known_signals():
    # 20 log10(x / 32768) of a square wave of height x; tolerances of 1/100 dB
    assert dsp.level(array("h", [0] * 100)) == -12000
    assert dsp.level(array("h", [1000] * 100)) == -12000  # a constant is no sound
    assert abs(dsp.level(array("h", [16384, -16384] * 50)) + 602) <= 1
    assert abs(dsp.level(array("h", [32767, -32768] * 50))) <= 1


def test_any_buffer_of_int16():
    out, other = array("h", [0] * BANDS), bytearray(2 * BANDS)
    MEL.frame(array("h", SAMPLES), out)
    MEL.frame(bytearray(SAMPLES), memoryview(other))
    assert bytes(out) == other == FEATURES[: 2 * BANDS]


def test_nothing_allocates():
    out, q = array("h", [0] * BANDS), bytearray(BANDS)

    def work():
        MEL.frame(SAMPLES, out)
        dsp.quantize(out, q, 3000, 2500, -7)
        dsp.level(SAMPLES)

    micropython.heap_lock()
    try:
        work()
    finally:
        micropython.heap_unlock()
    assert q == QUANTISED[:BANDS]


def test_buffers_that_do_not_fit():
    out = array("h", [0] * BANDS)
    raises(ValueError, MEL.frame, SAMPLES[: 2 * WINDOW - 2], out)
    raises(ValueError, MEL.frame, SAMPLES, out[1:])
    raises(TypeError, MEL.frame, array("f", [0] * WINDOW), out)
    raises(TypeError, MEL.frame, SAMPLES, bytes(2 * BANDS))
    raises(TypeError, MEL.frame, None, out)
    raises(ValueError, dsp.quantize, out, bytearray(BANDS - 1), 0, 1, 0)
    raises(TypeError, dsp.quantize, out, array("h", out), 0, 1, 0)
    raises(TypeError, dsp.quantize, out, bytes(BANDS), 0, 1, 0)
    raises(TypeError, dsp.level, 5)
    raises(ValueError, dsp.level, memoryview(bytearray(64))[1:])


def test_front_ends_that_do_not_exist():
    good = HOST["front_end"]
    assert (MEL.window, MEL.bands) == (WINDOW, BANDS)
    for name, values in {
        "rate": (0, -1, 200000), "window": (0, 513), "fft": (500, 4096, 0),
        "bands": (0, 129, -1), "low_hz": (-1, 7600), "high_hz": (8001, 80),
    }.items():  # fmt: skip
        for value in values + ((1 << 18) + good[name], (1 << 32) + good[name]):  # not cut to fit
            config = dict(good)
            config[name] = value
            try:
                dsp.LogMel(**config)
                assert False, (name, value)
            except (ValueError, OverflowError):
                pass
    raises(TypeError, dsp.LogMel, 16000)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", dsp.BUILD)
