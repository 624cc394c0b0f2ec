# SPDX-License-Identifier: MIT
"""WHILE against the official interpreter: several values that a loop carries, loops and branches in each other."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes
from parts import Writer, add, below, computed, counted, kind, part, scalar, values
from test_verify import altered, refused
from torpor_host import engine
from torpor_host.errors import ToolError


def body(main, draw, kinds, inner=None):
    """A subgraph that counts, and changes the other values, with `inner(w, i, values)` if given; its number."""
    w = main.subgraph()
    i, given = scalar(w), [(add(w, like), like) for like in kinds]
    taken = given if inner is None else [(t, like) for t, (_, like) in zip(inner(w, i, [t for t, _ in given]), given)]
    results = [computed(w, draw, taken, like) for like in kinds]
    w.ends([i, *(t for t, _ in given)], [counted(w, i), *results])
    return w.number


def loop(w, i, given, kinds, condition, body):
    """Adds the loop; its outputs but the counter."""
    outputs = [scalar(w), *(add(w, like) for like in kinds)]
    w.op("WHILE", [i, *given], outputs, condSubgraphIndex=condition, bodySubgraphIndex=body)
    return outputs


def model(seed):
    """(bytes, values but the counter) of a model around a loop that is over when the counter is 5."""
    draw, w = Draw(seed), Writer()
    kinds = [kind(draw) for _ in range(draw.size(0, 4))]
    i, given = scalar(w), [(add(w, like), like) for like in kinds]
    taken = [computed(w, draw, given, like) for like in kinds]
    condition, work = below(w, 5, kinds), body(w, draw, kinds)
    outputs = loop(w, i, taken, kinds, condition, work)
    after = [computed(w, draw, [*given, *zip(outputs[1:], kinds)], like) for like in kinds]
    results = dict.fromkeys([*outputs, *(t for t in after if t not in [t for t, _ in given])])
    return w.finish([i, *(t for t, _ in given)], list(results)), [values(draw, like) for like in kinds]


@pytest.mark.parametrize("seed", range(60))
def test_values_that_a_loop_carries(seed):
    data, given = model(seed)
    for start in (0, 4, 5, -3):
        assert_same_bytes(data, np.array([start], np.int32), *given)


@pytest.mark.parametrize("count", (1, 2, 10))
def test_values_that_change_places(count):
    w = Writer()
    kinds = [((2,), dict(dtype=np.float32))] * 3
    part = w.subgraph()
    i, (a, b, c) = scalar(part), (add(part, like) for like in kinds)
    y = add(part, kinds[0])
    part.op("ADD", [a, b], [y])
    part.ends([i, a, b, c], [counted(part, i), b, y, a])
    i, given = scalar(w), [add(w, like) for like in kinds]
    outputs = loop(w, i, given, kinds, below(w, count, kinds), part.number)
    assert_same_bytes(w.finish([i, *given], outputs), np.array([0], np.int32), *np.arange(6, dtype=np.float32).reshape(3, 2))


@pytest.mark.parametrize("seed", range(50))
def test_a_branch_in_a_loop(seed):
    draw, w = Draw(2000 + seed), Writer()
    kinds = [kind(draw) for _ in range(draw.size(1, 3))]
    branches = [part(w, draw, kinds, kinds) for _ in range(2)]

    def inner(w, i, given):
        flag, outputs = w.tensor("c", (1,), np.bool_), [add(w, like) for like in kinds]
        w.op(draw.pick("EQUAL", "NOT_EQUAL", "LESS"), [i, scalar(w, draw.size(1, 4))], [flag])
        w.op("IF", [flag, *given], outputs, thenSubgraphIndex=branches[0], elseSubgraphIndex=branches[1])
        return outputs

    condition, work = below(w, 6, kinds), body(w, draw, kinds, inner)
    i, given = scalar(w), [add(w, like) for like in kinds]
    data = w.finish([i, *given], loop(w, i, given, kinds, condition, work))
    for start in (0, 3):
        assert_same_bytes(data, np.array([start], np.int32), *(values(draw, like) for like in kinds))


@pytest.mark.parametrize("seed", range(40))
def test_a_loop_in_a_loop(seed):
    draw, w = Draw(3000 + seed), Writer()
    kinds = [kind(draw) for _ in range(draw.size(1, 3))]
    condition, work = below(w, 3, kinds), body(w, draw, kinds)

    def inner(w, i, given):
        return loop(w, draw.pick(i, scalar(w, 0)), given, kinds, condition, work)[1:]

    outer = below(w, 4, kinds), body(w, draw, kinds, inner)
    i, given = scalar(w), [add(w, like) for like in kinds]
    data = w.finish([i, *given], loop(w, i, given, kinds, *outer))
    assert_same_bytes(data, np.array([0], np.int32), *(values(draw, like) for like in kinds))


@pytest.mark.parametrize("seed", range(40))
def test_a_loop_in_a_branch(seed):
    draw, w = Draw(4000 + seed), Writer()
    kinds = [kind(draw) for _ in range(draw.size(1, 3))]
    condition, work = below(w, 3, kinds), body(w, draw, kinds)
    branch = w.subgraph()
    given = [add(branch, like) for like in kinds]
    branch.ends(given, loop(branch, scalar(branch, 0), given, kinds, condition, work)[1:])
    c, given, outputs = w.tensor("c", (1,), np.bool_), [add(w, like) for like in kinds], [add(w, like) for like in kinds]
    w.op("IF", [c, *given], outputs, thenSubgraphIndex=branch.number, elseSubgraphIndex=part(w, draw, kinds, kinds))
    data, inputs = w.finish([c, *given], outputs), [values(draw, like) for like in kinds]
    for flag in (True, False):
        assert_same_bytes(data, np.array([flag]), *inputs)


def test_an_endless_loop_is_given_up_and_the_model_runs_again():
    w = Writer()
    condition, work = below(w, 10, []), w.subgraph()
    i, y = scalar(work), scalar(work)
    work.op("MUL", [i, scalar(work, 2)], [y])
    work.ends([i], [y])
    i = scalar(w)
    data = w.finish([i], loop(w, i, [], [], condition, work.number))
    model = engine.Model(data)
    with pytest.raises(ToolError, match="while #0: a run may call subgraphs 1000000 times: its loops do not end"):
        model(np.array([0], np.int32))
    assert model(np.array([3], np.int32))[0] == 12


def _simple(change=lambda model: None):
    """Counts to 3 and doubles a value of four floats."""
    w = Writer()
    like = ((4,), dict(dtype=np.float32))
    condition, work = below(w, 3, [like]), w.subgraph()
    i, x = scalar(work), add(work, like)
    y = add(work, like)
    work.op("ADD", [x, x], [y])
    work.ends([i, x], [counted(work, i), y])
    i, x = scalar(w), add(w, like)
    return altered(w.finish([i, x], loop(w, i, [x], [like], condition, work.number)), change)


def _set(target, name, value):
    setattr(target, name, value)


def test_the_simple_one_is_right():
    assert_same_bytes(_simple(), np.array([1], np.int32), np.array([1, 2, 3, 4], np.float32))


@pytest.mark.parametrize("change, sentence", (
    (lambda m: _set(m.subgraphs[0].operators[0].builtinOptions, "condSubgraphIndex", 9), "while #0: subgraph 9 does not exist."),
    (lambda m: _set(m.subgraphs[0].operators[0].builtinOptions, "bodySubgraphIndex", -1), "while #0: subgraph -1 does not exist."),
    (lambda m: _set(m.subgraphs[0].operators[0].builtinOptions, "bodySubgraphIndex", 1), "while #0: it should have 1 outputs."),
    (lambda m: _set(m.subgraphs[0].operators[0].builtinOptions, "condSubgraphIndex", 2),
     "while #0: the output of its condition must be a bool."),
    (lambda m: _set(m.subgraphs[1], "outputs", []), "while #0: its condition has no output."),
    (lambda m: _set(m.subgraphs[1], "inputs", [0]), "while #0: it should have 1 inputs."),
    (lambda m: _set(m.subgraphs[2], "inputs", [0]), "while #0: it should have 1 inputs."),
    (lambda m: _set(m.subgraphs[2], "outputs", m.subgraphs[2].outputs[:1]), "while #0: it should have 1 outputs."),
    (lambda m: _set(m.subgraphs[2], "outputs", m.subgraphs[2].outputs[::-1]),
     "while #0: its tensors and those of subgraph 2 differ in type or size."),
    (lambda m: _set(m.subgraphs[0].operators[0], "outputs", m.subgraphs[0].operators[0].outputs[::-1]),
     "while #0: its input and output 0 differ in type or size."),
    (lambda m: _set(m.subgraphs[0].tensors[3], "shape", [5]), "while #0: its input and output 1 differ in type or size."),
    (lambda m: _set(m.subgraphs[2], "inputs", [0, 0]), "while #0: its tensors and those of subgraph 2 differ in type or size."),
    (lambda m: _set(m.subgraphs[0].operators[0], "builtinOptions", None), "while #0: its options are missing or another operator's."),
))
def test_what_is_refused(change, sentence):
    assert refused(_simple(change)) == sentence
