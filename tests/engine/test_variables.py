# SPDX-License-Identifier: MIT
"""VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE against the official interpreter, run after run."""

import numpy as np
import pytest
from tflite_micro import runtime

from oracle import Draw
from parts import Writer, add, below, counted, handle, kind, scalar, values
from test_verify import altered, refused
from torpor_host import engine
from torpor_host.convert.writer import RESOURCE
from torpor_host.errors import ToolError

_ARENA = 1 << 20


def assert_same_runs(data, runs, resets=()):
    """Equal bytes run after run, each with all inputs; before the runs `resets` both are reset."""
    model, interpreter = engine.Model(data), runtime.Interpreter.from_bytes(data, arena_size=_ARENA)
    for number, inputs in enumerate(runs):
        if number in resets:
            model.reset()
            interpreter.reset()
        for i, x in enumerate(inputs):
            interpreter.set_input(x, i)
        interpreter.invoke()
        for i, own in enumerate(model(*inputs)):
            np.testing.assert_array_equal(own, interpreter.get_output(i), err_msg=f"run {number}, output {i}")


def read(w, name, like, **kwargs):
    y = add(w, like)
    w.op("READ_VARIABLE", [handle(w, name, **kwargs)], [y])
    return y


def assign(w, name, x, **kwargs):
    w.op("ASSIGN_VARIABLE", [handle(w, name, **kwargs), x], [])


def joined(w, draw, like, *tensors):
    """Their sum, in some order."""
    y = tensors[0]
    for x in tensors[1:]:
        y, pair = add(w, like), [y, x]
        draw.rng.shuffle(pair)
        w.op("ADD", pair, [y])
    return y


def remembering(seed, initial=False):
    """(bytes, runs) of a model with 1 to 4 variables, each read and assigned in some order, perhaps more than once."""
    draw, w = Draw(seed), Writer()
    variables = [(f"v{i}", kind(draw)) for i in range(draw.size(1, 4))]
    inputs = [add(w, like) for _, like in variables]
    if initial:
        init = w.subgraph()
        for name, like in variables:
            if draw.pick(True, False):
                assign(init, name, add(init, like, data=values(draw, like)))
        init.ends([], [])
        w.op("CALL_ONCE", [], [], initSubgraphIndex=init.number)
    outputs = []
    for _ in range(draw.size(1, 3)):
        for (name, like), x in zip(variables, inputs):
            old = read(w, name, like)
            outputs.append(joined(w, draw, like, old, x))
            assign(w, name, outputs[-1])
    outputs += [read(w, name, like) for name, like in variables]
    data = w.finish(inputs, outputs)
    return data, [[values(draw, like) for _, like in variables] for _ in range(6)]


@pytest.mark.parametrize("seed", range(50))
def test_variables_go_on_from_run_to_run_and_begin_anew(seed):
    assert_same_runs(*remembering(seed), resets=(3,))


@pytest.mark.parametrize("seed", range(50))
def test_call_once_gives_them_their_first_values(seed):
    assert_same_runs(*remembering(1000 + seed, initial=True))


@pytest.mark.parametrize("seed", range(10))
def test_call_once_is_not_run_again_after_a_reset(seed):
    assert_same_runs(*remembering(1000 + seed, initial=True), resets=(2, 4))


@pytest.mark.parametrize("seed", range(40))
def test_variables_in_loops_and_branches(seed):
    draw, w = Draw(2000 + seed), Writer()
    like = kind(draw)
    branches = []
    for name in ("a", "b"):
        part = w.subgraph()
        x = add(part, like)
        total = joined(part, draw, like, read(part, name, like), x)
        assign(part, name, total)
        part.ends([x], [draw.pick(total, x)])
        branches.append(part.number)
    work = w.subgraph()
    i, x, flag, y = scalar(work), add(work, like), work.tensor("c", (1,), np.bool_), add(work, like)
    work.op("EQUAL", [i, scalar(work, draw.size(0, 2))], [flag])
    work.op("IF", [flag, x], [y], thenSubgraphIndex=branches[0], elseSubgraphIndex=branches[1])
    work.ends([i, x], [counted(work, i), y])
    i, x, n, y = scalar(w), add(w, like), scalar(w), add(w, like)
    assign(w, "b", add(w, like, data=values(draw, like))) if draw.pick(True, False) else None
    w.op("WHILE", [i, x], [n, y], condSubgraphIndex=below(w, 3, [like]), bodySubgraphIndex=work.number)
    data = w.finish([i, x], [n, y, read(w, "a", like), read(w, "b", like)])
    assert_same_runs(data, [[np.array([draw.size(-1, 2)], np.int32), values(draw, like)] for _ in range(5)], resets=(3,))


@pytest.mark.parametrize("dtype", (RESOURCE, np.int32))
def test_a_counter_whose_handle_goes_through_a_loop(dtype):
    w, like = Writer(), ((1,), dict(dtype=np.int32))
    condition = w.subgraph()
    i, h, verdict = scalar(condition), condition.tensor("h", (), dtype), condition.tensor("b", (1,), np.bool_)
    condition.op("LESS", [i, scalar(condition, 3)], [verdict])
    condition.ends([i, h], [verdict])
    work = w.subgraph()
    i, h, old, new = scalar(work), work.tensor("h", (), dtype), scalar(work), scalar(work)
    work.op("READ_VARIABLE", [h], [old])
    work.op("ADD", [old, scalar(work, 10)], [new])
    work.op("ASSIGN_VARIABLE", [h, new], [])
    work.ends([i, h], [counted(work, i), h])
    i, n, outer, h = scalar(w), scalar(w), w.tensor("h", (), dtype), w.tensor("h", (), dtype)
    w.op("VAR_HANDLE", [], [h], sharedName="count")
    w.op("ASSIGN_VARIABLE", [h, read(w, "count", like)], [])
    w.op("WHILE", [i, h], [n, outer], condSubgraphIndex=condition.number, bodySubgraphIndex=work.number)
    assert_same_runs(w.finish([i], [n, read(w, "count", like)]), [[np.array([k], np.int32)] for k in (0, 2, -5, 3)])


