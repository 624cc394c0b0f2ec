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


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
