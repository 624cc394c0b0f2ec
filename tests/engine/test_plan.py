# SPDX-License-Identifier: MIT
"""The planner: random networks give TFLM's bytes in an arena of exactly the size it says."""

import numpy as np
import pytest

from nets import network
from oracle import Draw, assert_same_bytes, wheel
from torpor_host import engine
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError

GUARD = 0xA5


def _arena(size, guard=64):
    """uint8[size] aligned to 16, and the bytes around it."""
    room = np.full(size + 2 * guard + 16, GUARD, np.uint8)
    start = guard + -(room.ctypes.data + guard) % 16
    return room[start : start + size], (room[:start], room[start + size :])


@pytest.mark.parametrize("seed", range(200))
def test_network_in_an_exact_arena(seed):
    data, x = network(seed)
    arena, around = _arena(engine.measure(data)[0])
    model = engine.Model(data, arena=arena)
    for _ in range(2):
        arena[:] = GUARD
        for own, theirs in zip(model(x), wheel(data, x), strict=True):
            np.testing.assert_array_equal(own, theirs)
    assert all((part == GUARD).all() for part in around)


def test_arena_of_one_byte_less_names_needed_and_available():
    data, _ = network(3)
    size, _ = engine.measure(data)
    arena, _ = _arena(size)
    with pytest.raises(ToolError, match=f"arena is too small: {size} bytes needed, {size - 1} available"):
        engine.Model(data, arena=arena[:-1])


def test_two_models_share_an_arena():
    (a, x), (b, y) = network(5), network(8)
    arena, _ = _arena(max(engine.measure(a)[0], engine.measure(b)[0]))
    first, second = engine.Model(a, arena=arena), engine.Model(b, arena=arena)
    for _ in range(2):
        np.testing.assert_array_equal(first(x)[0], wheel(a, x)[0])
        np.testing.assert_array_equal(second(y)[0], wheel(b, y)[0])


def test_misaligned_arena_is_refused():
    data, _ = network(3)
    room, _ = _arena(engine.measure(data)[0] + 16)
    with pytest.raises(ToolError, match="aligned"):
        engine.Model(data, arena=room[1:])


@pytest.mark.parametrize("offset", range(1, 16))
def test_model_at_any_alignment(offset):
    data, x = network(11)
    room = np.zeros(len(data) + 32, np.uint8)
    start = -room.ctypes.data % 16 + offset
    room[start : start + len(data)] = np.frombuffer(data, np.uint8)
    np.testing.assert_array_equal(engine.Model(room[start : start + len(data)])(x)[0], wheel(data, x)[0])


def test_reshape_costs_no_memory():
    w = Writer()
    kind = dict(dtype=np.int8, scale=0.1, zero_point=0)
    x, y = w.tensor("x", (1, 1000), **kind), w.tensor("y", (10, 100), **kind)
    w.op("RESHAPE", [x], [y], newShape=[10, 100])
    assert engine.measure(w.finish([x], [y]))[0] == 1008


@pytest.mark.parametrize("seed", range(20))
def test_hundreds_of_tensors_alive_at_once(seed):
    draw, w = Draw(seed), Writer()
    kind = dict(dtype=np.int8, scale=0.1, zero_point=0)
    x = w.tensor("x", (1, 64), **kind)
    alive = [(x, 64)]
    for i in range(draw.size(100, 300)):
        source, size = alive[draw.rng.integers(len(alive))]
        wanted = draw.size(1, size)
        y = w.tensor(f"z{i}", (1, wanted), **kind)
        w.op("SLICE", [source, w.tensor("b", (2,), np.int32, [0, draw.size(0, size - wanted)]),
                       w.tensor("s", (2,), np.int32, [1, wanted])], [y])
        alive.append((y, wanted))
    draw.rng.shuffle(alive)
    while len(alive) > 1:  # TFLM joins ten at most
        parts, alive = alive[:10], alive[10:]
        total = sum(size for _, size in parts)
        y = w.tensor("y", (1, total), **kind)
        w.op("CONCATENATION", [tensor for tensor, _ in parts], [y], axis=1)
        alive.append((y, total))
    data, values = w.finish([x], [alive[0][0]]), draw.int8((1, 64))
    arena, around = _arena(engine.measure(data)[0])
    np.testing.assert_array_equal(engine.Model(data, arena=arena)(values)[0], wheel(data, values)[0])
    assert all((part == GUARD).all() for part in around)


def test_inputs_that_are_outputs_too_stay_alive():
    w = Writer()
    kind = dict(dtype=np.int8, scale=0.1, zero_point=0)
    inputs = [w.tensor(f"x{i}", (1, 4), **kind) for i in range(40)]
    y = w.tensor("y", (1, 4), **kind)
    w.op("ADD", inputs[:2], [y])
    values = Draw(0).int8((40, 1, 4))
    assert_same_bytes(w.finish(inputs, [y, *inputs[2:]]), *values)


@pytest.mark.parametrize("gigabytes", (1, 2, 3, 5, 9))
def test_an_arena_that_cannot_be(gigabytes):
    """Of inputs of less than 2 GB each; from 4 GB on their sum has more than 32 bits."""
    w = Writer()
    many = [w.tensor("x", (1 << 29,), np.int8, scale=1.0, zero_point=0) for _ in range(2 * gigabytes + 1)]
    y = w.tensor("y", (1 << 29,), np.int8, scale=1.0, zero_point=0)
    w.op("ADD_N", many, [y])
    with pytest.raises(ToolError, match="the arena would be larger than 1 GB"):
        engine.measure(w.finish(many, [y]))
