# SPDX-License-Identifier: MIT
"""tflm.Model: what it says about a model, and a run equal to the official interpreter's."""

import gc
import json

import tflm
import uctypes
import vfs

PATH = "classifier.tflite"


def read(name):
    with open(name, "rb") as f:
        return f.read()


X, Y = read("classifier.x"), read("classifier.y")


def run(m):
    m.input(0)[:] = X
    m.run()
    return bytes(m.output(0))


def test_module_says_what_it_is():
    assert tflm.ENGINE and tflm.VERSION.count(".") == 2
    for name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "SOFTMAX", "RESHAPE"):
        assert name in tflm.OPS, name
    assert tflm.__name__ == "tflm"


def test_tensors_are_described():
    m = tflm.Model(PATH)
    (x,), (y,) = m.inputs, m.outputs
    assert (x.name, x.shape, x.dtype, x.nbytes) == ("samples", (1, 8, 6, 1), "int8", 48)
    assert (x.scale, x.zero_point) == (0.5, -3)
    assert (y.name, y.shape, y.dtype, y.nbytes) == ("scores", (1, 5), "int8", 5)
    assert (y.scale, y.zero_point) == (1 / 256, -128)
    assert str(x) == "<int8 [1, 8, 6, 1]>"


def test_operators_in_order():
    assert tflm.Model(PATH).ops == ("CONV_2D", "DEPTHWISE_CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX")


def test_multiply_accumulates():
    convolution, depthwise, dense = 4 * 3 * 4 * 3 * 3, 4 * 3 * 4 * 3 * 3, 5 * 48
    assert tflm.Model(PATH).macs == convolution + depthwise + dense


def test_run_equals_the_official_interpreter():
    assert run(tflm.Model(PATH)) == Y


def test_any_buffer_is_a_source():
    data = read(PATH)
    padded = bytearray(b"12345678") + data
    for source in (data, bytearray(data), memoryview(data), memoryview(padded)[8:], memoryview(b"1" + data)[1:]):
        assert run(tflm.Model(source)) == Y


def test_run_takes_raw_inputs():
    m = tflm.Model(PATH)
    for x in (X, bytearray(X), memoryview(X)):
        m.input(0)[:] = bytes(len(X))
        m.run(x)
        assert bytes(m.output(0)) == Y


def test_views_have_the_type_of_the_tensor():
    m = tflm.Model(PATH)
    view = m.input(0)
    view[0], view[47] = -128, 127
    assert (len(view), view[0], view[47], m.input(-1)[-1]) == (48, -128, 127, 127)
    m = tflm.Model("dense.tflite")
    m.input(0)[1] = 0.5
    assert (len(m.input(0)), m.input(0)[1]) == (3, 0.5)


def test_sizes_are_measured_without_opening():
    m = tflm.Model(PATH)
    assert tflm.measure(PATH) == tflm.measure(read(PATH)) == (m.arena_size, m.state_size)
    assert m.arena_size >= 48 + 5


def test_metadata_lies_in_the_file():
    m = tflm.Model(PATH)
    data = m.metadata("torpor")
    assert bytes(data) == read("metadata.json")
    assert json.loads(data)["labels"] == ["a", "b", "c", "d", "e"]
    assert m.metadata("torp") is None and m.metadata("torpor2") is None
    try:
        data[0] = 0
        assert False, "metadata is writable"
    except TypeError:
        pass


def test_a_model_in_romfs_is_not_copied():
    image = bytearray(read("image.romfs"))
    vfs.mount(vfs.VfsRom(image), "/here")
    try:
        m = tflm.Model("/here/" + PATH)
        offset = uctypes.addressof(m.metadata("torpor")) - uctypes.addressof(image)
        assert 0 < offset < len(image)
        assert run(m) == Y
    finally:
        vfs.umount("/here")


def ten(make):
    """What make() gives ten times, after a collection and with the freed memory used again."""
    gc.collect()
    made = [make() for _ in range(10)]
    gc.collect()
    junk = [bytearray(b"\xff" * 64) for _ in range(min(2000, gc.mem_free() // 256))]
    assert junk[-1][-1] == 0xFF
    return made


def model_from_memory():
    return tflm.Model(bytearray(read(PATH)))


def test_a_model_keeps_its_file_its_state_and_its_arena():
    for m in ten(model_from_memory):
        assert run(m) == Y


def output_of_two(i, arena=None):
    """Output i alone of a model; one of the two does not lie at the arena's start."""
    m = tflm.Model("two.tflite", arena)
    m.predict([1] * 6, [2] * 6)
    return m.output(i)


def test_a_view_keeps_the_arena():
    for i, value in ((0, 12), (1, 4)):
        for view in ten(lambda: output_of_two(i)):
            assert list(view) == [value] * 6

        for view in ten(lambda: output_of_two(i, bytearray(tflm.measure("two.tflite")[0] + 15))):
            assert list(view) == [value] * 6


def test_a_tensor_keeps_the_model():
    for tensor in ten(lambda: model_from_memory().inputs[0]):
        assert (tensor.name, tensor.shape) == ("samples", (1, 8, 6, 1))


def test_metadata_keep_the_file():
    for data in ten(lambda: model_from_memory().metadata("torpor")):
        assert bytes(data) == read("metadata.json")


def test_models_are_freed():
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(30):
        tflm.Model(PATH).predict([0] * 48)
    gc.collect()
    # A word on the C stack may look like a pointer and keep one or two; 30 would be ten times as much.
    assert gc.mem_alloc() - before < 3 * (len(read(PATH)) + sum(tflm.measure(PATH)))


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
