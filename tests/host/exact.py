# SPDX-License-Identifier: MIT
"""What tests of passes share: models before and after in the official interpreter, and layers with planted weights."""

import numpy as np
from tflite_micro import runtime
from torpor_host import engine
from torpor_host.convert import tflite
from torpor_host.convert.writer import Writer

_ARENA = 1 << 22


def assert_exact(before: bytes, after: bytes, seed=0, runs=20):
    """The official interpreter, and ours where it can run the model, give the same bytes for both, run after run."""
    rng = np.random.default_rng(seed)
    models = [runtime.Interpreter.from_bytes(data, arena_size=_ARENA) for data in (before, after)]
    graph, ours = tflite.read(before).main, engine.Model(after)
    for i in range(runs):
        inputs = [values(t, rng, i) for t in graph.inputs]
        outputs = []
        for model in models:
            for slot, x in enumerate(inputs):
                model.set_input(x, slot)
            model.invoke()
            outputs.append([np.array(model.get_output(slot)) for slot in range(len(graph.outputs))])
        for a, b in zip(*outputs, strict=True):
            assert a.tobytes() == b.tobytes(), f"run {i}: {a.ravel()[:8]}, now {b.ravel()[:8]}"
        for a, b in zip(outputs[0], ours(*inputs), strict=True):
            assert a.tobytes() == b.tobytes()


def values(tensor, rng, i):
    if tensor.dtype == np.float32:
        return rng.normal(0, 3, tensor.shape).astype(np.float32)
    limits = np.iinfo(tensor.dtype)
    if i % 3 == 1:
        return rng.choice(np.array([limits.min, limits.max], tensor.dtype), tensor.shape)
    return rng.integers(limits.min, limits.max + 1, tensor.shape).astype(tensor.dtype)


def changed(data: bytes, *passes) -> tuple[bytes, list[int]]:
    """The file after some passes, and what each returned."""
    model = tflite.read(data)
    counts = [run(model) for run in passes]
    return tflite.write(model), counts


def macs(data: bytes) -> int:
    return engine.Model(data).macs


class Net:
    """An int8 model that grows layer by layer; what is not given is random.

    x: (tensor, shape, zero point, scale). Outputs of layers use about the whole range.
    """

    def __init__(self, seed=0):
        self.w, self.rng = Writer(), np.random.default_rng(seed)

    def input(self, shape, zero=-3):
        return self.activation(shape, zero, 0.1)

    def activation(self, shape, zero, scale):
        return self.w.tensor("t", shape, np.int8, scale=scale, zero_point=zero), tuple(shape), zero, scale

    def weights(self, *shape):
        return self.rng.integers(-127, 128, shape)

    def constants(self, x, k, bias, axis, scales=None):
        channels = k.shape[axis]
        scales = self.rng.uniform(0.01, 0.02, channels).astype(np.float32) if scales is None else scales
        inputs = [self.w.tensor("k", k.shape, np.int8, k, scale=scales, axis=axis)]
        if bias is not None:
            inputs.append(self.w.tensor("b", (channels,), np.int32, bias, scale=np.float32(x[3]) * scales, axis=0))
        return inputs

    def bias(self, channels):
        return self.rng.integers(-2000, 2000, channels)

    def conv(self, x, k, bias="random", zero=-128, padding="SAME", stride=1, activation="RELU", scales=None):
        """k: [out, kh, kw, in]."""
        bias = self.bias(len(k)) if isinstance(bias, str) else bias
        h, w = out_size(x[1], k.shape[1:3], padding, stride)
        y = self.activation((x[1][0], h, w, len(k)), zero, x[3] * k[0].size ** 0.5)
        self.w.op("CONV_2D", [x[0], *self.constants(x, k, bias, 0, scales)], [y[0]], padding=padding, strideH=stride,
                  strideW=stride, fusedActivationFunction=activation)
        return y

    def depthwise(self, x, k, bias="random", zero=-128, padding="SAME", stride=1, activation="RELU", scales=None):
        """k: [1, kh, kw, channels]."""
        bias = self.bias(k.shape[3]) if isinstance(bias, str) else bias
        h, w = out_size(x[1], k.shape[1:3], padding, stride)
        y = self.activation((x[1][0], h, w, k.shape[3]), zero, x[3] * k[..., 0].size ** 0.5)
        self.w.op("DEPTHWISE_CONV_2D", [x[0], *self.constants(x, k, bias, 3, scales)], [y[0]], padding=padding, strideH=stride,
                  strideW=stride, depthMultiplier=k.shape[3] // x[1][3], fusedActivationFunction=activation)
        return y

    def dense(self, x, k, bias="random", scales=np.float32([0.01]), shape=None):
        """k: [out, in]; one scale by default."""
        bias = self.bias(len(k)) if isinstance(bias, str) else bias
        inputs = self.constants(x, k, bias, 0, scales)
        y = self.activation(shape or (x[1][0], len(k)), 5, x[3] * k[0].size ** 0.5)
        self.w.op("FULLY_CONNECTED", [x[0], *inputs], [y[0]])
        return y

    def op(self, name, inputs, shape, zero=-128, scale=0.2, **options):
        y = self.activation(shape, zero, scale)
        self.w.op(name, [x[0] for x in inputs], [y[0]], **options)
        return y

    def same(self, name, inputs, shape, zero, scale, constants=(), **options):
        """An operator with constants after its inputs, whose output has the scale and zero point given."""
        y = self.activation(shape, zero, scale)
        fixed = [self.w.tensor("c", np.shape(c), np.int32, c) for c in constants]
        self.w.op(name, [*(x[0] for x in inputs), *fixed], [y[0]], **options)
        return y

    def finish(self, inputs, outputs) -> bytes:
        return self.w.finish([x[0] for x in inputs], [y[0] for y in outputs])


def out_size(shape, window, padding, stride):
    return [-(-n // stride) if padding == "SAME" else (n - k) // stride + 1 for n, k in zip(shape[1:3], window)]
