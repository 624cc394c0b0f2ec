# SPDX-License-Identifier: MIT
"""What tests of quantisation share: float models that grow operator by operator, and how far their integer twins are off."""

import numpy as np
from digits import answers
from torpor_host.convert import run, tflite
from torpor_host.convert.source import Source
from torpor_host.convert.writer import Writer


class Net:
    """A float model that grows operator by operator; weights are random."""

    def __init__(self, *shape, seed=0):
        self.w, self.rng = Writer(), np.random.default_rng(seed)
        self.x = self.w.tensor("x", (1, *shape), np.float32)

    def op(self, name, inputs, shape, **options):
        y = self.w.tensor(name.lower(), shape, np.float32)
        self.w.op(name, inputs, [y], **options)
        return y

    def weights(self, *shape, scale=1.0):
        return self.w.tensor("k", shape, np.float32, scale * self.rng.normal(size=shape))

    def integers(self, values):
        return self.w.tensor("n", np.shape(values), np.int32, values)

    def numbers(self, values):
        return self.w.tensor("c", np.shape(values), np.float32, values)

    def converted(self, outputs, samples=64, **options):
        """The float file, and the quantised one with its samples. options: of run.Wanted."""
        data = self.w.finish([self.x], outputs)
        source = Source("test", tflite.read(data))
        shape = source.model.main.inputs[0].shape[1:]
        x = self.rng.normal(size=(samples, *shape)).astype(np.float32)
        return data, run.convert(source, source.stored([x]), run.Wanted(**options)), x


def rows(x):
    """So that answers(), which takes images as PyTorch has them, leaves them alone."""
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x


def assert_near(before, after, x, decibel):
    """Each output's power is so many dB above that of its difference, by the official interpreter."""
    for want, got in zip(answers(before, rows(x)), answers(after, rows(x)), strict=True):
        noise = np.square(want - got).mean() / np.square(want).mean()
        assert -10 * np.log10(noise) > decibel


def tensors(data, name):
    """(inputs, output) of the first operator of that name."""
    op = next(op for op in tflite.read(data).main.ops if op.name == name)
    return op.inputs, op.outputs[0]


def scale(tensor):
    return tensor.scales.tolist(), tensor.zero_points.tolist()
