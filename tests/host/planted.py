# SPDX-License-Identifier: MIT
"""Random int8 networks with planted waste: dead, constant, unread and equal channels, pads, activations and reshapes apart."""

import numpy as np
from exact import Net

_ZEROS = -128, -128, -128, -20, 60


class Planted(Net):
    """`ready` holds what later layers may read."""

    def __init__(self, seed):
        super().__init__(seed)
        self.ready = [self.input((1, *self.rng.integers(3, 8, 2), self.rng.integers(1, 5)), self.pick(*_ZEROS))]

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def grow(self):
        x = self.ready[-1] if self.rng.random() < 0.8 else self.pick(*self.ready)
        steps = [self.convolve, self.convolve, self.spread, self.spread, self.pad, self.join, self.pool, self.rename,
                 self.activate, self.side]
        self.ready.append(self.pick(*steps)(x))

    def waste(self, k, bias, axis):
        """Some output channels get no weights, a bias that clamps, or what another one has."""
        k, bias = np.moveaxis(k, axis, 0), bias.copy()
        kinds = self.rng.random(len(k))
        k[kinds < 0.4] = 0
        bias[kinds < 0.15] = -1_000_000
        bias[kinds > 0.9] = self.pick(-1, 1) * 50_000_000
        for i in np.flatnonzero((kinds > 0.6) & (kinds < 0.75)):
            k[i], bias[i] = k[0], bias[0]
        return np.moveaxis(k, 0, axis), bias

    def layer(self, add, x, shape, axis, size):
        k, bias = self.waste(self.weights(*shape) // self.pick(1, 3), self.bias(shape[axis]) * 3, axis)
        if axis == 0 and self.rng.random() < 0.5:
            k[..., self.rng.random(shape[-1]) < 0.3] = 0
        padding = self.pick("SAME", "SAME", "VALID") if min(x[1][1:3]) >= size else "SAME"
        scales = self.pick(None, np.full(shape[axis], 0.013, np.float32))
        activation = self.pick("RELU", "RELU", "NONE", "RELU6")
        return add(x, k, self.pick(bias, bias, None), self.pick(*_ZEROS), padding, self.pick(1, 1, 2), activation, scales)

    def convolve(self, x):
        size = self.pick(1, 1, 1, 2, 3)
        return self.layer(self.conv, x, (self.rng.integers(1, 9), size, size, x[1][3]), 0, size)

    def spread(self, x):
        size = self.pick(1, 3, 3, 5)
        return self.layer(self.depthwise, x, (1, size, size, x[1][3] * self.pick(1, 1, 1, 2)), 3, size)

    def pad(self, x):
        (a, b), (c, d) = self.rng.integers(0, 3, (2, 2))
        shape = 1, x[1][1] + a + b, x[1][2] + c + d, x[1][3]
        y = self.same("PAD", [x], shape, x[2], x[3], [[[0, 0], [a, b], [c, d], [0, 0]]])
        return self.layer(self.conv, y, (self.rng.integers(1, 6), 3, 3, y[1][3]), 0, 3)

    def join(self, x):
        partners = [t for t in self.ready if t[1][:3] == x[1][:3]]
        other = self.pick(*partners)
        if other[1] == x[1] and self.rng.random() < 0.7:
            return self.op(self.pick("ADD", "SUB", "MUL"), [x, other], x[1], self.pick(*_ZEROS), x[3] * 1.5)
        same = [t for t in partners if t[2:] == x[2:]]
        other = self.pick(*same)
        return self.same("CONCATENATION", [x, other], (*x[1][:3], x[1][3] + other[1][3]), x[2], x[3], axis=3)

    def pool(self, x):
        h, w = (-(-n // 2) for n in x[1][1:3])
        return self.same(self.pick("MAX_POOL_2D", "AVERAGE_POOL_2D"), [x], (1, h, w, x[1][3]), x[2], x[3], padding="SAME",
                         strideH=2, strideW=2, filterHeight=2, filterWidth=2)

    def rename(self, x):
        """There and back, or to another height and width."""
        shape = self.pick((1, x[1][2], x[1][1], x[1][3]), x[1])
        flat = self.same("RESHAPE", [x], (1, int(np.prod(x[1]))), x[2], x[3], [[1, -1]], newShape=[1, -1])
        return self.same("RESHAPE", [flat], shape, x[2], x[3], [list(shape)], newShape=list(shape))

    def activate(self, x):
        return self.same(self.pick("RELU", "RELU6", "QUANTIZE"), [x], x[1], x[2], x[3])

    def side(self, x):
        """Adds an operator that nobody reads."""
        self.op("ADD", [x, x], x[1])
        return x

    def close(self, x):
        """A dense layer over all of the last image, sometimes with the image as another output."""
        count = int(np.prod(x[1]))
        flat = self.same("RESHAPE", [x], (1, count), x[2], x[3], [[1, count]], newShape=[1, count])
        k, bias = self.waste(self.weights(5, count), self.bias(5), 0)
        return self.dense(flat, k, bias)


def network(seed) -> bytes:
    """2 to 9 steps, then a dense layer."""
    net = Planted(seed)
    first = net.ready[0]
    for _ in range(net.rng.integers(2, 10)):
        net.grow()
    outputs = [net.close(net.ready[-1])]
    inner = [t for t in net.ready[1:] if t is not first]
    if inner and net.rng.random() < 0.3:
        outputs.append(net.pick(*inner))
    return net.finish([first], outputs)
