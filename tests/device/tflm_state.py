# SPDX-License-Identifier: MIT
"""A model of several subgraphs that remembers: run after run as the official interpreter, and anew after reset()."""

import json
from array import array

import micropython
import tflm

with open("remembering.json") as f:
    EXPECTED = json.load(f)


def outputs(m):
    return [list(m.output(i)) for i in range(2)]


def test_runs_and_resets():
    m = tflm.Model("remembering.tflite")
    for number, (n, x) in enumerate(EXPECTED["runs"]):
        if number in EXPECTED["resets"]:
            m.reset()
        m.run(array("i", n), array("f", x))
        assert outputs(m) == EXPECTED["outputs"][number], (number, outputs(m))


def test_operators_are_those_of_the_main_graph():
    m = tflm.Model("remembering.tflite")
    assert m.ops == ("CALL_ONCE", "WHILE", "VAR_HANDLE", "READ_VARIABLE", "ADD", "VAR_HANDLE", "ASSIGN_VARIABLE")


def test_runs_and_reset_allocate_nothing():
    m = tflm.Model("remembering.tflite")
    micropython.heap_lock()
    try:
        m.run()
        m.reset()
        m.run()
    finally:
        micropython.heap_unlock()


def test_another_model_remembers_for_itself():
    first, second = tflm.Model("remembering.tflite"), tflm.Model("remembering.tflite")
    n, x = array("i", [4]), array("f", [1, 1, 1])
    for m in (first, first, second):
        m.run(n, x)
    assert list(first.output(1)) == [3, 4, 5] and list(second.output(1)) == [2, 3, 4]


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
print("PASS", tflm.BUILD)