def test_names_and_containers():
    w, like = Writer(), ((2,), dict(dtype=np.float32))
    x = add(w, like)
    for name, container in (("a", "p"), ("b", "p"), ("ab", "q")):
        y = add(w, like)
        w.op("ADD", [x, add(w, like, data=[len(name), ord(container)])], [y])
        assign(w, name, y, container=container)
    outputs = [read(w, name, like, container=container)
               for name, container in (("ab", None), ("a", "p"), ("b", None), ("a", None), ("b", "p"), ("ab", "q"))]
    assert_same_runs(w.finish([x], outputs), [[np.float32([1, 2])], [np.float32([-3, 0.5])]])


@pytest.mark.parametrize("dtype, zero", ((np.int8, -7), (np.int8, 100), (np.int16, 0), (np.float32, None)))
def test_what_is_read_before_it_is_assigned_is_the_zero_point(dtype, zero):
    quantisation = {} if zero is None else dict(scale=0.1, zero_point=zero)
    w, like = Writer(), ((3,), dict(dtype=dtype, **quantisation))
    x = add(w, like)
    y = read(w, "v", like)
    assign(w, "v", x)
    assert_same_runs(w.finish([x], [y]), [[np.array([k, 2, 3], dtype)] for k in range(3)], resets=(2,))


def test_a_model_of_several_variables_counts_their_bytes():
    def sized(n):
        w, like = Writer(), ((n,), dict(dtype=np.int8, scale=0.1, zero_point=0))
        x = add(w, like)
        y = read(w, "v", like)
        assign(w, "v", x)
        return engine.measure(w.finish([x], [y]))[1]

    assert sized(800) - sized(8) == 792


def counting(change=lambda model: None):
    """Adds x to a variable of three floats; its operators: VAR_HANDLE, READ, ADD, VAR_HANDLE, ASSIGN."""
    w, like = Writer(), ((3,), dict(dtype=np.float32))
    x = add(w, like)
    y = joined(w, Draw(0), like, read(w, "v", like), x)
    assign(w, "v", y)
    return altered(w.finish([x], [y]), change)


def _set(target, name, value):
    setattr(target, name, value)


@pytest.mark.parametrize("change, sentence", (
    (lambda g: _set(g.tensors[2], "shape", [2]), "var_handle #0: its output must be one resource."),
    (lambda g: _set(g.tensors[2], "type", 0), "var_handle #0: its output 0 cannot be float32."),
    (lambda g: _set(g.operators[1], "inputs", [0]), "read_variable #1: its input 0 cannot be float32."),
    (lambda g: _set(g.operators[4], "inputs", [4]), "assign_variable #4: it should have 2 inputs and no output."),
    (lambda g: _set(g.operators[0], "builtinOptions", None), "var_handle #0: its options are missing or another operator's."),
    (lambda g: _set(g, "outputs", [2]), "tensor 2 is a resource, yet an input or output of the model."),
))
def test_what_is_refused(change, sentence):
    assert refused(counting(lambda m: change(m.subgraphs[0]))) == sentence


def test_readers_and_writers_of_different_sizes():
    w = Writer()
    x = add(w, ((3,), dict(dtype=np.float32)))
    assign(w, "v", x)
    assert refused(w.finish([x], [read(w, "v", ((2,), dict(dtype=np.float32)))])) == (
        "read_variable #3: its variable has 12 bytes elsewhere.")


def test_what_nothing_assigns_cannot_be_read():
    w, like = Writer(), ((2,), dict(dtype=np.float32))
    with pytest.raises(ToolError, match="read_variable #1: nothing assigns variable 0"):
        engine.Model(w.finish([], [read(w, "v", like)]))()


@pytest.mark.parametrize("number, sentence", ((1, "there is no variable 1"), (-1, "there is no variable -1"),
                                              (0, "variable 0 has another size")))
def test_a_number_that_the_caller_made_up(number, sentence):
    w, like = Writer(), ((2,), dict(dtype=np.float32))
    h, x, y = w.tensor("h", (), np.int32), add(w, ((3,), like[1])), add(w, like)
    assign(w, "v", x)
    w.op("READ_VARIABLE", [h], [y])
    with pytest.raises(ToolError, match=f"read_variable #2: {sentence}"):
        engine.Model(w.finish([h, x], [y]))(np.array(number, np.int32), np.zeros(3, np.float32))


@pytest.mark.parametrize("number, sentence", ((7, "call_once #0: subgraph 7 does not exist."),
                                              (0, "call_once #0: subgraph 0 must have no inputs.")))
def test_call_once_of_a_subgraph_that_is_not_there(number, sentence):
    def change(model):
        model.subgraphs[0].operators[0].builtinOptions.initSubgraphIndex = number

    assert refused(altered(remembering(1000, initial=True)[0], change)) == sentence
