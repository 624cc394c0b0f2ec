# SPDX-License-Identifier: MIT
"""CIRCULAR_BUFFER against the official interpreter, and variables that operators write and read."""

import numpy as np
import pytest
from tflite_micro import runtime

from oracle import Draw
from signals import ARENA
from test_verify import refused
from torpor_host import engine
from torpor_host.convert.writer import Writer, flexbuffer

WAITS = 15  # what the official interpreter's invoke() returns while a streaming model waits


def streaming(slots, height, channels, cycles=(1,), zero=0, after="RESHAPE", **change):
    """int8[1, 1, height, channels] through one buffer after the other; an operator reads the last."""
    w = Writer()
    scale = dict(scale=0.5, zero_point=zero)
    x = first = w.tensor("x", change.get("x", (1, 1, height, channels)), np.int8, **scale)
    for i, period in enumerate(cycles):
        if i > 0:  # the next buffer takes one row
            row = w.tensor("row", (1, 1, height, channels), np.int8, **scale)
            w.op("MAX_POOL_2D", [x], [row], padding="VALID", strideH=1, strideW=1, filterHeight=slots, filterWidth=1)
            x = row
        y = w.tensor("y", change.get("y", (1, slots, height, channels)), np.int8, variable=change.get("variable", True), **scale)
        w.custom("CIRCULAR_BUFFER", [x], [y], change.get("options", {"cycles_max": period}))
        x = y
    flat = w.tensor("flat", (slots * height * channels,), np.int8, **scale)
    if after == "RESHAPE":
        w.op("RESHAPE", [x, w.tensor("shape", (1,), np.int32, [slots * height * channels])], [flat])
    else:
        flat = w.tensor("z", (1, slots, height, channels), np.int8, scale=0.7, zero_point=3)
        w.op(after, [x], [flat])
    return w.finish([first], [flat])


def assert_same_stream(data, shape, draw, runs):
    """Waits when the official interpreter waits, and else gives its bytes. Returns how often it did not wait.

    Twice as many runs as `runs`, with a reset in the middle; the count is of the second half.
    """
    model, interpreter, ran = engine.Model(data), runtime.Interpreter.from_bytes(data, arena_size=ARENA), 0
    for run in range(2 * runs):
        if run == runs:
            model.reset()
            interpreter.reset()
        x = draw.int8(shape)
        interpreter.set_input(x, 0)
        waits = interpreter.invoke() == WAITS
        outputs = model(x)
        assert (outputs is None) == waits
        if not waits:
            np.testing.assert_array_equal(outputs[0], interpreter.get_output(0))
            ran += run >= runs
    return ran


@pytest.mark.parametrize("after", ("RESHAPE", "QUANTIZE"))
@pytest.mark.parametrize("seed", range(40))
def test_one_buffer(seed, after):
    draw = Draw(seed)
    slots, height, channels, cycles = draw.size(1, 9), draw.size(1, 3), draw.size(1, 9), draw.size(1, 4)
    data = streaming(slots, height, channels, [cycles], draw.zero(), after)
    assert assert_same_stream(data, (1, 1, height, channels), draw, 17) == 17 // cycles


@pytest.mark.parametrize("seed", range(20))
def test_buffers_behind_buffers(seed):
    draw = Draw(seed)
    slots, channels, cycles = draw.size(1, 5), draw.size(1, 5), [draw.size(1, 3) for _ in range(3)]
    ran = assert_same_stream(streaming(slots, 1, channels, cycles, draw.zero()), (1, 1, 1, channels), draw, 30)
    assert ran == 30 // cycles[0] // cycles[1] // cycles[2]


@pytest.mark.parametrize("slots, cycles", ((5, 1), (13, 1), (25, 1), (4, 2), (6, 2)))
@pytest.mark.parametrize("options", (None, b"", {"cycles_max": 0}, {"cycles_max": -3}))
def test_period_that_the_shape_tells(slots, cycles, options):
    assert assert_same_stream(streaming(slots, 1, 3, options=options), (1, 1, 1, 3), Draw(1), 6) == 6 // cycles


def test_period_that_depends_on_what_ran_before():
    """TFLM counts such buffers in a variable of the whole program: the fifth has another period."""
    assert "such a shape without the option cycles_max is not supported" in refused(streaming(3, 2, 96, options={"cycles_max": 0}))
    engine.measure(streaming(3, 2, 96, [1]))


def test_a_waiting_model_goes_on_alone():
    """One operator at a time: the buffer says that the rest waits."""
    model = engine.Model(streaming(2, 1, 2, [2]))
    model.inputs[0].array[:] = 1
    assert [model.run_op(0), model.run(), model.run(), model.run()] == [False, True, False, True]


def test_state_is_the_buffer_and_its_count():
    one, two = (engine.measure(streaming(slots, 1, 16))[1] for slots in (1, 11))
    assert two - one == 10 * 16


