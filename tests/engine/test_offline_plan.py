# SPDX-License-Identifier: MIT
"""Arenas that a file plans itself, in TFLM's metadata: kept if they are right and take no more, else planned anew; outputs never differ."""

import struct

import numpy as np
import pytest

from nets import network
from oracle import wheel
from test_verify import refused
from torpor_host import engine
from torpor_host.convert import tflite
from torpor_host.convert.writer import Writer

NAME = "OfflineMemoryAllocation"
OPEN = -1


def planned(data, places, count=None):
    """The model with a place for each of its tensors, or with as many as `count` says."""
    model = tflite.read(data)
    header = struct.pack("<3i", 1, 1, len(places) if count is None else count)
    model.metadata.append((NAME, header + np.array(places, "<i4").tobytes()))
    return tflite.write(model)


def apart(data, gap=0, first=0):
    """A place of its own for each tensor that is not constant; constants are left open."""
    places, top = [], first
    for tensor in tflite.read(data).main.all_tensors():
        places.append(top if tensor.data is None else OPEN)
        top += -(-tensor.nbytes // 16) * 16 + gap if tensor.data is None else 0
    return places, top


def check(data, x):
    """Outputs are TFLM's; returns the model."""
    model = engine.Model(data)
    for own, theirs in zip(model(x), wheel(data, x), strict=True):
        np.testing.assert_array_equal(own, theirs)
    return model


def place(model, tensor):
    """Where an input or output lies in the arena."""
    return tensor.array.ctypes.data - model._arena.ctypes.data


def transposes(seed):
    """Operators one after the other, none of which can write where it reads."""
    rng, w = np.random.default_rng(seed), Writer()
    first = shape = tuple(map(int, rng.integers(3, 9, 3)))
    ends = [w.tensor("x", shape, np.int8, scale=0.1, zero_point=0)]
    for _ in range(rng.integers(1, 7)):
        axes = [(1, 0, 2), (0, 2, 1), (2, 1, 0)][rng.integers(3)]
        shape = tuple(shape[i] for i in axes)
        ends.append(w.tensor("y", shape, np.int8, scale=0.1, zero_point=0))
        w.op("TRANSPOSE", [ends[-2], w.tensor("axes", (3,), np.int32, np.array(axes, np.int32))], [ends[-1]])
    return w.finish(ends[:1], ends[-1:]), rng.integers(-128, 128, first).astype(np.int8)


@pytest.mark.parametrize("first", (0, 1))
@pytest.mark.parametrize("seed", range(20))
def test_a_plan_that_takes_no_more_is_kept(seed, first):
    """Tensors in turns at one end of the arena and at the other."""
    data, x = transposes(seed)
    tensors = tflite.read(data).main.all_tensors()
    ends, size = [t for t in tensors if t.data is None], -(-x.nbytes // 16) * 16
    model = check(planned(data, [OPEN if t.data is not None else (ends.index(t) + first) % 2 * size for t in tensors]), x)
    assert model.arena_size == 2 * size
    assert place(model, model.inputs[0]) == first * size
    assert place(model, model.outputs[0]) == (len(ends) - 1 + first) % 2 * size


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_that_takes_more_is_made_anew(seed):
    data, x = network(seed)
    places, _ = apart(data, gap=16 * (seed % 3), first=16 * (seed % 5 + 1))
    assert check(planned(data, places), x).arena_size == engine.Model(data).arena_size


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_that_lays_what_is_alive_together_is_not(seed):
    data, x = network(seed)
    places = [0 if p != OPEN else OPEN for p in apart(data)[0]]
    assert engine.measure(planned(data, places)) == engine.measure(data)
    model = engine.Model(planned(data, places))
    for own, theirs in zip(model(x), wheel(data, x), strict=True):
        np.testing.assert_array_equal(own, theirs)


@pytest.mark.parametrize("change", (8, 1, -16, 1 << 30, -(1 << 31), (1 << 31) - 16, 0x40000000 - 16))
def test_a_place_that_cannot_be(change):
    data, x = network(7)
    places, _ = apart(data)
    places[0] = change
    assert engine.measure(planned(data, places)) == engine.measure(data)
    np.testing.assert_array_equal(engine.Model(planned(data, places))(x)[0], wheel(data, x)[0])


@pytest.mark.parametrize("seed", range(5))
def test_a_plan_that_leaves_tensors_open_is_made_anew(seed):
    data, x = network(seed)
    places, _ = apart(data, first=1600)
    for some in ([OPEN] * len(places), [OPEN, *places[1:]]):
        assert engine.measure(planned(data, some)) == engine.measure(data)
        check(planned(data, some), x)


@pytest.mark.parametrize("count, given", ((0, 0), (-1, 0), (1, 0), (1, 1), (1 << 30, 0), (0, -1), (-1, -1)))
def test_a_plan_of_other_tensors_is_refused_as_in_tflm(count, given):
    """Beside the right number: what the plan says, and how many places follow."""
    data, x = network(7)
    places, _ = apart(data)
    total, given = len(places), [*places, 0][: len(places) + given]
    if (count, len(given)) == (0, total):
        check(planned(data, given, total + count), x)
    else:
        assert refused(planned(data, given, total + count)) == f"the file plans the places of other tensors than its {total}."


@pytest.mark.parametrize("length", (0, 4, 11))
def test_a_plan_without_a_head(length):
    data, _ = network(7)
    model = tflite.read(data)
    model.metadata.append((NAME, bytes(length)))
    if length:
        assert "plans the places of other tensors" in refused(tflite.write(model))
    else:
        assert engine.measure(tflite.write(model)) == engine.measure(data)
