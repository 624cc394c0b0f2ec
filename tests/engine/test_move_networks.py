# SPDX-License-Identifier: MIT
"""Random networks of operators that move elements: many tensors in one place, several outputs, updates in place.

What each tensor holds is NumPy's answer; the network runs in an arena of exactly the size it says.
"""

import numpy as np
import pytest

from oracle import Draw, wheel
from test_plan import GUARD, _arena
from torpor_host import engine
from torpor_host.convert.writer import Writer

INT8 = dict(dtype=np.int8, scale=0.1, zero_point=0)


class Network:
    """A model that grows by one operator at a time, and the values of its tensors."""

    def __init__(self, seed):
        self.draw, self.w = Draw(seed), Writer()
        self.inputs = [self._tensor(self.draw.int8((2, self.draw.size(1, 6), 4))) for _ in range(2)]
        self.tensors = list(self.inputs)

    def _tensor(self, values):
        return self.w.tensor("t", values.shape, **INT8), values

    def _constant(self, values):
        return self.w.tensor("c", np.shape(values), np.int32, values)

    def _any(self):
        return self.tensors[self.draw.size(max(0, len(self.tensors) - 5), len(self.tensors) - 1)]

    def _add(self, name, inputs, *results, **options):
        made = [self._tensor(values) for values in results]
        self.w.op(name, inputs, [index for index, _ in made], **options)
        self.tensors += made

    def grow(self):
        x, values = self._any()
        axis = self.draw.size(0, values.ndim - 1)
        getattr(self, self.draw.pick("_reshape", "_expand", "_reverse", "_transpose", "_split", "_concatenate", "_update"))(
            x, values, axis)

    def _reshape(self, x, values, axis):
        flat = values.reshape(-1)
        self._add("RESHAPE", [x, self._constant([-1])], flat, newShape=[-1])

    def _expand(self, x, values, axis):
        if values.ndim < 4:
            self._add("EXPAND_DIMS", [x, self._constant([axis])], np.expand_dims(values, axis))

    def _reverse(self, x, values, axis):
        self._add("REVERSE_V2", [x, self._constant([axis])], np.flip(values, axis))

    def _transpose(self, x, values, axis):
        perm = self.draw.rng.permutation(values.ndim)
        self._add("TRANSPOSE", [x, self._constant(perm)], values.transpose(perm))

    def _split(self, x, values, axis):
        n = self.draw.pick(*(n for n in (1, 2, 3, 4) if values.shape[axis] % n == 0))
        self._add("SPLIT", [self._constant([axis]), x], *np.split(values, n, axis), numSplits=n)

    def _concatenate(self, x, values, axis):
        other, more = self._any()
        if values.shape == more.shape and values.size < 200:
            self._add("CONCATENATION", [x, other], np.concatenate([values, more], axis), axis=axis)

    def _update(self, x, values, axis):
        other, update = self._any()
        if other != x and update.ndim == values.ndim and np.all(np.less_equal(update.shape, values.shape)):
            start = [self.draw.size(0, n - m) for n, m in zip(values.shape, update.shape)]
            changed = values.copy()
            changed[tuple(slice(s, s + m) for s, m in zip(start, update.shape))] = update
            self._add("DYNAMIC_UPDATE_SLICE", [x, other, self._constant(start)], changed)

    def finish(self):
        """(model, input arrays, output arrays)"""
        results = self.tensors[2:]
        kept = [results[-1], *(result for result in results[:-1] if self.draw.rare())]
        model = self.w.finish([x for x, _ in self.inputs], [y for y, _ in kept])
        return model, [values for _, values in self.inputs], [values for _, values in kept]


@pytest.mark.parametrize("seed", range(100))
def test_network_of_moves_in_an_exact_arena(seed):
    network = Network(seed)
    while len(network.tensors) < 16:
        network.grow()
    data, inputs, expected = network.finish()
    arena, around = _arena(engine.measure(data)[0])
    model = engine.Model(data, arena=arena)
    for _ in range(2):
        arena[:] = GUARD
        for own, theirs, values in zip(model(*inputs), wheel(data, *inputs), expected, strict=True):
            np.testing.assert_array_equal(own, values)
            np.testing.assert_array_equal(own, theirs)
    assert all((part == GUARD).all() for part in around)


def test_update_lies_over_an_input_that_dies():
    w, x = Writer(), np.zeros((64, 16), np.int8)
    i, update, start = w.tensor("x", x.shape, **INT8), w.tensor("u", (1, 16), **INT8), w.tensor("s", (2,), np.int32)
    y = w.tensor("y", x.shape, **INT8)
    w.op("DYNAMIC_UPDATE_SLICE", [i, update, start], [y])
    data = w.finish([i, update, start], [y])
    assert engine.measure(data)[0] == x.nbytes + 16 + 16
    row = np.arange(16, dtype=np.int8)
    (own,) = engine.Model(data)(x, row[None], np.array([5, 0], np.int32))
    assert (own[5] == row).all() and own.sum() == row.sum()
