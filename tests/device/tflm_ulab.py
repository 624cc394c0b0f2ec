# SPDX-License-Identifier: MIT
"""tflm, dsp and torpor.features on ulab's arrays, in firmware that has it: read and written where they lie."""

import gc
import json
from array import array

import tflm

try:
    from ulab import numpy as np
except ImportError:
    np = None


def read(name):
    with open(name, "rb") as f:
        return f.read()


def taken(call):
    """(what it returns, bytes of the heap that it took)"""
    gc.collect()
    before = gc.mem_alloc()
    result = call()
    return result, gc.mem_alloc() - before


def refused(kind, words, call):
    try:
        call()
    except kind as error:
        assert words in str(error), error
    else:
        assert False, words


GAPS = "an array with gaps cannot be used where it lies"


def test_run_takes_an_array_without_heap():
    m = tflm.Model("classifier.tflite")
    x = np.frombuffer(bytearray(read("classifier.x")), dtype=np.int8)
    assert taken(lambda: m.run(x)) == (True, 0)
    assert bytes(m.output(0)) == read("classifier.y")


def test_shapes_do_not_matter_while_there_are_no_gaps():
    m = tflm.Model("classifier.tflite")
    x = np.frombuffer(bytearray(read("classifier.x")), dtype=np.int8).reshape((8, 6))
    assert taken(lambda: m.run(x)) == (True, 0)
    assert bytes(m.output(0)) == read("classifier.y")


def test_a_wrapped_input_and_output_are_the_models_own_memory():
    m = tflm.Model("echo_int8.tflite")
    x, of_x = taken(lambda: np.frombuffer(m.input(0), dtype=np.int8))
    y, of_y = taken(lambda: np.frombuffer(m.output(0), dtype=np.int8))
    wide = tflm.Model("echo_float32.tflite").output(0)
    assert of_x == of_y == taken(lambda: np.frombuffer(wide, dtype=np.int8))[1]  # 10 bytes or 280: none is copied
    x[:] = np.array(range(-5, 5), dtype=np.int8)
    assert list(m.input(0)) == list(range(-5, 5))
    assert taken(m.run) == (True, 0)
    assert list(y) == list(m.output(0)) == list(range(-5, 5))
    y[2] = 99
    assert m.output(0)[2] == 99
    m.output(0)[3] = -99
    assert y[3] == -99


def test_a_part_without_gaps_is_used_where_it_lies():
    m = tflm.Model("echo_int8.tflite")
    x = np.array(range(30), dtype=np.int8)
    part = x[7:17]
    assert taken(lambda: m.run(part)) == (True, 0)
    assert list(m.output(0)) == list(range(7, 17))


def test_an_array_with_gaps_is_refused_until_it_is_copied():
    m = tflm.Model("echo_int8.tflite")
    x = np.array(range(20), dtype=np.int8)
    for view in (x[::2], x[9::-1], x.reshape((10, 2))[:, :1]):
        refused(TypeError, GAPS, lambda: m.run(view))
        refused(TypeError, GAPS, lambda: m.predict(view))
        refused(TypeError, GAPS, lambda: m.predict([0] * 10, out=view))
        assert m.run(view.copy())
        assert list(m.output(0)) == list(view.copy().flatten())
    refused(TypeError, GAPS, lambda: tflm.Model("echo_int8.tflite", np.zeros(5000, dtype=np.uint8)[::2]))


def test_arrays_of_another_kind_or_length_are_refused():
    m = tflm.Model("echo_int8.tflite")
    refused(TypeError, "not of the input's type", lambda: m.run(np.zeros(10, dtype=np.int16)))
    refused(ValueError, "the input takes 10 bytes", lambda: m.run(np.zeros(9, dtype=np.int8)))
    m = tflm.Model("echo_int64.tflite")
    refused(TypeError, "not of the input's type", lambda: m.run(np.zeros(10)))
    m = tflm.Model("dense.tflite")
    refused(TypeError, "out takes float32 values", lambda: m.predict([0] * 3, out=np.zeros(2, dtype=np.int16)))


def test_predict_takes_numbers_of_any_type():
    m = tflm.Model("echo_int8.tflite")
    for dtype in (np.int8, np.uint8, np.int16, np.uint16, np.float):
        assert m.predict(np.array(range(10), dtype=dtype)) == list(range(10)), dtype


def test_floats_go_in_and_out_without_heap():
    """Where ulab's floats are float32, as on every board; on a PC they are doubles."""
    if np.zeros(1).itemsize != 4:
        return
    m = tflm.Model("dense.tflite")
    x, y = np.array([1.0, 10, 100]), np.zeros(2)
    result, heap = taken(lambda: m.predict(x, out=y))
    assert result is y and heap == 0
    assert list(y) == [331, 86]
    assert taken(lambda: m.run(x)) == (True, 0)
    assert list(np.frombuffer(m.output(0), dtype=np.float)) == [331, 86]
    crooked = np.frombuffer(bytearray(9), dtype=np.float, offset=1)
    refused(ValueError, "an address that is no multiple", lambda: m.predict(x, out=crooked))


def test_an_array_is_an_arena():
    size = tflm.measure("classifier.tflite")[0] + 15
    m = tflm.Model("classifier.tflite", np.zeros(size, dtype=np.uint8))
    m.run(read("classifier.x"))
    assert bytes(m.output(0)) == read("classifier.y")


def test_features_take_and_give_arrays():
    from torpor.features import Features

    host = json.loads(read("dsp.json"))
    settings = {"kind": "logmel", "frames": 4, "offset": 3000, "multiplier": 2500}
    settings.update(host["front_end"])
    features = Features(settings, -7)
    bands = settings["bands"]
    matrix = np.frombuffer(features.matrix, dtype=np.int8).reshape((4, bands))
    samples = np.frombuffer(bytearray(read("samples.i16")), dtype=np.int16)
    for i in range(0, 480 * 4, 480):
        frame = samples[i : i + 480]
        assert taken(lambda: features.push(frame)) == (None, 0)
    expected = array("b", read("features.i8"))
    for i in range(4):
        assert list(matrix[i]) == list(expected[bands * i : bands * (i + 1)]), i
    refused(TypeError, GAPS, lambda: features.push(samples[::2]))


if np is None:
    print("SKIP: this MicroPython has no ulab (ULAB_DIR=<checkout> builds it in)")
else:
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
    print("PASS", tflm.BUILD)
