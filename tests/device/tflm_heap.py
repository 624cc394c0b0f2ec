# SPDX-License-Identifier: MIT
"""What opening takes of the heap, and that running takes nothing: that happens with the heap locked."""

import gc
import micropython
from array import array

import tflm


def read(name):
    with open(name, "rb") as f:
        return f.read()


class _Index:
    def __getitem__(self, index):
        return index


ALL = _Index()[:]
X, Y = read("classifier.x"), read("classifier.y")


def locked(call):
    """Runs call() with the heap locked; an allocation is a MemoryError."""
    micropython.heap_lock()
    try:
        return call()
    finally:
        micropython.heap_unlock()


def test_the_lock_locks():
    try:
        locked(lambda: [1, 2, 3])
        assert False, "an allocation went unnoticed"
    except MemoryError:
        pass


def test_run_allocates_nothing():
    m = tflm.Model("classifier.tflite")
    x, y = m.input(0), m.output(0)
    x[:] = X
    locked(m.run)
    assert bytes(y) == Y
    x[:] = bytes(48)

    def fill_and_run():
        x[ALL] = X
        m.run()

    locked(fill_and_run)
    assert bytes(y) == Y


def test_run_with_raw_inputs_allocates_nothing():
    m = tflm.Model("classifier.tflite")
    locked(lambda: m.run(X))
    assert bytes(m.output(0)) == Y


def test_views_are_made_once():
    m = tflm.Model("classifier.tflite")
    assert locked(lambda: m.input(0)) is m.input(0)
    assert locked(lambda: m.output(0)) is m.output(0)


def test_predict_into_a_buffer_allocates_nothing():
    m = tflm.Model("two.tflite")
    a, b = array("f", [0.25] * 6), array("h", [1] * 6)
    y = (array("f", [0] * 6), array("f", [0] * 6))
    locked(lambda: m.predict(a, b, out=y))
    assert list(y[0]) == [1.25] * 6 and list(y[1]) == [0.25] * 6


def in_place(name):
    """A view of a file where it lies in a ROMFS, or of its bytes in the heap elsewhere."""
    with open(name, "rb") as f:
        try:
            return memoryview(f), True
        except TypeError:
            return memoryview(f.read()), False


def test_opening_in_place_copies_nothing_of_the_file():
    view, in_romfs = in_place("keywords.tflite")
    for source in (view, "keywords.tflite") if in_romfs else (view,):
        gc.collect()
        before = gc.mem_alloc()
        m = tflm.Model(source)
        gc.collect()
        grown, needed = gc.mem_alloc() - before, m.arena_size + m.state_size
        assert needed <= grown < needed + 1000 < needed + len(view), (grown, needed)
        m = None


def test_not_even_for_a_moment():
    """With less of the heap free than the file has bytes. Upstream opens a model in more and more memory until it suffices."""
    if tflm.ENGINE != "torpor":
        return
    view, _ = in_place("keywords.tflite")
    gc.collect()
    room, filled = bytearray(len(view) * 2 // 3), []
    size = gc.mem_free()
    while size > 500:
        try:
            filled.append(bytearray(size))
        except MemoryError:
            size //= 2
    room = None
    gc.collect()
    assert gc.mem_free() < len(view)
    assert tflm.Model(view).ops[0] == "CONV_2D" and filled is not None


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
