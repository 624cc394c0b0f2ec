#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A training script for `torpor train`, on scikit-learn's digits: two networks, and a teacher for the first.

    torpor train prune docs/examples/digits.py model.tflite
    torpor train distil docs/examples/digits.py model.tflite
    torpor train quantise docs/examples/digits.py:perceptron model.tflite

Run by itself it prints the table of host_tools/torpor_host/train/README.md.
"""

import functools
import tempfile
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

EPOCHS = 20
torch.set_num_threads(1)


@functools.cache
def digits():
    """Images [n, 1, 8, 8] in 0..1 and labels, 1197 to train with and 600 held out."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    split = train_test_split(x, y, test_size=600, random_state=0, stratify=y)
    return [torch.from_numpy(part) for part in split]


def unit(channels_in, channels_out, kernel, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False),
                         nn.BatchNorm2d(channels_out), nn.ReLU6())


def separable(*widths):
    """A convolution, then depthwise and pointwise ones; the first depthwise one halves the image."""
    layers = [unit(1, widths[0], 3)]
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers += [unit(a, a, 3, 2 if i == 0 else 1, groups=a), unit(a, b, 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 10))


def make() -> nn.Module:
    torch.manual_seed(1)
    return separable(16, 32, 32)


def perceptron() -> nn.Module:
    """Normalises each pixel by itself; folded into the linear layer, that needs weights of all sizes at its one scale."""
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


@functools.cache
def teacher() -> nn.Module:
    torch.manual_seed(2)
    network = separable(48, 96, 96)
    train(network, epochs=2 * EPOCHS)
    return network


def train(module, epochs=None, rate=1.0, loss=None):
    """rate: a factor on the learning rate. loss: of (x, scores, labels); by default cross entropy."""
    x, _, y, _ = digits()
    epochs, batches = EPOCHS if epochs is None else epochs, 20
    rng, optimizer = np.random.default_rng(0), torch.optim.Adam(module.parameters(), 0.005)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01 * rate, total_steps=epochs * batches)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(x)), batches):
            scores = module(x[rows])
            value = loss(x[rows], scores, y[rows]) if loss else nn.functional.cross_entropy(scores, y[rows])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()


def evaluate(module) -> float:
    _, x, _, y = digits()
    return (module(x).argmax(1) == y).float().mean()


def data():
    return digits()[0][:200]


def main():
    from torpor_host.train import run

    conv, dense = run.Start(__file__), run.Start(f"{__file__}:perceptron")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.tflite"
        found = {
            "quantise, perceptron": run.quantise(dense, target),
            "quantise to 4 bits, perceptron": run.quantise(dense, target, 4),
            "quantise to 4 bits, network": run.quantise(conv, target, 4),
            "prune, half of the channels' work": run.prune(conv, target, "channels", 0.5),
            "prune, half of the weights": run.prune(conv, target, "weights", 0.5),
            "distil": run.distil(__file__, target)}
    print("| | | in PyTorch | int8 | bytes | compressed | multiply-accumulates |\n|---|---|---|---|---|---|---|")
    for what, result in found.items():
        for row in result.rows:
            print(f"| {what} | {row.name} | {row.float_accuracy:.3f} | {row.accuracy:.3f} | {row.bytes:,} | {row.zipped:,} | {row.macs:,} |")


if __name__ == "__main__":
    main()
