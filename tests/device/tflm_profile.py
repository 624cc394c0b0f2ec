# SPDX-License-Identifier: MIT
"""Model.profile runs operator by operator and times each."""

import time

import tflm


def read(name):
    with open(name, "rb") as f:
        return f.read()


def test_every_operator_is_timed_in_order():
    m = tflm.Model("classifier.tflite")
    start = time.ticks_us()
    times = m.profile()
    elapsed = time.ticks_diff(time.ticks_us(), start)
    assert tuple(name for name, _ in times) == m.ops
    assert all(us >= 0 for _, us in times) and sum(us for _, us in times) <= elapsed


def test_running_each_operator_is_a_run():
    m = tflm.Model("classifier.tflite")
    m.input(0)[:] = read("classifier.x")
    m.profile()
    assert bytes(m.output(0)) == read("classifier.y")


def test_another_clock_is_read_before_and_after_each_operator():
    m = tflm.Model("classifier.tflite")
    readings = iter([0, 1, 10, 13, 100, 105, 1000, 1007, 10000, 10009])
    assert [ticks for _, ticks in m.profile(lambda: next(readings))] == [1, 3, 5, 7, 9]
    assert next(readings, None) is None


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
