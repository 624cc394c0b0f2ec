# SPDX-License-Identifier: MIT
"""Random subgraphs, for operators that call some: what goes in and comes out has shapes and types that the caller chose."""

import numpy as np

from torpor_host.convert.writer import RESOURCE, Writer

_BOTH = ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")
_ONE = ("NEG", "RELU", "ABS")


def kind(draw):
    """Shape and type of a value: (shape, keyword arguments of Writer.tensor)."""
    shape = tuple(draw.size(1, 4) for _ in range(draw.size(1, 3)))
    int8 = dict(dtype=np.int8, scale=np.float32(0.05), zero_point=draw.size(-20, 20))
    return shape, draw.pick(dict(dtype=np.float32), dict(dtype=np.int32), int8)


def add(w, like, **kwargs):
    """A tensor of that kind in a writer."""
    shape, quantisation = like
    return w.tensor("t", shape, **quantisation, **kwargs)


def values(draw, like):
    shape, quantisation = like
    if quantisation["dtype"] == np.int32:
        return draw.rng.integers(-1000, 1000, shape).astype(np.int32)
    return draw.floats(shape) if quantisation["dtype"] == np.float32 else draw.int8(shape)


def computed(w, draw, tensors, like):
    """A tensor of that kind, computed from those of `tensors`, pairs of (index, kind), that are of the same."""
    given = [tensor for tensor, other in tensors if other is like]
    same = given or [add(w, like, data=values(draw, like))]
    result = same[draw.rng.integers(len(same))]
    for _ in range(draw.size(0, 3)):
        y = add(w, like)
        if like[1]["dtype"] == np.float32 and given and draw.rare():
            w.op(draw.pick(*_ONE), [result], [y])
        else:
            other = draw.pick(same[draw.rng.integers(len(same))], add(w, like, data=values(draw, like)))
            w.op(draw.pick("ADD", "SUB", "MUL") if like[1]["dtype"] == np.int32 else draw.pick(*_BOTH), [result, other], [y])
        result = y
    return result


def part(main, draw, inputs, outputs):
    """A random subgraph of `main` from kinds to kinds; its number."""
    w = main.subgraph()
    given = [(add(w, like), like) for like in inputs]
    w.ends([tensor for tensor, _ in given], [computed(w, draw, given, like) for like in outputs])
    return w.number


def scalar(w, value=None, dtype=np.int32):
    return w.tensor("n", (1,), dtype, None if value is None else [value])


def below(main, limit, kinds):
    """A subgraph that says whether its first input, a counter, is below a limit; it takes values of `kinds` besides."""
    w = main.subgraph()
    i, verdict = scalar(w), w.tensor("b", (1,), np.bool_)
    w.op("LESS", [i, scalar(w, limit)], [verdict])
    w.ends([i, *(add(w, like) for like in kinds)], [verdict])
    return w.number


def counted(w, i):
    """i + 1."""
    y = scalar(w)
    w.op("ADD", [i, scalar(w, 1)], [y])
    return y


def handle(w, name, container=None):
    """The handle of a variable."""
    y = w.tensor("h", (), RESOURCE)
    options = {} if container is None else dict(container=container)
    w.op("VAR_HANDLE", [], [y], sharedName=name, **options)
    return y


__all__ = ["Writer", "add", "below", "computed", "counted", "handle", "kind", "part", "scalar", "values"]