@pytest.mark.parametrize("change, sentence", (
    (dict(variable=False), "its output must be a variable"),
    (dict(x=(1, 2, 1, 3)), "its input should have the shape 1, 1, height, channels"),
    (dict(x=(2, 1, 1, 3)), "its input should have the shape 1, 1, height, channels"),
    (dict(x=(1, 1, 3), y=(1, 4, 3)), "its input should have the shape 1, 1, height, channels"),
    (dict(y=(2, 2, 1, 3)), "output dimension 0 should be 1"),
    (dict(y=(1, 2, 2, 3)), "output dimension 2 should be 1"),
    (dict(y=(1, 4, 1, 2)), "output dimension 3 should be 3"),
))
def test_buffer_that_cannot_be(change, sentence):
    assert sentence in refused(streaming(4, 1, 3, **change))


def test_damaged_options():
    whole = flexbuffer({"cycles_max": 2})
    for options in (*(whole[:n] for n in range(1, len(whole))), flexbuffer({"other": 2}), flexbuffer({"cycles_max": 0.5})):
        assert "CIRCULAR_BUFFER #0: its option" in refused(streaming(4, 1, 3, options=options))


def test_a_variable_that_nothing_writes_is_read_as_it_began():
    w = Writer()
    x = w.tensor("x", (1, 4), np.int8, scale=1.0, zero_point=5)
    v = w.tensor("v", (1, 4), np.int8, scale=1.0, zero_point=5, variable=True)
    y = w.tensor("y", (1, 4), np.int8, scale=1.0, zero_point=0)
    w.op("ADD", [x, v], [y])
    data, values = w.finish([x], [y]), np.array([[1, 2, 3, 4]], np.int8)
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=ARENA)
    interpreter.set_input(values, 0)
    interpreter.invoke()
    np.testing.assert_array_equal(engine.Model(data)(values)[0], interpreter.get_output(0))


def accumulator():
    """v = v' = x + v: the variable that was written is read in the next run, copied first because it is overwritten."""
    w = Writer()
    scale = dict(scale=0.5, zero_point=0)
    x, before, y = (w.tensor(name, (1, 4), np.int8, **scale) for name in ("x", "before", "y"))
    v = w.tensor("v", (1, 4), np.int8, variable=True, **scale)
    w.op("RESHAPE", [v, w.tensor("s", (2,), np.int32, [1, 4])], [before])
    w.op("ADD", [x, before], [v])
    w.op("RESHAPE", [v, w.tensor("s", (2,), np.int32, [1, 4])], [y])
    return w.finish([x], [y])


def test_a_variable_keeps_what_an_operator_wrote():
    data, values = accumulator(), np.array([[1, 2, -3, 40]], np.int8)
    model, interpreter = engine.Model(data), runtime.Interpreter.from_bytes(data, arena_size=ARENA)
    for run in range(1, 5):
        interpreter.set_input(values, 0)
        interpreter.invoke()
        (own,) = model(values)
        np.testing.assert_array_equal(own, interpreter.get_output(0))
        np.testing.assert_array_equal(own, np.clip(run * values.astype(int), -128, 127))


def test_a_buffer_in_a_branch_stops_the_whole_run():
    """A run that waits in a subgraph goes on nowhere, there neither; and the other branch does not wait."""
    w = Writer()
    kind = dict(dtype=np.int8, scale=0.5, zero_point=0)
    for buffered in (True, False):
        part = w.subgraph()
        x, y = part.tensor("x", (1, 1, 1, 2), **kind), part.tensor("y", (4,), **kind)
        shape = part.tensor("s", (1,), np.int32, [4])
        last = part.tensor("v", (1, 2, 1, 2), variable=buffered, **kind)
        if buffered:
            first = part.tensor("u", (1, 1, 1, 2), variable=True, **kind)
            part.custom("CIRCULAR_BUFFER", [x], [first], {"cycles_max": 2})
            part.custom("CIRCULAR_BUFFER", [first], [last], {"cycles_max": 2})
        else:
            part.op("CONCATENATION", [x, x], [last], axis=1)
        part.op("RESHAPE", [last, shape], [y])
        part.ends([x], [y])
    c, x, y = w.tensor("c", (1,), np.bool_), w.tensor("x", (1, 1, 1, 2), **kind), w.tensor("y", (4,), **kind)
    w.op("IF", [c, x], [y], thenSubgraphIndex=1, elseSubgraphIndex=2)
    z = w.tensor("z", (4,), **kind)
    w.op("ADD", [y, y], [z])
    data = w.finish([c, x], [z])
    model, interpreter = engine.Model(data), runtime.Interpreter.from_bytes(data, arena_size=ARENA)
    seen = []
    for run, condition in enumerate((True, False, True, True, False, True, True, True, True)):
        inputs = np.array([condition]), np.array([run, -run], np.int8).reshape(1, 1, 1, 2)
        for i, values in enumerate(inputs):
            interpreter.set_input(values, i)
        waits, outputs = interpreter.invoke() == WAITS, model(*inputs)
        assert (outputs is None) == waits
        if not waits:
            np.testing.assert_array_equal(outputs[0], interpreter.get_output(0))
        seen.append(waits)
    assert seen == [True, False, True, True, False, False, True, True, True]
