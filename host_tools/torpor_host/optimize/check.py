# SPDX-License-Identifier: MIT
"""Runs two models side by side on random and extreme inputs: the last word on whether every bit was kept."""

import numpy as np

from torpor_host import engine
from torpor_host.convert import tflite
from torpor_host.convert.graph import Tensor
from torpor_host.errors import ToolError
from torpor_host.optimize.interpreter import Interpreter
from torpor_host.progress import SILENT, Silent

_SEED = 7
_FLOATS = np.array([0, -0.0, 1, -1, 1e-40, -1e-40, 1e30, -1e30, 0.5, 127], np.float32)


def check(before: bytes, after: bytes, own: bool, count: int, progress: Silent = SILENT) -> None:
    """Compares two files in the official interpreter, and if `own` in Torpor's engine, too.

    Raises ToolError if an output differs, or if the official interpreter cannot run one. What models remember between
    runs counts as well: each gets the same inputs in the same order. An input at which a model fails, or waits for more, must
    do that to both.
    """
    pairs = {"the official interpreter": (official(before), official(after))}
    if own:
        pairs["Torpor's engine"] = tuple(map(_own, (before, after)))
    answered = False
    with progress.step(f"compare {count} inputs") as tick:
        for i, inputs in enumerate(_inputs_of(before, count)):
            tick(i, count)
            for who, (wanted, got) in pairs.items():
                result = _result(wanted, inputs)
                answered |= result is not None
                if result != _result(got, inputs):
                    raise _difference(before, who, i)
    if not answered:
        raise ToolError("The model fails on all inputs, so nothing can be compared with it.", "`torpor infer` says how")


def _inputs_of(data, count):
    return test_inputs(tflite.read(data).main.inputs, count)


def _own(data):
    model = engine.Model(data)
    return lambda inputs: model(*inputs)


def _result(run, inputs):
    """The outputs' bytes; None if there are none."""
    try:
        outputs = run(inputs)
    except (RuntimeError, ToolError):
        return None
    return None if outputs is None else [output.tobytes() for output in outputs]


def _difference(before, who, i):
    """What to say of it. Some of TFLM's operators leave outputs as they were, or read what nobody wrote."""
    twins = official(before), official(before)
    for inputs in _inputs_of(before, i + 1):
        if _result(twins[0], inputs) != _result(twins[1], inputs):
            return ToolError("The official interpreter itself gives different results for equal inputs; nothing was written.",
                             "no other model can be compared with this one")
    return ToolError(f"The optimised model differs from the original in {who} at input {i}; nothing was written.",
                     "this is a bug: please report it with the model")


def official(data: bytes) -> Interpreter:
    """A file open in the official interpreter."""
    try:
        return Interpreter(tflite.read(data), data)
    except RuntimeError:
        raise ToolError("The official interpreter cannot run this model, so nothing can be compared with it.",
                        "its message above says why; `torpor infer` tells what Torpor's engine says") from None


def test_inputs(tensors: list[Tensor], count: int):
    """Yields `count` lists of one array a tensor: extremes, zero points, then random ones of several kinds."""
    rng = np.random.default_rng(_SEED)
    for i in range(count):
        yield [_values(t, i, rng) for t in tensors]


def _values(tensor, i, rng):
    if tensor.dtype.kind == "f":
        return _floats(tensor.shape, i, rng).astype(tensor.dtype)
    if tensor.dtype.itemsize > 2 or tensor.dtype.kind == "b":  # indices, if anything: only small ones are sure to be in range
        return (rng.integers(0, 2, tensor.shape) * (i > 0)).astype(tensor.dtype)
    limits, zero = np.iinfo(tensor.dtype), tensor.zero_point
    ends = [limits.min, limits.max, zero]
    if i < len(ends):
        return np.full(tensor.shape, ends[i], tensor.dtype)
    kinds = (
        lambda: rng.integers(limits.min, limits.max + 1, tensor.shape),
        lambda: rng.choice(ends, tensor.shape),
        lambda: np.clip(rng.normal(zero, limits.max / 8, tensor.shape).round(), limits.min, limits.max),
        lambda: np.where(rng.random(tensor.shape) < 0.02, rng.choice(ends[:2]), zero))
    return kinds[i % len(kinds)]().astype(tensor.dtype)


def _floats(shape, i, rng):
    if i < len(_FLOATS):
        return np.full(shape, _FLOATS[i])
    if i % 4 == 0:
        return rng.choice(_FLOATS, shape)
    return rng.normal(0, 10.0 ** (i % 4 - 2), shape)
