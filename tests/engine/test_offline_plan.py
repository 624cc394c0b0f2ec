# SPDX-License-Identifier: MIT
"""Arenas that a file plans itself, in TFLM's metadata: kept if they are right, else planned anew; outputs never differ."""

import struct

import numpy as np
import pytest

from nets import network
from oracle import wheel
from test_verify import refused
from torpor_host import engine
from torpor_host.convert import tflite

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


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_that_is_right_is_kept(seed):
    data, x = network(seed)
    places, top = apart(data, gap=16 * (seed % 3), first=16 * (seed % 5))
    model = check(planned(data, places), x)
    graph = tflite.read(data).main
    ends = [*zip(model.inputs, graph.inputs), *zip(model.outputs, graph.outputs)]
    assert [place(model, tensor) for tensor, _ in ends] == [places[graph.all_tensors().index(t)] for _, t in ends]
    assert max(p + -(-t.nbytes // 16) * 16 for p, t in zip(places, graph.all_tensors()) if p != OPEN) <= model.arena_size


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
