# SPDX-License-Identifier: MIT
"""Single-operator models of operators that move elements: inputs are arrays, constant or not."""

import dataclasses

import numpy as np

from oracle import Draw
from torpor_host.convert.writer import Writer

QUANTISED = {np.dtype(np.int8): dict(scale=0.25, zero_point=-7), np.dtype(np.int16): dict(scale=0.001, zero_point=0)}


@dataclasses.dataclass(frozen=True)
class Constant:
    """An input that lies in the file."""

    values: np.ndarray


def constant(values, dtype=np.int32):
    return Constant(np.array(values, dtype))


def operator(name, inputs, outputs, **options):
    """(bytes, arrays of the inputs that are not constant). outputs: (shape, dtype) of each, or one pair."""
    w, given, slots = Writer(), [], []

    def add(name, shape, dtype, data=None):
        return w.tensor(name, shape, dtype, data, **QUANTISED.get(np.dtype(dtype), {}))

    for value in inputs:
        array = value.values if isinstance(value, Constant) else np.asarray(value)
        slots.append(add("x", array.shape, array.dtype, array if isinstance(value, Constant) else None))
        if not isinstance(value, Constant):
            given.append((slots[-1], array))
    results = [add("y", shape, dtype) for shape, dtype in ([outputs] if isinstance(outputs, tuple) else outputs)]
    w.op(name, slots, results, **options)
    return w.finish([slot for slot, _ in given], results), *(array for _, array in given)


def values(draw: Draw, shape, dtype):
    """Random elements over the whole range of a type."""
    dtype = np.dtype(dtype)
    if dtype == np.bool_:
        return draw.rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind == "f":
        return draw.floats(shape)
    limits = np.iinfo(dtype)
    return draw.rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def shape(draw: Draw, low, high, size=5):
    """A shape of low .. high dimensions."""
    return tuple(draw.size(1, size) for _ in range(draw.size(low, high)))
