# SPDX-License-Identifier: MIT
"""Random int8 networks of many operators, with branches and joins: work for the planner."""

import numpy as np

from oracle import ACTIVATIONS, Draw
from torpor_host.convert.writer import Writer


class _Net:
    """A graph that grows by one operator at a time; `ready` holds (tensor, shape, scale, zero_point)."""

    def __init__(self, seed):
        self.draw, self.w, self.ready = Draw(seed), Writer(), []

    def activation(self, shape, scale=None, zero=None):
        scale = self.draw.scale(-2, -1) if scale is None else scale
        zero = self.draw.size(-100, 100) if zero is None else zero
        tensor = self.w.tensor(f"t{len(self.ready)}", shape, np.int8, scale=scale, zero_point=zero)
        return tensor, tuple(shape), scale, zero

    def constant(self, data, **quantisation):
        data = np.asarray(data)
        return self.w.tensor("c", data.shape, data.dtype, data, **quantisation)

    def weights(self, shape, axis):
        scales = self.draw.rng.uniform(0.002, 0.02, shape[axis]).astype(np.float32)
        return self.constant(self.draw.int8(shape), scale=scales, axis=axis)

    def grow(self):
        """Adds an operator that suits a random tensor."""
        x = self.ready[self.draw.rng.integers(len(self.ready))] if self.draw.rare() else self.ready[-1]
        choices = [self.conv, self.depthwise, self.pool, self.add, self.reshape, self.quantize, self.floats, self.pad, self.mean]
        choices = choices if len(x[1]) == 4 else [self.fully, self.fully, self.softmax]
        self.ready.append(self.draw.pick(*choices)(x))

    def window(self, shape):
        k_h, k_w, s = self.draw.size(1, 3), self.draw.size(1, 3), self.draw.pick(1, 1, 2)
        return k_h, k_w, s, -(-shape[1] // s), -(-shape[2] // s)

    def conv(self, x):
        k_h, k_w, s, h, w = self.window(x[1])
        channels = self.draw.size(1, 12)
        y = self.activation((x[1][0], h, w, channels))
        self.w.op("CONV_2D", [x[0], self.weights((channels, k_h, k_w, x[1][3]), 0)], [y[0]], padding="SAME", strideH=s,
                  strideW=s, fusedActivationFunction=self.draw.pick(*ACTIVATIONS))
        return y

    def depthwise(self, x):
        k_h, k_w, s, h, w = self.window(x[1])
        multiplier = self.draw.pick(1, 1, 2)
        channels = x[1][3] * multiplier
        y = self.activation((x[1][0], h, w, channels))
        self.w.op("DEPTHWISE_CONV_2D", [x[0], self.weights((1, k_h, k_w, channels), 3)], [y[0]], padding="SAME",
                  strideH=s, strideW=s, depthMultiplier=multiplier)
        return y

    def pool(self, x):
        k_h, k_w, s, h, w = self.window(x[1])
        y = self.activation((x[1][0], h, w, x[1][3]), x[2], x[3])
        self.w.op(self.draw.pick("MAX_POOL_2D", "AVERAGE_POOL_2D"), [x[0]], [y[0]], padding="SAME", strideH=s,
                  strideW=s, filterHeight=k_h, filterWidth=k_w)
        return y

    def add(self, x):
        partners = [t for t in self.ready if t[1] == x[1]]
        other = partners[self.draw.rng.integers(len(partners))]
        y = self.activation(x[1])
        self.w.op("ADD", [x[0], other[0]], [y[0]])
        return y

    def reshape(self, x):
        batch, h, w, channels = x[1]
        shape = self.draw.pick((batch, w, h, channels), (batch, 1, h * w, channels), (batch, h * w * channels))
        y = self.activation(shape, x[2], x[3])
        self.w.op("RESHAPE", [x[0], self.constant(np.array(shape, np.int32))], [y[0]], newShape=list(shape))
        return y

    def quantize(self, x):
        y = self.activation(x[1])
        self.w.op("QUANTIZE", [x[0]], [y[0]])
        return y

    def floats(self, x):
        """There and back through float32, four times as large."""
        real = self.w.tensor("f", x[1], np.float32)
        y = self.activation(x[1])
        self.w.op("DEQUANTIZE", [x[0]], [real])
        self.w.op("QUANTIZE", [real], [y[0]])
        return y

    def mean(self, x):
        shape = (x[1][0], x[1][1], 1, x[1][3])
        y = self.activation(shape)
        self.w.op("MEAN", [x[0], self.constant(np.array([2], np.int32))], [y[0]], keepDims=True)
        return y

    def softmax(self, x):
        y = self.activation(x[1], 1 / 256, -128)
        self.w.op("SOFTMAX", [x[0]], [y[0]], beta=1.0)
        return y

    def pad(self, x):
        pads = np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32)
        y = self.activation(np.array(x[1]) + pads.sum(axis=1), x[2], x[3])
        self.w.op("PAD", [x[0], self.constant(pads)], [y[0]])
        return y

    def fully(self, x):
        channels = self.draw.size(1, 30)
        y = self.activation((x[1][0], channels))
        self.w.op("FULLY_CONNECTED", [x[0], self.weights((channels, x[1][1]), 0)], [y[0]])
        return y


def network(seed):
    """(bytes, input) of a network of 2 to 14 operators whose last tensor, and now and then another, is an output."""
    net = _Net(seed)
    draw = net.draw
    net.ready.append(net.activation((draw.pick(1, 1, 2), draw.size(2, 12), draw.size(2, 12), draw.size(1, 8))))
    first = net.ready[0]
    for _ in range(draw.size(2, 14)):
        net.grow()
    outputs = [net.ready[-1][0]]
    if draw.pick(True, False, False):
        outputs.append(net.ready[draw.size(1, len(net.ready) - 1)][0])
    return net.w.finish([first[0]], list(dict.fromkeys(outputs))), draw.int8(first[1])
