# SPDX-License-Identifier: MIT
"""The official TFLM interpreter beside ours, and random single-operator models for both."""

import numpy as np
from tflite_micro import runtime
from torpor_host import engine
from torpor_host.convert.writer import INT4, Writer

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
_ARENA = 1 << 22


def wheel(data, *inputs, outputs=None):
    """Outputs of the official interpreter: so many, which by default our engine says."""
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=_ARENA)
    for i, values in enumerate(inputs):
        interpreter.set_input(values, i)
    interpreter.invoke()
    count = len(engine.Model(data).outputs) if outputs is None else outputs
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


def assert_same_runs(data, runs, atol=0):
    """Both interpreters give equal values run after run, each with one input: what a model remembers counts."""
    model, interpreter = engine.Model(data), runtime.Interpreter.from_bytes(data, arena_size=_ARENA)
    for i, x in enumerate(runs):
        interpreter.set_input(x, 0)
        interpreter.invoke()
        np.testing.assert_allclose(model(x)[0], interpreter.get_output(0), rtol=0, atol=atol, err_msg=f"run {i}")


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

    def int16(self, shape):
        if self.rare():
            return self.rng.choice(np.array([-32768, 32767], np.int16), shape)
        return self.rng.integers(-32768, 32768, shape).astype(np.int16)

    def data(self, shape, dtype):
        if dtype == INT4:
            return self.int8(shape) >> 4
        return self.int8(shape) if dtype == np.int8 else self.int16(shape) if dtype == np.int16 else self.floats(shape)

    def quantisation(self, dtype, **kwargs):
        """scale and zero_point of an activation; nothing for floats."""
        if dtype == np.int16:
            return {"scale": self.scale(-6, -3), "zero_point": 0, **kwargs}
        return {"scale": self.scale(), "zero_point": self.zero(), **kwargs} if dtype == np.int8 else {}


def layer(draw, name, x_shape, k_shape, y_shape, dtype, axis, accumulated, per_channel, bias, k_dtype=None, shape=None,
          **options):
    """A model of one operator with weights: (bytes, input). `accumulated` is the number of products in one output.

    bias: False, True, or its type. k_dtype: of the weights, int8 or the activations' by default.
    shape: the output's once more, for an operator that takes it, and then weights before activations.
    """
    w = Writer()
    k_dtype = k_dtype or (np.int8 if dtype == np.int16 else dtype)
    x, x_scale = _activation(w, draw, "x", x_shape, dtype)
    k, k_scales = _weights(w, draw, k_shape, k_dtype, axis, per_channel)
    inputs = [x, k] if shape is None else [w.tensor("shape", (len(shape),), np.int32, shape), k, x]
    if bias:
        inputs.append(_bias(w, draw, k_shape[axis], dtype, bias, x_scale * k_scales, accumulated))
    room = 40 * (10 ** draw.rng.uniform(-4, 4) if draw.rare() else 1) / (16 if k_dtype == INT4 else 1)
    y_scale = np.float32(x_scale * np.max(k_scales) * np.sqrt(accumulated) * room)
    y, _ = _activation(w, draw, "y", y_shape, dtype, y_scale)
    w.op(name, inputs, [y], **options)
    return w.finish([x], [y]), draw.data(x_shape, dtype)


def _activation(w, draw, name, shape, dtype, scale=None):
    quantisation = draw.quantisation(dtype)
    if quantisation and scale is not None:
        quantisation["scale"] = scale
    return w.tensor(name, shape, dtype, **quantisation), quantisation.get("scale", np.float32(1))


def _weights(w, draw, shape, dtype, axis, per_channel):
    scale = draw.scale(-3, -1)
    scales = draw.rng.uniform(0.05, 1, shape[axis]).astype(np.float32) * scale if per_channel else scale
    quantisation = {} if dtype == np.float32 else {"scale": scales, "axis": axis}
    return w.tensor("k", shape, dtype, draw.data(shape, dtype), **quantisation), scales


def _bias(w, draw, channels, dtype, kind, scales, accumulated):
    if dtype == np.float32:
        return w.tensor("b", (channels,), dtype, draw.floats(channels))
    kind = kind if kind is not True else np.int64 if dtype == np.int16 else np.int32
    spread = 3000 * np.sqrt(accumulated) * (200 if dtype == np.int16 else 1)
    values = draw.rng.normal(0, spread, channels).clip(np.iinfo(kind).min, np.iinfo(kind).max).astype(kind)
    return w.tensor("b", (channels,), kind, values, scale=np.float32(scales), axis=0)


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
