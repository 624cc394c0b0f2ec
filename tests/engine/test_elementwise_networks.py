# SPDX-License-Identifier: MIT
"""Random networks of elementwise operators and reductions: what is computed in place, over a broadcast, stays right."""

import numpy as np
import pytest

from elementwise import quantisation, values
from oracle import Draw, assert_same_bytes
from torpor_host.convert.writer import Writer

JOINS = ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE")
FULL = (3, 4, 5)


class Network:
    """Grows by operators on tensors drawn from those that there are."""

    def __init__(self, seed, dtype):
        self.draw, self.w, self.dtype = Draw(seed), Writer(), dtype
        shapes = [FULL, FULL, (4, 1), (3, 1, 5)]
        self.there = [(self._tensor(shape), shape) for shape in shapes]
        self.inputs = [tensor for tensor, _ in self.there]
        self.data = [values(self.draw, shape, dtype) for shape in shapes]

    def _tensor(self, shape, dtype=None):
        dtype = dtype or self.dtype
        return self.w.tensor("t", shape, dtype, **quantisation(self.draw, dtype))

    def _pick(self):
        return self.draw.pick(*self.there[-4:])

    def join(self):
        (a, a_shape), (b, b_shape) = self._pick(), self._pick()
        shape = np.broadcast_shapes(a_shape, b_shape)
        y = self._tensor(shape)
        self.w.op(self.draw.pick(*JOINS), [a, b], [y])
        self.there.append((y, shape))

    def choose(self):
        (a, a_shape), (b, b_shape) = self._pick(), self._pick()
        shape = np.broadcast_shapes(a_shape, b_shape)
        less, y = self._tensor(shape, np.bool_), self._tensor(shape)
        self.w.op("LESS", [a, b], [less])
        self.w.op("SELECT_V2", [less, a, b], [y])
        self.there.append((y, shape))

    def reduce(self):
        x, shape = self._pick()
        axis = self.draw.size(0, len(shape) - 1)
        out = tuple(1 if i == axis else size for i, size in enumerate(shape))
        y = self._tensor(out)
        self.w.op(self.draw.pick("MEAN", "SUM"), [x, self.w.tensor("axes", (1,), np.int32, [axis])], [y], keepDims=True)
        self.there.append((y, out))

    def finish(self):
        return self.w.finish(self.inputs, [tensor for tensor, _ in self.there[-2:]])


@pytest.mark.parametrize("dtype", (np.int8, np.float32))
@pytest.mark.parametrize("seed", range(40))
def test_network(seed, dtype):
    net = Network(seed, dtype)
    for _ in range(8):
        net.draw.pick(net.join, net.join, net.choose, net.reduce)()
    assert_same_bytes(net.finish(), *net.data)
