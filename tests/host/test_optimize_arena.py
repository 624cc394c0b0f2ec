# SPDX-License-Identifier: MIT
"""The plan for TFLM's arena: TFLM takes it, needs less with it, and computes the same."""

import re

import numpy as np
import pytest
from exact import Net, assert_exact, changed
from planted import network
from tflite_micro import runtime
from torpor_host.convert import tflite
from torpor_host.optimize.arena import METADATA, plan_arena, tflm_bytes


def head(data, capfd):
    """Bytes that the official interpreter says it takes for activations and scratch."""
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=1 << 22)
    interpreter.invoke()
    capfd.readouterr()
    interpreter.print_allocations()
    return int(re.search(r"head (\d+) bytes", capfd.readouterr().err)[1])


def chain(sizes):
    """Pointwise convolutions over an image with so many channels each."""
    net = Net()
    first = x = net.input((1, 16, 16, sizes[0]))
    for a, b in zip(sizes, sizes[1:]):
        x = net.conv(x, net.weights(b, 1, 1, a))
    return net.finish([first], [x])


def plan(data):
    found = dict(tflite.read(data).metadata).get(METADATA)
    return None if found is None else np.frombuffer(found, "<i4").tolist()


def test_tflm_needs_as_many_bytes_as_its_planner_is_said_to(capfd):
    for data in (chain([3, 8, 16, 4]), *(network(seed) for seed in range(20))):
        assert head(data, capfd) == max(tflm_bytes(tflite.read(data)), head_floor(data, capfd))


def head_floor(data, capfd):
    """What the interpreter takes while it prepares operators: it asks for it also where activations need less."""
    net = Net()
    x = net.input((1, 1, 1, 1))
    return head(net.finish([x], [net.conv(x, net.weights(1, 1, 1, 1))]), capfd)


def test_a_chain_that_tflm_places_badly_gets_a_plan(capfd):
    data = chain([12, 8, 8, 16, 4])
    after, counts = changed(data, plan_arena)
    assert counts == [1] and head(after, capfd) == tflm_bytes(tflite.read(after)) < head(data, capfd)
    assert head(after, capfd) == 16 * 16 * (8 + 16)  # the two greatest neighbours: no plan has less
    assert_exact(data, after)


def test_a_chain_that_tflm_places_well_gets_none():
    data = chain([3, 8])
    after, counts = changed(data, plan_arena)
    assert counts == [0] and plan(after) is None and after == tflite.write(tflite.read(data))


def test_the_scratch_of_reductions_is_foreseen(capfd):
    net = Net()
    x = net.input((1, 8, 8, 12))
    y = net.same("MEAN", [x], (1, 8, 1, 12), -3, 0.1, [[2]], keepDims=True)
    data = net.finish([x], [y])
    assert head(data, capfd) == tflm_bytes(tflite.read(data)) == 768 + 96 + 4 * 96 + 16 + 16


@pytest.mark.parametrize("seed", range(30))
def test_a_plan_is_never_worse(seed, capfd):
    data = network(seed)
    after, _ = changed(data, plan_arena)
    assert head(after, capfd) <= head(data, capfd)
    assert_exact(data, after, seed, runs=4)


def test_a_plan_names_every_tensor_in_order():
    after, _ = changed(chain([12, 8, 8, 16, 4]), plan_arena)
    words, tensors = plan(after), tflite.read(after).main.tensors
    assert words[:3] == [1, 1, len(tensors)] and len(words) == 3 + len(tensors)
    assert [offset == -1 for offset in words[3:]] == [t.data is not None for t in tensors]
    assert all(offset % 16 == 0 for offset in words[3:] if offset >= 0)


def test_an_old_plan_is_replaced():
    data, _ = changed(chain([12, 8, 8, 16, 4]), plan_arena)
    assert changed(data, plan_arena)[0] == data
    model = tflite.read(data)
    model.main.outputs = model.main.ops[0].outputs
    model.main.ops = model.main.ops[:1]
    plan_arena(model)
    assert plan(tflite.write(model)) is None


def test_peer_models_need_less_arena_in_tflm(peer_models, capfd):
    data = (peer_models / "vww_96_int8.tflite").read_bytes()
    after, _ = changed(data, plan_arena)
    assert (head(data, capfd), head(after, capfd)) == (73728, 55296)
    for name in ("kws_ref_model", "pretrainedResnet_quant", "trained_lstm_int8", "audio_preprocessor_int8"):
        data = (peer_models / f"{name}.tflite").read_bytes()
        assert head(changed(data, plan_arena)[0], capfd) <= head(data, capfd)
