# SPDX-License-Identifier: MIT
"""What the tests of conversion share: scikit-learn's digits, networks trained on them in seconds, and models' answers."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from tflite_micro import runtime
from torpor_host.convert import run, tflite

CALIBRATION = 200


@functools.cache
def digits():
    """Images [n, 1, 8, 8] in 0..1 and labels: for training, then held out. Skips without scikit-learn."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra sklearn)")
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=600, random_state=0, stratify=y)
    return train_x, train_y, test_x, test_y


def modules():
    """The networks of the tests, by name: functions that make a torch module."""
    from torch import nn
    from torch.nn import functional as F

    def unit(a, b, stride=1, groups=1, kernel=3):
        return nn.Sequential(nn.Conv2d(a, b, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(b), nn.ReLU6())

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.one = unit(1, 16), unit(16, 16)
            self.two = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16))
            self.down, self.short = unit(16, 24, 2), nn.Conv2d(16, 24, 1, 2)
            self.head = nn.Linear(24, 10)

        def forward(self, x):
            x = self.stem(x)
            x = F.relu(x + self.two(self.one(x)))
            x = self.down(x) + self.short(x)
            return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))

    def plain():
        return nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(),
            nn.Dropout(0.1), nn.Flatten(), nn.Linear(24 * 16, 32), nn.Tanh(), nn.Linear(32, 10), nn.Softmax(1))

    def separable():
        return nn.Sequential(
            unit(1, 16), unit(16, 16, 2, groups=16), unit(16, 32, kernel=1), unit(32, 32, groups=32), unit(32, 32, kernel=1),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))

    return {"plain": plain, "residual": Residual, "separable": separable}


@functools.cache
def trained(name):
    """A network of `modules`, trained with fixed seeds. Skips without PyTorch."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
    x, y, _, _ = digits()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    network, rng = modules()[name](), np.random.default_rng(0)
    optimizer = torch.optim.Adam(network.parameters(), 0.005)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    for _ in range(8):
        for rows in np.array_split(rng.permutation(len(x)), 20):
            scores = network(x[rows])
            loss = torch.nn.functional.cross_entropy(scores.clamp_min(1e-6).log() if name == "plain" else scores, y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network.eval()


@functools.cache
def source(name):
    """The same network as the converter reads it; a fresh copy is `tflite.read(tflite.write(source(name).model))`."""
    from torpor_host.convert import pytorch

    return pytorch.of_module(trained(name), None, (1, 8, 8))


def converted(name, **options):
    """Converted with options of run.Wanted, calibrated on CALIBRATION images."""
    found = replace(source(name), model=tflite.read(tflite.write(source(name).model)))
    images = digits()[0][:CALIBRATION].transpose(0, 2, 3, 1)
    return run.convert(found, [images], run.Wanted(**options))


def accuracy(data: bytes, most=300) -> float:
    """On as many of the held out images, in the official interpreter."""
    x, y = (held[:most] for held in digits()[2:])
    return float(np.mean(answers(data, x)[0].argmax(axis=1) == y))


def answers(data: bytes, samples) -> list[np.ndarray]:
    """Real values of each output over samples [n, ...] of an image's or row's values, in the official interpreter.

    Images and sequences come as PyTorch has them; they are laid out with channels last, scaled and rounded here, not by the code under test.
    """
    x, rows = tflite.read(data).main.inputs[0], np.asarray(samples)
    if rows.ndim == 4:
        rows = rows.transpose(0, 2, 3, 1)
    elif rows.ndim == 3 and x.shape[-2:] != rows.shape[1:]:
        rows = rows.transpose(0, 2, 1)
    return run_stored(data, [rows])


def run_stored(data: bytes, inputs) -> list[np.ndarray]:
    """Real values of each output over samples [n, ...] of each input that lie as in the model, in the official interpreter."""
    graph, rows = tflite.read(data).main, []
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=1 << 21)
    for sample in zip(*inputs, strict=True):
        for i, (tensor, values) in enumerate(zip(graph.inputs, sample, strict=True)):
            interpreter.set_input(_numbers(tensor, values).reshape(tensor.shape), i)
        interpreter.invoke()
        rows.append([_real(t, np.array(interpreter.get_output(i)).reshape(t.shape)) for i, t in enumerate(graph.outputs)])
    return [np.concatenate(output) for output in zip(*rows)]


def _numbers(tensor, values):
    if tensor.dtype == np.float32:
        return values.astype(np.float32)
    limits = np.iinfo(tensor.dtype)
    return np.clip(np.rint(values / tensor.scales[0]) + tensor.zero_point, limits.min, limits.max).astype(tensor.dtype)


def _real(tensor, values):
    if tensor.dtype == np.float32:
        return values
    return (values.astype(np.float32) - tensor.zero_point) * tensor.scales[0]
