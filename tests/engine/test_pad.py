# SPDX-License-Identifier: MIT
"""PAD and PADV2 against the official interpreter, in every type."""

import numpy as np
import pytest

from moving import Constant, constant, operator, shape, values
from oracle import Draw, assert_same_bytes
from test_verify import INT8, refused
from torpor_host import engine
from torpor_host.convert.writer import Writer

TYPES = (np.int8, np.int16, np.int32, np.float32)


def _pad(seed, name, dtype, border=()):
    draw = Draw(seed)
    x = values(draw, shape(draw, 1, 5), dtype)
    pads = np.array([[draw.pick(0, 0, 1, 3), draw.pick(0, 0, 1, 2)] for _ in x.shape])
    return operator(name, [x, constant(pads), *border], (pads.sum(axis=1) + x.shape, dtype))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(10))
def test_pad(seed, dtype):
    assert_same_bytes(*_pad(seed, "PAD", dtype))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(10))
def test_padv2(seed, dtype):
    value = values(Draw(seed), (1,), dtype)
    assert_same_bytes(*_pad(seed, "PADV2", dtype, [Constant(value) if seed % 2 else value]))


def test_pad_with_a_value_and_padv2_without():
    assert_same_bytes(*_pad(1, "PAD", np.int16, [constant([7], np.int16)]))
    assert_same_bytes(*_pad(1, "PADV2", np.int8))


_X = np.zeros((2, 3), np.int8)


@pytest.mark.parametrize("pads, border, y, sentence", (
    ([[0, 0], [0, 1]], constant([1, 2], np.int8), (2, 4), "the border's value cannot have 2 elements"),
    ([[0, 0], [0, 1]], constant([1], np.int16), (2, 4), "its input 2 cannot be int16"),
    ([[0, 0], [-1, 1]], constant([1], np.int8), (2, 3), "a padding of -1 is not possible"),
    ([[0, 0], [2**31 - 1, 1]], constant([1], np.int8), (2, 3), "output dimension 1 should be"),
))
def test_border_that_cannot_be(pads, border, y, sentence):
    assert sentence in refused(operator("PADV2", [_X, constant(pads), border], (y, np.int8))[0])


def test_border_of_another_scale():
    w = Writer()
    x, pads = w.tensor("x", (1,), **INT8), w.tensor("pads", (1, 2), np.int32, [[0, 1]])
    value, y = w.tensor("value", (1,), np.int8, [0], scale=0.2, zero_point=0), w.tensor("y", (2,), **INT8)
    w.op("PADV2", [x, pads, value], [y])
    assert "a border of another scale is not supported" in refused(w.finish([x], [y]))


def test_pad_refuses_what_tflm_refuses():
    def sentence(x, pads):
        return refused(operator("PAD", [x, pads], (x.shape, x.dtype))[0])

    assert "its input 0 cannot be bool" in sentence(np.zeros(2, np.bool_), constant([[0, 0]]))
    assert "its input 1 cannot be int64" in sentence(np.zeros(2, np.int8), constant([[0, 0]], np.int64))
    assert "computed is not supported" in sentence(np.zeros(2, np.int8), np.zeros((1, 2), np.int32))
    assert "more than 5 dimensions are not supported" in sentence(np.zeros([1] * 6, np.int8), constant([[0, 0]] * 6))


@pytest.mark.parametrize("number", range(0, 20, 2))
def test_recorded_paddings_of_int16(peer_models, peer_data, number):
    model = engine.Model((peer_models / f"seanet/pad{number}.tflite").read_bytes())
    x, golden = (np.loadtxt(peer_data / f"seanet/pad{number}_{kind}_int16.csv", np.int16, delimiter=",")
                 for kind in ("input0", "golden"))
    (y,) = model(x)
    np.testing.assert_array_equal(y.ravel(), golden.ravel())
