# SPDX-License-Identifier: MIT
"""torpor.model with a stand-in for tflm: what it takes from the metadata, and what it refuses."""

import json
import micropython
import sys

ABOUT = {"labels": ["yes", "no"], "features": {"kind": "logmel"}}


class Tensor:
    def __init__(self, scale, zero_point):
        self.scale, self.zero_point = scale, zero_point


class StandIn:
    """tflm whose model answers with its input's first two bytes."""

    about = ABOUT
    opened = None

    class Model:
        def __init__(self, src, arena=None):
            StandIn.opened = src, arena
            self.inputs, self.outputs = [Tensor(0.5, -3)], [Tensor(1 / 256, -128)]
            self._in, self._out = memoryview(bytearray(4)), memoryview(bytearray(2))

        def metadata(self, name):
            return json.dumps(StandIn.about).encode() if name == "torpor" and StandIn.about else None

        def input(self, _index):
            return self._in

        def output(self, _index):
            return self._out

        def run(self):
            self._out[0], self._out[1] = self._in[0], self._in[1]


real = sys.modules.get("tflm")
sys.modules["tflm"] = StandIn
from torpor import Model


def refusal(name, about):
    StandIn.about = about
    try:
        Model(name)
    except (ValueError, OSError) as error:
        return error
    finally:
        StandIn.about = ABOUT


def test_a_path_is_taken_as_it_is_and_the_arena_passed_on():
    arena = bytearray(8)
    Model("/somewhere/x.tflite", arena)
    assert StandIn.opened == ("/somewhere/x.tflite", arena)


def test_a_name_that_is_nowhere_is_an_error_that_says_where_it_looked():
    error = refusal("nowhere", ABOUT)
    assert error.args == (2, "no model nowhere in /rom/models/ or /models/ or /flash/models/ or /sd/models/")


def test_labels_settings_and_quantisation_come_from_the_model():
    model = Model("/x")
    assert (model.labels, model.features) == (ABOUT["labels"], ABOUT["features"])
    assert (model.scale, model.zero_point, model.input_zero_point) == (1 / 256, -128, -3)


def test_a_model_without_metadata_is_refused():
    assert str(refusal("/x", None)) == "/x: no metadata entry torpor (labels and feature settings)"


def test_labels_and_scores_must_be_as_many():
    about = {"labels": ["yes", "no", "go"], "features": {}}
    assert str(refusal("/x", about)) == "/x: 3 labels for 2 scores"


def test_run_takes_the_matrix_and_allocates_nothing():
    model, matrix = Model("/x"), memoryview(b"\x07\x08\x09\x0a")
    micropython.heap_lock()
    try:
        scores = model.run(matrix)
    finally:
        micropython.heap_unlock()
    assert bytes(scores) == b"\x07\x08"


try:
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
finally:
    del sys.modules["tflm"]
    if real:
        sys.modules["tflm"] = real
print("PASS")
