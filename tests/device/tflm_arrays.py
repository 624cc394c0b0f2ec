# SPDX-License-Identifier: MIT
"""Arrays of the tensor's own type go in and come out as they lie; arrays of another kind are refused."""

import gc
from array import array

import tflm


def takes_no_heap(call):
    gc.collect()
    before = gc.mem_alloc()
    call()
    assert gc.mem_alloc() == before, gc.mem_alloc() - before


def refused(kind, words, call):
    try:
        call()
    except kind as error:
        assert words in str(error), error
    else:
        assert False, words


def test_run_takes_an_array_of_each_type():
    for code, name, n in (("b", "int8", 10), ("i", "int32", 10), ("q", "int64", 10), ("f", "float32", 70)):
        m = tflm.Model("echo_{}.tflite".format(name))
        x = array(code, range(n))
        takes_no_heap(lambda: m.run(x))
        assert list(m.output(0)) == list(range(n)), name


def test_a_part_of_an_array_is_used_where_it_lies():
    m = tflm.Model("echo_int8.tflite")
    x = array("b", range(-10, 20))
    part = memoryview(x)[5:15]
    takes_no_heap(lambda: m.run(part))
    assert list(m.output(0)) == list(range(-5, 5))


def test_inputs_are_written_and_outputs_read_as_arrays():
    m = tflm.Model("echo_float32.tflite")
    values = array("f", [i / 4 for i in range(70)])
    m.input(0)[:] = values
    m.run()
    assert list(m.output(0)) == list(values)
    y = m.output(0)
    y[3] = 1.5
    assert m.output(0)[3] == 1.5


def test_an_array_of_another_kind_is_refused():
    wrong = "run: values are not of the input's type"
    for name, x in (
        ("echo_float32", array("i", [0] * 70)),
        ("echo_int64", array("d", [0] * 10)),
        ("echo_int8", array("h", [0] * 5)),
    ):
        m = tflm.Model(name + ".tflite")
        refused(TypeError, wrong, lambda: m.run(x))
    m = tflm.Model("echo_float32.tflite")
    refused(TypeError, "predict: out takes float32 values", lambda: m.predict([0] * 70, out=array("i", [0] * 70)))
    refused(TypeError, "buffer protocol", lambda: m.run([0] * 70))


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
