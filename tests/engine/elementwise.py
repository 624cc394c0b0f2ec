# SPDX-License-Identifier: MIT
"""Random models of one operator with several inputs that are broadcast to one output."""

import numpy as np

import pytest

from oracle import Draw
from torpor_host import engine
from torpor_host.convert.writer import Writer

QUANTISED = (np.int8, np.int16)


def values(draw, shape, dtype):
    """Elements of any type: mostly uniform or normal, now and then nothing but extremes."""
    if dtype == np.bool_:
        return draw.rng.random(shape) < 0.5
    if dtype == np.float32:
        return draw.floats(shape)
    limits = np.iinfo(dtype)
    if draw.rare():
        return draw.rng.choice(np.array([limits.min, limits.max], dtype), shape)
    if draw.rare():
        return draw.rng.integers(-2, 3, shape).astype(dtype)
    return draw.rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def quantisation(draw, dtype, low=-3, high=0):
    """scale and zero_point as TFLM wants them: int16 is symmetric, what is not quantised has none."""
    if dtype not in QUANTISED:
        return {}
    return {"scale": draw.scale(low, high), "zero_point": draw.zero() if dtype == np.int8 else 0}


def shapes(draw, count, rank=5):
    """Shapes that NumPy broadcasts, some with fewer dimensions; the last is the output's."""
    full = tuple(draw.size(1, 5) for _ in range(draw.size(0, rank)))
    given = []
    for _ in range(count):
        own = tuple(1 if draw.rare() else size for size in full)
        given.append(own[draw.size(0, len(own)) :] if draw.rare() else own)
    if draw.pick(False, True):
        given = [full] * count
    return [*given, np.broadcast_shapes(*given)]


def model(draw, name, dtypes, y_dtype, constant=None, y_scales=(-3, 0), x_scales=(-3, 0), divides=False, **options):
    """A model of operator `name` with an input of each dtype, number `constant` of them in the file: (bytes, *inputs).

    divides: the last input has no zeros.
    """
    w = Writer()
    *given, y_shape = shapes(draw, len(dtypes))
    data = [values(draw, shape, dtype) for shape, dtype in zip(given, dtypes)]
    scales = [quantisation(draw, dtype, *x_scales) for dtype in dtypes]
    if divides:
        zero = scales[-1].get("zero_point", 0)
        data[-1] = np.where(data[-1] == zero, data[-1].dtype.type(zero - 1 if zero > 0 else zero + 1), data[-1])
    slots = [w.tensor(f"x{i}", shape, dtype, data[i] if i == constant else None, **scales[i])
             for i, (shape, dtype) in enumerate(zip(given, dtypes))]
    y = w.tensor("y", y_shape, y_dtype, **quantisation(draw, y_dtype, *y_scales))
    w.op(name, slots, [y], **options)
    fed = [i for i in range(len(dtypes)) if i != constant]
    return w.finish([slots[i] for i in fed], [y]), *[data[i] for i in fed]


def binary(seed, name, dtype, y_dtype=None, constant=None, **kwargs):
    """The same with two inputs of one type, one of them now and then a constant."""
    draw = Draw(seed)
    drawn = draw.pick(None, 0, 1)
    return model(draw, name, (dtype, dtype), y_dtype or dtype, drawn if constant is None else constant, **kwargs)


def refused(name, *inputs, y=None, scale=0.5, **options):
    """The sentence about a model of operator `name`; inputs are (shape, dtype), y by default like the first."""
    w = Writer()

    def add(shape, dtype):
        return w.tensor("x", shape, dtype, **({"scale": scale, "zero_point": 0} if dtype in QUANTISED else {}))

    slots = [add(*given) for given in inputs]
    w.op(name, slots, [add(*(y or inputs[0]))], **options)
    return sentence(w.finish(slots, [slots[-1] + 1]))


def sentence(data):
    """What is said about a model that cannot be run."""
    with pytest.raises(engine.ToolError) as error:
        engine.measure(data)
    return str(error.value)
