# SPDX-License-Identifier: MIT
"""Models that share one arena, and arenas that start anywhere."""

import tflm


def read(name):
    with open(name, "rb") as f:
        return f.read()


X, Y = read("classifier.x"), read("classifier.y")


def test_two_models_take_turns():
    size = max(tflm.measure(name)[0] for name in ("classifier.tflite", "two.tflite"))
    arena = bytearray(size + 15)
    first, second = tflm.Model("classifier.tflite", arena=arena), tflm.Model("two.tflite", arena)
    for _ in range(3):
        first.run(X)
        assert bytes(first.output(0)) == Y
        assert second.predict([1] * 6, [2] * 6) == ([3.0] * 6, [1.0] * 6)


def test_an_arena_may_start_anywhere():
    size = tflm.measure("classifier.tflite")[0]
    memory = bytearray(size + 15 + 16)
    for start in range(17):
        arena = memoryview(memory)[start : start + size + 15]
        m = tflm.Model("classifier.tflite", arena)
        m.input(0)[:] = X
        m.run()
        assert bytes(m.output(0)) == Y, start


def test_one_byte_less_than_needed_is_refused():
    import uctypes

    size = tflm.measure("classifier.tflite")[0]
    memory = bytearray(size + 32)
    start = -uctypes.addressof(memory) % 16
    tflm.Model("classifier.tflite", memoryview(memory)[start : start + size]).run(X)
    for first, last, left in ((start, start + size - 1, size - 1), (start + 1, start + 1 + size, size - 15)):
        try:
            tflm.Model("classifier.tflite", memoryview(memory)[first:last])
            assert False, "no MemoryError"
        except MemoryError as error:
            assert str(size) in str(error) and str(left) in str(error), error


def test_nothing_outside_the_arena_is_written():
    size = tflm.measure("classifier.tflite")[0] + 15
    memory = bytearray(b"\xa5" * (size + 64))
    m = tflm.Model("classifier.tflite", memoryview(memory)[32 : 32 + size])
    m.run(X)
    assert memory[:32] == b"\xa5" * 32 and memory[-32:] == b"\xa5" * 32


def test_an_arena_of_another_item_size():
    from array import array

    size = tflm.measure("classifier.tflite")[0]
    m = tflm.Model("classifier.tflite", array("i", [0] * (size // 4 + 5)))
    m.run(X)
    assert bytes(m.output(0)) == Y


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
