# SPDX-License-Identifier: MIT
"""The operators that keep samples from run to run, against the official interpreter over many runs."""

import numpy as np
import pytest

from moving import shape
from oracle import Draw
from signals import RESET, assert_needs_its_options, assert_refused, assert_same, both, operator
from test_verify import refused
from torpor_host import engine

INT16 = np.int16


def kept(data):
    """Bytes of the state beyond those of a delay by nothing, which keeps none."""
    return engine.measure(data)[1] - engine.measure(delay((1,), 0))[1]


def delay(x, length, y=None):
    return operator("SignalDelay", [np.zeros(x, INT16)], [(y or x, INT16)], {"delay_length": length})


@pytest.mark.parametrize("seed", range(60))
def test_delay(seed):
    draw = Draw(seed)
    x = shape(draw, 1, 4, 8)
    assert_same(delay(x, draw.pick(0, 1, x[-1], 2 * x[-1], draw.size(0, 40))), *[(draw.int16(x),) for _ in range(9)], RESET, (draw.int16(x),))


def test_delay_keeps_what_is_late_of_each_row():
    assert kept(delay((2, 3, 10), 100)) - kept(delay((2, 3, 10), 0)) == 2 * 3 * 100 * 2


def test_delay_begins_with_zeros_whatever_lay_in_the_state():
    data = delay((4,), 4)
    x = np.array([1, 2, 3, 4], INT16)
    for _ in range(2):  # two models, one after the other
        model = engine.Model(data)
        assert [model(x)[0].tolist() for _ in range(2)] == [[0, 0, 0, 0], [1, 2, 3, 4]]


@pytest.mark.parametrize("x, length, y, sentence", (
    ((4,), -1, None, "its option 0 is out of range"),  # TFLM makes 2^64 - 1 zeros of it
    ((4,), 2**31 - 1, None, "its option 0 is out of range"),
    ((2**9 + 1, 1), 2**18, None, "more than 268435456 bytes kept from run to run are not supported"),
    ((2**14, 1), 2**18, None, "more than 268435456 bytes kept from run to run are not supported"),
    ((4,), 1, (5,), "the shapes of input and output differ"),
    ((), 1, (), "a tensor without dimensions is not supported"),
))
def test_delay_that_cannot_be(x, length, y, sentence):
    assert sentence in refused(delay(x, length, y))


def test_delay_needs_its_options():
    assert_needs_its_options("SignalDelay", [np.zeros(4, INT16)], [((4,), INT16)], {"delay_length": 2})


def stacker(channels, left, right, step, x=None, y=None):
    outputs = [((y or channels * (left + right + 1),), INT16), ((), np.bool_)]
    options = {"num_channels": channels, "stacker_left_context": left, "stacker_right_context": right, "stacker_step": step}
    return operator("SignalStacker", [np.zeros(x or channels, INT16)], outputs, options)


@pytest.mark.parametrize("seed", range(60))
def test_stacker(seed):
    draw = Draw(seed)
    channels, left, right = draw.size(1, 10), draw.size(0, 5), draw.size(0, 5)
    valid = 0
    data = stacker(channels, left, right, draw.size(1, left + right + 1))
    for ours, theirs in both(data, [(draw.int16((channels,)),) for _ in range(20)] + [RESET] + [(draw.int16((channels,)),) for _ in range(9)]):
        assert ours[1] == theirs[1]
        np.testing.assert_array_equal(ours[0], theirs[0] if theirs[1] else 0)  # TFLM leaves what is not valid as it was
        valid += int(ours[1])
    assert valid > 1


@pytest.mark.parametrize("arguments, change, sentence", (
    ((4, 1, 1, 0), {}, "its option 3 is out of range"),
    ((4, 1, 1, 4), {}, "its option 3 is out of range"),  # TFLM discards more than it has
    ((4, -1, 1, 1), dict(y=4), "its option 1 is out of range"),
    ((4, 1, -1, 1), dict(y=4), "its option 2 is out of range"),
    ((4, 1, 1, 1), dict(x=3), "its option 0 is out of range"),
    ((4, 1, 1, 1), dict(x=5), "its option 0 is out of range"),
    ((4, 1, 1, 1), dict(y=11), "output dimension 0 should be 12"),
))
def test_stacker_that_cannot_be(arguments, change, sentence):
    assert sentence in refused(stacker(*arguments, **change))


def test_stacker_needs_its_options():
    options = {"num_channels": 4, "stacker_left_context": 1, "stacker_right_context": 1, "stacker_step": 2}
    assert_needs_its_options("SignalStacker", [np.zeros(4, INT16)], [((12,), INT16), ((), np.bool_)], options)


