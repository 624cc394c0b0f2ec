# SPDX-License-Identifier: MIT
"""Two operands of one element-wise operator: values, arrays or numbers, broadcast as NumPy does."""

import numpy as np

from torpor_host.convert.layout import Value
from torpor_host.convert.net import Unsupported


def binary(net, name, a, b, **options):
    """a `name` b, where a is a value."""
    if isinstance(b, Value):
        return _values(net, name, a, b, options)
    return net.elementwise(name, a, constant(a, b), **options)


def _values(net, name, a, b, options):
    if a.shape == b.shape:
        return net.elementwise(name, a, net.arranged(b, a.index), **options)
    rank = max(len(a.shape), len(b.shape))
    a, b = (v.reshaped((*[1] * (rank - len(v.shape)), *v.shape)) for v in (a, b))
    return net.layer(name, [net.stored(a), net.stored(b)], np.broadcast_shapes(a.shape, b.shape), **options)


def constant(x: Value, numbers) -> np.ndarray:
    """A constant operand in x's order, as small as broadcasting allows: one number, one a channel, or all."""
    numbers = np.asarray(numbers, np.float64)
    if numbers.size == 1:
        return numbers.reshape(1).astype(np.float32)
    if np.broadcast_shapes(numbers.shape, x.shape) != x.shape:
        raise Unsupported("its constant operand has more elements than the other", "repeat the other first")
    wide = np.broadcast_to(numbers, x.shape).ravel()[x.index]
    for axis in range(wide.ndim):
        first = wide.take([0], axis)
        wide = first if (wide == first).all() else wide
    return (wide.ravel() if wide.size == wide.shape[-1] else wide).astype(np.float32)
