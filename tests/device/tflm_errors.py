# SPDX-License-Identifier: MIT
"""tflm refuses what is wrong, with a sentence that helps, and goes on working."""

import gc
from array import array

import tflm

PATH = "classifier.tflite"


def read(name):
    with open(name, "rb") as f:
        return f.read()


def raises(kind, words, call, *args, **kwargs):
    """Asserts that the call raises `kind` with all `words` in its text."""
    try:
        call(*args, **kwargs)
    except Exception as error:
        assert type(error) is kind, repr(error)
        for word in words:
            assert word in str(error), (word, str(error))
        return
    assert False, "no " + kind.__name__


def test_no_such_file():
    raises(OSError, ["2"], tflm.Model, "nothing.tflite")
    raises(OSError, ["2"], tflm.measure, "nothing.tflite")


def test_what_is_no_buffer():
    for source in (None, 5, [1, 2]):
        raises(TypeError, [], tflm.Model, source)
    raises(TypeError, [], tflm.Model)
    raises(TypeError, [], tflm.Model, PATH, arena=b"read only" * 100)
    raises(TypeError, [], tflm.Model, PATH, arena=5)


def test_what_is_no_model():
    for data in (b"", b"TFL3", b"\0" * 64, b"\xff" * 64, read("classifier.x"), read("metadata.json")):
        raises(ValueError, [], tflm.Model, data)
        raises(ValueError, [], tflm.measure, data)
    raises(ValueError, [], tflm.Model, "metadata.json")


def test_truncated_models():
    data = memoryview(read(PATH))
    for n in range(0, len(data) - 1, 41):
        raises(ValueError, [], tflm.Model, data[:n])


def test_altered_models_raise_or_run():
    data = bytearray(read(PATH))
    for i in range(0, len(data), 29):
        data[i] ^= 0xFF
        try:
            tflm.Model(data).run()
        except (ValueError, MemoryError):
            pass
        data[i] ^= 0xFF
    m = tflm.Model(data)
    m.run(read("classifier.x"))
    assert bytes(m.output(0)) == read("classifier.y")


def test_an_operator_that_is_not_supported_is_named():
    raises(ValueError, ["sign #1", "not "], tflm.Model, "unsupported.tflite")


def test_an_arena_too_small_says_how_much_is_missing():
    size = tflm.measure(PATH)[0]
    raises(MemoryError, [str(size)], tflm.Model, PATH, arena=bytearray(size // 2))
    raises(MemoryError, [str(size)], tflm.Model, PATH, arena=bytearray(0))


def test_a_heap_too_small_says_how_much_is_missing():
    size = tflm.measure("huge.tflite")[0]
    assert size > 50_000_000
    raises(MemoryError, [str(size + 15)], tflm.Model, "huge.tflite")  # 15: to align its start


def test_an_arena_may_not_be_the_models_file():
    data = bytearray(read(PATH)) + bytearray(10000)
    raises(ValueError, ["overlap"], tflm.Model, data, data)
    raises(ValueError, ["overlap"], tflm.Model, data, memoryview(data)[100:])


def grow(buffer):
    """Makes it so large that it moves."""
    buffer.extend(bytes(gc.mem_free() // 8))


def test_an_arena_or_a_file_that_moves_is_noticed():
    gc.collect()
    arena, data = bytearray(tflm.measure(PATH)[0] + 16), bytearray(read(PATH))
    m = tflm.Model(data, arena)
    grow(arena)
    raises(ValueError, ["resized"], m.run)
    raises(ValueError, ["resized"], m.predict, [0] * 48)
    raises(ValueError, ["resized"], m.input, 0)
    m = tflm.Model(data)
    grow(data)
    raises(ValueError, ["resized"], m.run)
    raises(ValueError, ["resized"], m.metadata, "torpor")


def test_inputs_that_do_not_fit():
    m = tflm.Model(PATH)
    raises(ValueError, ["48"], m.run, bytes(47))
    raises(ValueError, ["48"], m.run, bytes(49))
    raises(ValueError, ["1"], m.run, bytes(48), bytes(48))
    raises(TypeError, ["type"], m.run, array("f", [0] * 12))
    raises(ValueError, ["48"], m.predict, [0] * 47)
    raises(ValueError, ["48"], m.predict, array("f", [0] * 49))
    raises(ValueError, ["1"], m.predict)
    raises(ValueError, ["1"], m.predict, [0] * 48, [0] * 48)
    raises(TypeError, [], m.predict, 5)
    raises(TypeError, [], m.predict, ["a"] * 48)
    raises(TypeError, [], m.predict, [0] * 48, into=None)


def test_views_keep_their_length():
    m = tflm.Model(PATH)
    view = m.input(0)
    for wrong in (bytes(47), bytes(49), array("h", [0] * 48)):
        try:
            view[:] = wrong
            assert False, wrong
        except ValueError:
            pass
    raises(IndexError, [], m.input, 1)
    raises(IndexError, [], m.output, 1)


def test_outputs_that_do_not_fit():
    m = tflm.Model(PATH)
    x = [0] * 48
    raises(ValueError, ["5"], m.predict, x, out=array("f", [0] * 4))
    raises(TypeError, ["float32"], m.predict, x, out=array("b", [0] * 5))
    raises(TypeError, [], m.predict, x, out=bytes(20))
    raises(TypeError, [], m.predict, x, out=[0] * 5)
    two = tflm.Model("two.tflite")
    raises(ValueError, ["2"], two.predict, [0] * 6, [0] * 6, out=[array("f", [0] * 6)])


def test_attributes_are_read_only():
    m = tflm.Model(PATH)
    for thing, name in ((m, "macs"), (m, "arena_size"), (m.inputs[0], "scale")):
        raises(AttributeError, [], setattr, thing, name, 1)
        raises(AttributeError, [], getattr, thing, "nothing")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
