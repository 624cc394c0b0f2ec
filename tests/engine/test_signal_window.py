# SPDX-License-Identifier: MIT
"""SignalWindow and SignalFftAutoScale against the official interpreter."""

import numpy as np
import pytest

from moving import Constant, shape, values
from oracle import Draw
from signals import assert_needs_its_options, assert_refused, assert_same, operator

INT16 = np.int16


def windowed(draw):
    """(shape, weights) with a whole number of windows in the input, over its last dimension or over all."""
    size = draw.size(1, 40)
    x = (*shape(draw, 0, 3, 3), size) if draw.rng.random() < 0.7 else (size, draw.size(1, 3))
    return x, draw.int16((size,))


@pytest.mark.parametrize("seed", range(60))
def test_window(seed):
    draw = Draw(seed)
    x, w = windowed(draw)
    data = operator("SignalWindow", [np.zeros(x, INT16), Constant(w)], [(x, INT16)], {"shift": draw.pick(0, 1, 12, 14, 15, 16, 30, 31)})
    assert_same(data, *[(draw.int16(x),) for _ in range(3)])


def test_window_whose_weights_are_computed():
    draw = Draw(1)
    x, w = draw.int16((3, 16)), draw.int16((16,))
    assert_same(operator("SignalWindow", [x, w], [(x.shape, INT16)], {"shift": 14}), (x, w), (w.repeat(3).reshape(3, 16), x[0]))


def test_window_needs_its_options():
    x = np.zeros(4, INT16)
    assert_needs_its_options("SignalWindow", [x, Constant(x)], [((4,), INT16)], {"shift": 12})


@pytest.mark.parametrize("x, w, y, shift, sentence", (
    ((4,), (4,), (4,), -1, "its option 0 is out of range"),
    ((4,), (4,), (4,), 32, "its option 0 is out of range"),
    ((4,), (3,), (4,), 12, "its input is no multiple of 3 weights"),  # TFLM reads and writes out of bounds
    ((4,), (4,), (5,), 12, "the shapes of input and output differ"),
    ((4,), (1, 4), (4,), 12, "a tensor that has not 1 dimensions is not supported"),
))
def test_window_that_cannot_be(x, w, y, shift, sentence):
    assert_refused(sentence, "SignalWindow", [np.zeros(x, INT16), Constant(np.zeros(w, INT16))], [(y, INT16)], {"shift": shift})


@pytest.mark.parametrize("dtype", (np.int8, np.int32, np.float32))
def test_window_of_types_that_tflm_does_not_have(dtype):
    x = np.zeros(4, dtype)
    assert_refused(f"its input 0 cannot be {np.dtype(dtype)}", "SignalWindow", [x, Constant(x)], [((4,), dtype)], {"shift": 12})


def auto_scale(x):
    return operator("SignalFftAutoScale", [x], [(x.shape, INT16), ((), np.int32)])


@pytest.mark.parametrize("seed", range(40))
def test_auto_scale(seed):
    draw = Draw(seed)
    runs = [draw.int16((draw.size(1, 50),))]
    runs += [(runs[0] >> draw.size(0, 16)).astype(INT16) for _ in range(4)]
    assert_same(auto_scale(runs[0]), *[(x,) for x in runs])


@pytest.mark.parametrize("x", ([0], [1], [-1], [-32768], [-32768, 5], [5, -32768], [-32768, 5, -7, 3], [32767, -32768, 1], [-32767], [16384], [16383]))
def test_auto_scale_of_extremes(x):
    """The opposite of -32768 wraps in TFLM: what comes after it counts anew."""
    x = np.array(x, INT16)
    assert_same(auto_scale(x), (x,))


@pytest.mark.parametrize("x, outputs, sentence", (
    (np.zeros(4, INT16), [((5,), INT16), ((), np.int32)], "output dimension 0 should be 4"),
    (np.zeros(4, INT16), [((3,), INT16), ((), np.int32)], "output dimension 0 should be 4"),
    (np.zeros(4, INT16), [((4,), INT16), ((1,), np.int32)], "a tensor that has not 0 dimensions is not supported"),
    (np.zeros(4, INT16), [((4,), INT16), ((), np.int16)], "its output 1 cannot be int16"),
    (np.zeros(4, INT16), [((4,), INT16)], "it cannot have 1 outputs"),
    (np.zeros((1, 4), INT16), [((1, 4), INT16), ((), np.int32)], "a tensor that has not 1 dimensions is not supported"),
    (np.zeros(4, np.int32), [((4,), np.int32), ((), np.int32)], "its input 0 cannot be int32"),
))
def test_auto_scale_that_cannot_be(x, outputs, sentence):
    assert_refused(sentence, "SignalFftAutoScale", [x], outputs)
