# SPDX-License-Identifier: MIT
"""The official TFLM interpreter beside ours, and random single-operator models for both."""

import numpy as np
from tflite_micro import runtime
from torpor_host import engine
from torpor_host.convert.writer import Writer

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
_ARENA = 1 << 22


def wheel(data, *inputs):
    """Outputs of the official interpreter."""
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=_ARENA)
    for i, values in enumerate(inputs):
        interpreter.set_input(values, i)
    interpreter.invoke()
    count = len(engine.Model(data).outputs)
    return [interpreter.get_output(i) for i in range(count)]


def ours(data, *inputs):
    """Outputs of our engine, run twice to see that a run leaves nothing behind."""
    model = engine.Model(data)
    model(*inputs)
    return model(*inputs)


def assert_same_bytes(data, *inputs):
    """Both interpreters give equal bytes."""
    for own, theirs in zip(ours(data, *inputs), wheel(data, *inputs), strict=True):
        assert own.dtype == theirs.dtype and own.shape == theirs.shape
        different = np.flatnonzero(own.reshape(-1).view(np.uint8) != theirs.reshape(-1).view(np.uint8))
        assert different.size == 0, f"{different.size} bytes differ; ours {own.ravel()[:8]}, TFLM {theirs.ravel()[:8]}"


class Draw:
    """Random pieces of a model, from a seed. Scales and zero points reach their extremes now and then."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def size(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def rare(self):
        return self.rng.random() < 0.15

    def scale(self, low=-3, high=0):
        """A float32 scale between 10^low and 10^high."""
        return np.float32(10 ** self.rng.uniform(low, high))

    def zero(self):
        return int(self.pick(-128, 127, 0)) if self.rare() else self.size(-128, 127)

    def int8(self, shape):
        """Mostly uniform; now and then nothing but extremes."""
        if self.rare():
            return self.rng.choice(np.array([-128, 127], np.int8), shape)
        return self.rng.integers(-128, 128, shape).astype(np.int8)

    def floats(self, shape):
        return self.rng.normal(0, 2, shape).astype(np.float32)

    def data(self, shape, dtype):
        return self.int8(shape) if dtype == np.int8 else self.floats(shape)

    def quantisation(self, dtype, **kwargs):
        """scale and zero_point of an activation; nothing for floats."""
        return {"scale": self.scale(), "zero_point": self.zero(), **kwargs} if dtype == np.int8 else {}


def layer(draw, name, x_shape, k_shape, y_shape, dtype, axis, accumulated, per_channel, bias, **options):
    """A model of one operator with weights: (bytes, input). `accumulated` is the number of products in one output."""
    w = Writer()
    quantised = dtype == np.int8
    channels = k_shape[axis]
    x_scale, k_scale = draw.scale(), draw.scale(-3, -1)
    k_scales = draw.rng.uniform(0.05, 1, channels).astype(np.float32) * k_scale if per_channel else k_scale
    y_scale = np.float32(x_scale * k_scale * np.sqrt(accumulated) * 40 * (10 ** draw.rng.uniform(-4, 4) if draw.rare() else 1))
    x = w.tensor("x", x_shape, dtype, **({"scale": x_scale, "zero_point": draw.zero()} if quantised else {}))
    k = w.tensor("k", k_shape, dtype, draw.data(k_shape, dtype), **({"scale": k_scales, "axis": axis} if quantised else {}))
    inputs = [x, k]
    if bias and quantised:
        values = draw.rng.normal(0, 3000 * np.sqrt(accumulated), channels).astype(np.int32)
        inputs.append(w.tensor("b", (channels,), np.int32, values, scale=np.float32(x_scale * k_scales), axis=0))
    elif bias:
        inputs.append(w.tensor("b", (channels,), np.float32, draw.floats(channels)))
    y = w.tensor("y", y_shape, dtype, **({"scale": y_scale, "zero_point": draw.zero()} if quantised else {}))
    w.op(name, inputs, [y], **options)
    return w.finish([x], [y]), draw.data(x_shape, dtype)


def window(draw, dilation=True, sizes=(1, 12)):
    """Random geometry: (batch, h, w, out_h, out_w, k_h, k_w, options) of a window that fits."""
    while True:
        h, w = draw.size(*sizes), draw.size(*sizes)
        k_h, k_w = draw.size(1, 5), draw.size(1, 5)
        s_h, s_w = draw.size(1, 3), draw.size(1, 3)
        d_h, d_w = (draw.pick(1, 1, 2, 3), draw.pick(1, 1, 2, 3)) if dilation else (1, 1)
        padding = draw.pick("SAME", "VALID")
        reach_h, reach_w = (k_h - 1) * d_h + 1, (k_w - 1) * d_w + 1
        out_h, out_w = (-(-h // s_h), -(-w // s_w)) if padding == "SAME" else ((h - reach_h) // s_h + 1, (w - reach_w) // s_w + 1)
        if padding == "SAME" or (h >= reach_h and w >= reach_w):
            options = dict(padding=padding, strideH=s_h, strideW=s_w)
            if dilation:
                options.update(dilationHFactor=d_h, dilationWFactor=d_w)
            return draw.pick(1, 1, 2, 3), h, w, out_h, out_w, k_h, k_w, options
