# SPDX-License-Identifier: MIT
"""Files that crash TFLM or LiteRT, rebuilt from public reports: each is refused with the operator and the reason.

The reports (issues of tensorflow/tflite-micro unless they name tensorflow/tensorflow) start from a network that
learned a sine: three dense layers. So do these tests.
"""

import struct

import numpy as np
import pytest

from test_verify import altered, refused
from torpor_host import engine
from torpor_host.convert.writer import Writer

X, HIDDEN, Y, WEIGHTS, BIAS = 0, 3, 9, 1, 2  # tensors of sine()


def sine():
    """x [1, 1] -> 16 -> 16 -> y [1, 1], int8: nine tensors before y, three operators."""
    w, rng = Writer("sine"), np.random.default_rng(0)
    x = w.tensor("x", (1, 1), np.int8, scale=0.025, zero_point=-128)
    for depth, channels in ((1, 16), (16, 16), (16, 1)):
        k = w.tensor("k", (channels, depth), np.int8, rng.integers(-127, 128, (channels, depth)), scale=0.01)
        b = w.tensor("b", (channels,), np.int32, np.arange(channels), scale=0.00025)
        y = w.tensor("y", (1, channels), np.int8, scale=0.02, zero_point=0)
        w.op("FULLY_CONNECTED", [x, k, b], [y], fusedActivationFunction="RELU")
        x = y
    return w.finish([X], [Y])


def changed(change):
    """The sentence for sine() after change(graph)."""
    return refused(altered(sine(), lambda model: change(model.subgraphs[0])))


def tensor(index, **fields):
    """A change of one tensor's fields."""
    return lambda graph: [setattr(graph.tensors[index], name, value) for name, value in fields.items()]


def test_the_network_is_right_as_it_is():
    assert engine.measure(sine())


@pytest.mark.parametrize("index, sentence", (
    (X, "tensor 0 is larger than 2 GB."),
    (HIDDEN, "fully_connected #0: tensor 3 is larger than 2 GB."),
    (Y, "fully_connected #2: tensor 9 is larger than 2 GB."),
    (WEIGHTS, "fully_connected #0: tensor 1 is larger than 2 GB."),
))
def test_3071_dimensions_whose_product_is_too_large(index, sentence):
    assert changed(tensor(index, shape=[1 << 20, 1 << 20, 1 << 20])) == sentence


def test_3071_too_many_dimensions():
    assert changed(tensor(HIDDEN, shape=[1] * 1000)) == "fully_connected #0: tensor 3 has more than 6 dimensions."


@pytest.mark.parametrize("size", (2**31 - 1, -1, 0, -2**31))
@pytest.mark.parametrize("index", (X, HIDDEN, Y, WEIGHTS, BIAS))
def test_3072_a_dimension_of_any_size(index, size):
    sentence = changed(tensor(index, shape=[1, size])).split(": ")[-1]
    reason = "a dimension that is not fixed or below 1." if size < 1 else "a shape that does not agree with its constant bytes."
    assert sentence in (f"tensor {index} has {reason}", f"tensor {index} is larger than 2 GB.")


@pytest.mark.parametrize("index, sentence", (
    (WEIGHTS, "fully_connected #0: tensor 1 has a shape that does not agree with its constant bytes."),
    (BIAS, "fully_connected #0: tensor 2 has a shape that does not agree with its constant bytes."),
))
def test_3072_a_dimension_beyond_the_constant_bytes(index, sentence):
    assert changed(tensor(index, shape=[17, 1])) == sentence


@pytest.mark.parametrize("number", (10, 77, 2**31 - 1, -2**31, -1))
def test_3073_an_operator_that_writes_a_tensor_that_is_not_there(number):
    sentence = changed(lambda graph: setattr(graph.operators[1], "outputs", [number]))
    assert sentence == f"fully_connected #1: tensor {number} does not exist."


@pytest.mark.parametrize("number", (10, 77, 2**31 - 1, -2**31, -2))
@pytest.mark.parametrize("slot", (0, 1, 2))
def test_3074_an_operator_that_reads_a_tensor_that_is_not_there(number, slot):
    inputs = [HIDDEN, 4, 5]
    inputs[slot] = number
    sentence = changed(lambda graph: setattr(graph.operators[1], "inputs", inputs))
    assert sentence == f"fully_connected #1: tensor {number} does not exist."


def test_3074_an_operator_whose_input_is_absent():
    sentence = changed(lambda graph: setattr(graph.operators[2], "inputs", [-1, 7, 8]))
    assert sentence == "fully_connected #2: its input 0 is missing."


@pytest.mark.parametrize("index", (X, HIDDEN, Y, WEIGHTS, BIAS), ids=("input", "intermediate", "output", "weights", "bias"))
@pytest.mark.parametrize("number", (7, 9999, 2**31, 2**32 - 1))
def test_3075_3076_3077_3389_a_tensor_in_a_buffer_that_is_not_there(index, number):
    place = {X: "", Y: "fully_connected #2: "}.get(index, "fully_connected #0: ")
    assert changed(tensor(index, buffer=number)) == f"{place}tensor {index} leads outside the file."


@pytest.mark.parametrize("root", (0, 4, 8, 0x18, 0x7FFFFFFF, 0xFFFFFFFF))
def test_tensorflow_115308_a_root_outside_a_file_of_eight_bytes(root):
    assert refused(struct.pack("<I4s", root, b"TFL3")) == (
        "the file is damaged or cut off: an offset leads outside it.")


@pytest.mark.parametrize("shift", range(1, 8))
def test_tensorflow_121217_a_file_at_any_address(shift):
    data = sine()
    room = np.zeros(len(data) + 16, np.uint8)
    file = room[-room.ctypes.data % 8 + shift :][: len(data)]
    file[:] = np.frombuffer(data, np.uint8)
    assert engine.measure(file) == engine.measure(data)


def test_tensorflow_124982_a_new_shape_of_higher_rank_than_the_output():
    w = Writer()
    x = w.tensor("x", (4,), np.int8, scale=0.1, zero_point=0)
    y = w.tensor("y", (4,), np.int8, scale=0.1, zero_point=0)
    w.op("RESHAPE", [x, w.tensor("s", (5,), np.int32, [1, 1, 1, 1, 4])], [y], newShape=[1, 1, 1, 1, 4])
    assert refused(w.finish([x], [y])) == "reshape #0: the output should have 5 dimensions."
