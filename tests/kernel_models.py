# SPDX-License-Identifier: MIT
"""Random int8 models of one operator, drawn to reach every path of the kernels: sizes around the widths of vectors and
blocks, clipped windows, constant channels, scales and biases that leave no short way. Each is (model, [input, ..])."""

import numpy as np
from torpor_host.convert.writer import Writer

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33)


class _Model:
    """One model in the making."""

    def __init__(self, seed):
        self.rng, self.w = np.random.default_rng(seed), Writer()

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def size(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def int8(self, shape):
        """Mostly uniform, now and then extremes alone."""
        if self.rng.random() < 0.1:
            return self.rng.choice(np.array([-128, 127], np.int8), shape)
        return self.rng.integers(-128, 128, shape).astype(np.int8)

    def window(self, k_h, k_w, stride, dilation, extra):
        """(in_h, in_w, out_h, out_w, options) of an image that the window fits."""
        reach_h, reach_w = (k_h - 1) * dilation + 1, (k_w - 1) * dilation + 1
        same = self.pick(True, True, False)
        h, w = self.size(1, extra) + (0 if same else reach_h), self.size(1, extra) + (0 if same else reach_w)
        out_h, out_w = (-(-h // stride), -(-w // stride)) if same else ((h - reach_h) // stride + 1, (w - reach_w) // stride + 1)
        options = {"padding": "SAME" if same else "VALID", "strideH": stride, "strideW": stride,
                   "dilationHFactor": dilation, "dilationWFactor": dilation}
        return h, w, out_h, out_w, options

    def finish(self, name, x_shape, k_shape, y_shape, axis, sums, per_channel=True, **options):
        """The model, of which one output is the sum of so many products."""
        channels, rng = k_shape[axis], self.rng
        x_scale = np.float32(10 ** rng.uniform(-3, 0))
        k_scale = np.float32(10 ** rng.uniform(-3, -1)) * rng.uniform(0.05, 1, channels if per_channel else 1).astype(np.float32)
        k = self.int8(k_shape)
        bias = np.clip(rng.normal(0, 3000 * np.sqrt(sums), channels), -(2**30), 2**30)
        if per_channel and rng.random() < 0.3:
            self.dead_channels(k, axis, k_scale, bias)
        room = self.pick(0.05, 1e6) if rng.random() < 0.1 else 40
        y_scale = np.float32(max(x_scale * np.max(k_scale) * np.sqrt(sums) * room, 1e-7))  # TFLM wants 6 / scale in an int32
        w, zero = self.w, lambda: int(self.pick(-128, -128, 127, 0, self.size(-128, 127)))
        x = w.tensor("x", x_shape, np.int8, scale=x_scale, zero_point=zero())
        y = w.tensor("y", y_shape, np.int8, scale=y_scale, zero_point=zero())
        scale = k_scale if per_channel else k_scale[0]
        inputs = [x, w.tensor("k", k_shape, np.int8, k, scale=scale, axis=axis)]
        if rng.random() < 0.9:
            inputs.append(w.tensor("b", (channels,), np.int32, bias.astype(np.int32), scale=x_scale * scale, axis=0))
        w.op(name, inputs, [y], fusedActivationFunction=self.pick(*ACTIVATIONS), **options)
        return w.finish([x], [y]), [self.int8(x_shape)]

    def dead_channels(self, k, axis, k_scale, bias):
        """What a converter makes of a channel with hardly any weights: none at all, a tiny scale and a huge bias."""
        dead = self.rng.random(bias.size) < 0.5
        np.moveaxis(k, axis, 0)[dead] = 0
        k_scale[dead] *= np.float32(2.0**-22)
        bias[dead] = self.rng.choice([-(2**30), 2**30, 2**29 - 1, 5], dead.sum())


def conv(seed):
    m = _Model(seed)
    k = m.pick(1, 1, 3, 3, 2, 5)
    k_h, k_w = (k, k) if m.pick(True, True, False) else (m.size(1, 10), m.size(1, 4))
    groups = m.pick(1, 1, 1, 1, 2, 3)
    depth, group = m.pick(*CHANNELS), m.pick(*CHANNELS)
    h, w, out_h, out_w, options = m.window(k_h, k_w, m.pick(1, 1, 2, 3), m.pick(1, 1, 1, 2), 7)
    batch = m.pick(1, 1, 2)
    return m.finish("CONV_2D", (batch, h, w, depth * groups), (group * groups, k_h, k_w, depth),
                    (batch, out_h, out_w, group * groups), 0, k_h * k_w * depth, m.pick(True, True, False), **options)


def depthwise(seed):
    m = _Model(seed)
    k_h, k_w = m.pick((3, 3), (3, 3), (3, 3), (5, 5), (1, 3), (3, 1), (m.size(1, 8), m.size(1, 8)))
    multiplier, depth = m.pick(1, 1, 1, 2, 5, 8), m.pick(*CHANNELS)
    if multiplier > 1:
        depth = m.pick(1, 1, 2, 3, 4, 5)
    h, w, out_h, out_w, options = m.window(k_h, k_w, m.pick(1, 1, 2, 3), m.pick(1, 1, 1, 2), m.pick(9, 9, 19))
    batch, channels = m.pick(1, 1, 2), depth * multiplier
    return m.finish("DEPTHWISE_CONV_2D", (batch, h, w, depth), (1, k_h, k_w, channels), (batch, out_h, out_w, channels), 3,
                    k_h * k_w, m.pick(True, True, False), depthMultiplier=multiplier, **options)


def fully_connected(seed):
    m = _Model(seed)
    batch, channels = m.pick(1, 1, 1, 2, 3, 4, 5, 6, 7, 13), m.pick(*CHANNELS, 40)
    depth = m.pick(*CHANNELS, 63, 64, 65, 96, 127, 128, 129, 192, 250, 256, 300)
    return m.finish("FULLY_CONNECTED", (batch, depth), (channels, depth), (batch, channels), 0, depth, m.pick(True, False))


def add(seed):
    m = _Model(seed)
    shape = (1, m.size(1, 4) * m.pick(1, 1, 20), m.size(1, 5), m.pick(*CHANNELS))
    shapes = [shape, m.pick(shape, shape, shape, (1, 1, 1, shape[3]), (1, 1, 1, 1))]
    scale = np.float32(10 ** m.rng.uniform(-3, 0))
    scales = [scale, m.pick(scale, np.float32(scale * m.rng.uniform(0.01, 1)), np.float32(scale * 2.0**-7))]
    order = m.pick([0, 1], [1, 0])
    inputs = [m.w.tensor("x", shapes[i], np.int8, scale=scales[i], zero_point=m.size(-128, 127)) for i in order]
    y_scale = np.float32(scale * m.pick(0.01, 0.5, 1, 1, 2, 40))
    y = m.w.tensor("y", shape, np.int8, scale=y_scale, zero_point=m.size(-128, 127))
    m.w.op("ADD", inputs, [y], fusedActivationFunction=m.pick(*ACTIVATIONS))
    return m.w.finish(inputs, [y]), [m.int8(shapes[i]) for i in order]


KINDS = (conv, depthwise, fully_connected, add)
