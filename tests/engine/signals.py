# SPDX-License-Identifier: MIT
"""Models of one custom operator, beside the official interpreter over several runs."""

import numpy as np
from tflite_micro import runtime

from moving import Constant
from test_verify import refused
from torpor_host import engine
from torpor_host.convert.writer import Writer, flexbuffer

ARENA = 1 << 22
RESET = None  # instead of a run's inputs: what both interpreters keep begins anew


def operator(name, inputs, outputs, options=None):
    """A file. inputs: arrays, or Constant; outputs: (shape, dtype) of each."""
    w, slots, given = Writer(), [], []
    for value in inputs:
        array = value.values if isinstance(value, Constant) else np.asarray(value)
        slots.append(w.tensor("x", array.shape, array.dtype, array if isinstance(value, Constant) else None))
        given += [] if isinstance(value, Constant) else slots[-1:]
    results = [w.tensor("y", shape, dtype) for shape, dtype in outputs]
    w.custom(name, slots, results, options)
    return w.finish(given, results)


def both(data, runs):
    """The outputs of ours and of the official interpreter after each of several runs: (ours, TFLM's) each time.

    runs: for each, the model's inputs; between them, RESET.
    """
    model, interpreter = engine.Model(data), runtime.Interpreter.from_bytes(data, arena_size=ARENA)
    for inputs in runs:
        if inputs is RESET:
            model.reset()
            interpreter.reset()
            continue
        for i, values in enumerate(inputs):
            interpreter.set_input(values, i)
        interpreter.invoke()
        yield model(*inputs), [interpreter.get_output(i) for i in range(len(model.outputs))]


def assert_same(data, *runs):
    """Both interpreters give equal bytes in each of several runs. Returns the last run's outputs."""
    for run, (ours, theirs) in enumerate(both(data, runs)):
        for i, (own, other) in enumerate(zip(ours, theirs, strict=True)):
            assert (own.dtype, own.shape) == (other.dtype, other.shape)
            assert own.tobytes() == other.tobytes(), f"run {run}, output {i}: ours {own.ravel()[:9]}, TFLM {other.ravel()[:9]}"
    return ours


def assert_refused(sentence, *arguments, **named):
    """A model of one operator is refused with that sentence."""
    assert sentence in refused(operator(*arguments, **named))


def assert_needs_its_options(name, inputs, outputs, options):
    """The operator runs, but is refused without one of its options, with one of another name or no integer, without any,
    and with options cut off at every byte."""
    engine.measure(operator(name, inputs, outputs, options))
    whole = flexbuffer(options)
    wrong = [None, b"\0" * 8, b"\xff" * 8, flexbuffer({"other": 1}), *(whole[:n] for n in range(len(whole)))]
    for key, value in options.items():
        rest = {k: v for k, v in options.items() if k != key}
        wrong += [{**rest, key: 0.5}, {**rest, "other": 1}, {**rest, key + "_": value}]
    for bad in wrong:
        assert_refused(f"{name} #0: its option", name, inputs, outputs, bad)
