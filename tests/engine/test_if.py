# SPDX-License-Identifier: MIT
"""IF against the official interpreter: both branches, and what is refused."""

import numpy as np
import pytest

from oracle import Draw, assert_same_bytes
from parts import Writer, add, computed, kind, part, values
from test_verify import altered, refused


_TOO_DEEP = "subgraphs that call themselves, or others more than 16 deep, are not supported."


def model(seed):
    """(bytes, inputs but the condition) of a model around an IF."""
    draw, w = Draw(seed), Writer()
    kinds = [kind(draw) for _ in range(draw.size(1, 3))]
    results = [kinds[draw.rng.integers(len(kinds))] if draw.pick(True, False) else kind(draw) for _ in range(draw.size(1, 3))]
    condition = w.tensor("c", draw.pick((), (1,)), np.bool_)
    given = [(add(w, like), like) for like in kinds]
    taken = [(computed(w, draw, given, like), like) for like in kinds]
    outputs = [(add(w, like), like) for like in results]
    branches = [part(w, draw, kinds, results) for _ in range(2)]
    w.op("IF", [condition, *(t for t, _ in taken)], [t for t, _ in outputs], thenSubgraphIndex=branches[0],
         elseSubgraphIndex=branches[1])
    after = [computed(w, draw, [*given, *outputs], like) for like in results]
    inputs = [t for t, _ in given]
    after = [t if t not in inputs else outputs[i][0] for i, t in enumerate(after)]
    data = w.finish([condition, *inputs], list(dict.fromkeys([*(t for t, _ in outputs), *after])))
    return data, [values(draw, like) for like in kinds], np.ones(w._tensors[condition].shape, np.bool_)


@pytest.mark.parametrize("seed", range(60))
def test_both_branches(seed):
    data, inputs, condition = model(seed)
    for flag in (True, False):
        assert_same_bytes(data, condition & flag, *inputs)


@pytest.mark.parametrize("seed", range(20))
def test_a_subgraph_with_several_callers(seed):
    draw, w = Draw(1000 + seed), Writer()
    like = kind(draw)
    x, flags = add(w, like), [w.tensor("c", (1,), np.bool_) for _ in range(3)]
    branches = [part(w, draw, [like], [like]) for _ in range(2)]
    results = [x]
    for flag in flags:
        results.append(add(w, like))
        w.op("IF", [flag, results[-2]], [results[-1]], thenSubgraphIndex=branches[0], elseSubgraphIndex=draw.pick(*branches))
    data, given = w.finish([x, *flags], results[1:]), values(draw, like)
    for bits in range(8):
        assert_same_bytes(data, given, *(np.array([bool(bits >> i & 1)]) for i in range(3)))


@pytest.mark.parametrize("depth", (1, 3, 16))
def test_branches_in_branches(depth):
    draw, w = Draw(depth), Writer()
    like = ((2, 3), dict(dtype=np.float32))
    leaf = part(w, draw, [like], [like])
    inner = part(w, draw, [like], [like])
    for _ in range(depth - 1):
        branch = w.subgraph()
        x, y, c = add(branch, like), add(branch, like), branch.tensor("c", (1,), np.bool_, [True])
        branch.op("IF", [c, x], [y], thenSubgraphIndex=inner, elseSubgraphIndex=leaf)
        branch.ends([x], [y])
        inner = branch.number
    c, x, y = w.tensor("c", (1,), np.bool_), add(w, like), add(w, like)
    w.op("IF", [c, x], [y], thenSubgraphIndex=inner, elseSubgraphIndex=leaf)
    data = w.finish([c, x], [y])
    for flag in (True, False):
        assert_same_bytes(data, np.array([flag]), values(draw, like))