def framer(x, size, step, prefill, y=None):
    y = y or (*x[:-1], x[-1] // max(step, 1), max(size, 1))
    options = {"frame_size": size, "frame_step": step, "prefill": prefill}
    return operator("SignalFramer", [np.zeros(x, INT16)], [(y, INT16), ((), np.bool_)], options)


@pytest.mark.parametrize("seed", range(80))
def test_framer(seed):
    """Frame by frame, where they are valid: TFLM leaves the others as they were, here they are 0."""
    draw = Draw(seed)
    step, prefill = draw.size(1, 8), bool(draw.size(0, 1))
    size = draw.size(step if prefill else 1, 30)
    x = (*shape(draw, 0, 2, 3), step * draw.size(1, 4))
    runs = [(draw.int16(x),) for _ in range(32)]
    seen = 0
    for run, (ours, theirs) in enumerate(both(framer(x, size, step, prefill), runs + [RESET] + runs)):
        filled = filled if run % 32 else size - step if prefill else 0
        assert ours[1] == theirs[1]
        for frame in range(x[-1] // step):
            filled += step
            complete = filled >= size
            filled -= step if complete else 0
            np.testing.assert_array_equal(ours[0][..., frame, :], theirs[0][..., frame, :] if complete else 0)
            seen += complete
    assert seen > 0


def test_framer_keeps_whole_steps_of_each_row():
    assert kept(framer((4, 10), 12, 5, False)) - kept(framer((4, 10), 12, 10, False)) == 4 * 2 * (15 - 20)


@pytest.mark.parametrize("arguments, sentence", (
    (((10,), 4, 3, False), "its input's rows are no multiple of steps of 3"),
    (((10,), 4, 11, False, (1, 4)), "its option 1 is out of range"),
    (((10,), 4, 0, False), "its option 1 is out of range"),
    (((10,), 0, 5, False), "its option 0 is out of range"),
    (((10,), -1, 5, False), "its option 0 is out of range"),
    (((10,), 4, 5, True), "prefill with frames shorter than their step is not supported"),  # TFLM writes out of bounds
    (((10,), 4, 5, False, (2, 5)), "output dimension 1 should be 4"),
    (((10,), 4, 5, False, (3, 4)), "output dimension 0 should be 2"),
    (((2, 10), 4, 5, False, (1, 2, 4)), "output dimension 0 should be 2"),
    (((10,), 4, 5, False, (8,)), "the output should have 2 dimensions"),
    (((), 4, 5, False, (2, 4)), "a tensor of 0 dimensions is not supported"),
    (((2**10, 10), 2**18, 10, False), "more than 268435456 bytes kept from run to run are not supported"),
))
def test_framer_that_cannot_be(arguments, sentence):
    assert sentence in refused(framer(*arguments))


def test_framer_needs_its_options():
    options = {"frame_size": 6, "frame_step": 5, "prefill": True}
    assert_needs_its_options("SignalFramer", [np.zeros(10, INT16)], [((2, 6), INT16), ((), np.bool_)], options)


TYPES = {INT16: 7, np.float32: 0}


def overlap_add(dtype, x, step, y=None, **options):
    y = y or (*x[:-2], x[-2] * step)
    return operator("SignalOverlapAdd", [np.zeros(x, dtype)], [(y, dtype)], {"T": TYPES[dtype], "frame_step": step, **options})


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(40))
def test_overlap_add(seed, dtype):
    draw = Draw(seed)
    x = (*shape(draw, 0, 2, 3), draw.size(1, 4), draw.size(1, 20))
    assert_same(overlap_add(dtype, x, draw.pick(1, x[-1], draw.size(1, x[-1]))), *[(draw.data(x, dtype),) for _ in range(6)], RESET, (draw.data(x, dtype),))


@pytest.mark.parametrize("x, step, y, options, sentence", (
    ((2, 8), 9, (18,), {}, "its option 1 is out of range"),  # TFLM writes out of bounds
    ((2, 8), 0, (1,), {}, "its option 1 is out of range"),
    ((2, 8), 4, (7,), {}, "output dimension 0 should be 8"),
    ((3, 2, 8), 4, (2, 8), {}, "output dimension 0 should be 3"),
    ((2, 8), 4, (1, 8), {}, "the output should have 1 dimensions"),
    ((8,), 4, (8,), {}, "a tensor of 1 dimensions is not supported"),
    ((2, 8), 4, None, {"T": 0}, "its options are for tensor type 0"),
    ((2, 8), 4, None, {"T": 2}, "its options are for tensor type 2"),
))
def test_overlap_add_that_cannot_be(x, step, y, options, sentence):
    assert sentence in refused(overlap_add(INT16, x, step, y, **options))


def test_overlap_add_needs_its_options():
    assert_needs_its_options("SignalOverlapAdd", [np.zeros((2, 8), INT16)], [((8,), INT16)], {"T": 7, "frame_step": 4})


def test_overlap_add_of_int32_is_refused():
    x = np.zeros((2, 8), np.int32)
    assert_refused("its input 0 cannot be int32", "SignalOverlapAdd", [x], [((8,), np.int32)], {"T": 2, "frame_step": 4})
