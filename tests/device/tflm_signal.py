# SPDX-License-Identifier: MIT
"""Operators of signal models on every machine: a Fourier transform's bits, and a model that waits for more inputs."""

from array import array

import tflm

TYPES = ("int16", "int32", "float32")


def read(name):
    with open(name, "rb") as f:
        return f.read()


def test_spectra_are_the_official_interpreters():
    """Twiddles are computed when a model is opened, here as on the PC; floats are added in one order everywhere, but
    by upstream as its compiler likes."""
    for dtype in TYPES:
        m = tflm.Model("spectrum_{}.tflite".format(dtype))
        assert m.run(read("spectrum_{}.x".format(dtype))) is True
        want = read("spectrum_{}.y".format(dtype))
        if dtype == "float32" and tflm.ENGINE != "torpor":
            want = array("f", want)
            most = max([abs(v) for v in want])
            assert max([abs(a - b) for a, b in zip(m.output(0), want)]) <= 1e-6 * most
        else:
            assert bytes(m.output(0)) == want, dtype
        assert m.ops == ("SignalRfft",) and m.inputs[0].dtype == dtype


def test_run_says_whether_a_streaming_model_waits():
    m = tflm.Model("streaming.tflite")
    assert [m.run(bytes([i, i])) for i in range(1, 7)] == [False, True] * 3
    assert bytes(m.output(0)) == bytes([4, 4, 5, 5, 6, 6])


def test_predict_gives_nothing_while_it_waits():
    m = tflm.Model("streaming.tflite")
    assert m.predict([1, -1]) is None
    assert m.predict([2, -2]) == [0, 0, 1, -1, 2, -2]


def test_profile_ends_where_it_waits():
    m = tflm.Model("streaming.tflite")
    try:
        first = m.profile()
    except ImportError:  # no module time
        return
    assert [name for name, _ in first] == ["CIRCULAR_BUFFER"]
    assert [name for name, _ in m.profile()] == ["CIRCULAR_BUFFER", "RESHAPE"]


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