def simple(then=1, other=2, condition=np.bool_, shape=(4,), drop=0):
    """y = x + x or x * x."""
    w = Writer()
    like = ((4,), dict(dtype=np.float32))
    c, x, y = w.tensor("c", (1,), condition), add(w, (shape, like[1])), add(w, like)
    for name in ("ADD", "MUL"):
        branch = w.subgraph()
        a, b = add(branch, like), add(branch, like)
        branch.op(name, [a, a], [b])
        branch.ends([a], [b])
    w.op("IF", [c, x][: 2 - drop], [y], thenSubgraphIndex=then, elseSubgraphIndex=other)
    return w.finish([c, x], [y])


def test_the_simple_one_is_right():
    for flag in (True, False):
        assert_same_bytes(simple(), np.array([flag]), np.array([1, -2, 3, 0.5], np.float32))


@pytest.mark.parametrize("change, sentence", (
    (dict(then=3), "if #0: subgraph 3 does not exist."),
    (dict(other=-1), "if #0: subgraph -1 does not exist."),
    (dict(then=0), "if #0: it should have 3 inputs."),
    (dict(condition=np.int32), "if #0: its input 0 cannot be int32."),
    (dict(shape=(5,)), "if #0: its tensors and those of subgraph 1 differ in type or size."),
    (dict(drop=1), "if #0: it should have 2 inputs."),
))
def test_what_is_refused(change, sentence):
    assert refused(simple(**change)) == sentence


def _altered(change):
    return refused(altered(simple(), change))


def test_a_branch_of_other_outputs():
    def more(model):
        model.subgraphs[2].outputs = [1, 1]

    assert _altered(more) == "if #0: it should have 2 outputs."


def test_an_error_names_the_subgraph():
    def wrong(model):
        model.subgraphs[2].tensors[1].shape = [2, 2]
        model.subgraphs[2].operators[0].inputs = [0, 7]

    assert _altered(wrong) == "mul #0 of subgraph 2: tensor 7 does not exist."


def test_branches_more_than_16_deep():
    w = Writer()
    like = ((1,), dict(dtype=np.float32))
    parts = [w.subgraph() for _ in range(17)]
    for i, branch in enumerate(parts):
        x, y, c = add(branch, like), add(branch, like), branch.tensor("c", (1,), np.bool_, [True])
        if i < 16:
            branch.op("IF", [c, x], [y], thenSubgraphIndex=parts[i + 1].number, elseSubgraphIndex=parts[16].number)
        branch.ends([x], [y if i < 16 else x])
    c, x, y = w.tensor("c", (1,), np.bool_), add(w, like), add(w, like)
    w.op("IF", [c, x], [y], thenSubgraphIndex=1, elseSubgraphIndex=2)
    assert refused(w.finish([c, x], [y])) == _TOO_DEEP


@pytest.mark.parametrize("then", (0, 1))
def test_a_subgraph_that_calls_itself_or_the_main_one(then):
    w = Writer()
    like = ((1,), dict(dtype=np.float32))
    for part in (w, w.subgraph()):
        c, x, y = part.tensor("c", (1,), np.bool_), add(part, like), add(part, like)
        part.op("IF", [c, c, x], [y], thenSubgraphIndex=then, elseSubgraphIndex=1)
        part.ends([c, x], [y])
    assert refused(w.finish([c, x], [y])) == _TOO_DEEP


@pytest.mark.parametrize("name, options", (
    ("IF", dict(thenSubgraphIndex=0, elseSubgraphIndex=0)), ("WHILE", dict(condSubgraphIndex=0, bodySubgraphIndex=0))))
def test_an_only_subgraph_that_calls_itself(name, options):
    w = Writer()
    c, x = w.tensor("c", (1,), np.bool_), w.tensor("x", (3,), np.int8, scale=1.0, zero_point=0)
    d, y = w.tensor("d", (1,), np.bool_), w.tensor("y", (3,), np.int8, scale=1.0, zero_point=0)
    if name == "IF":
        w.op("IF", [c, c, x], [d, y], **options)
    else:
        w.op("WHILE", [c, x], [d, y], **options)
    assert refused(w.finish([c, x], [d, y])) == _TOO_DEEP
