# SPDX-License-Identifier: MIT
"""What tests of conversion share: the committed keyword network in float, and windows of sound for it."""

import functools
import importlib.util
import json
import wave
from itertools import pairwise

import numpy as np
from torpor_host import dsp
from torpor_host.convert import tflite
from torpor_host.engine import Model
from torpor_host.paths import MODELS

FOLDER = MODELS / "keywords"
_FILE = (FOLDER / "model.tflite").read_bytes()
_SETTINGS = json.loads(Model(_FILE).metadata("torpor"))
_FRAMES, _HOP_S, _SCALE = 49, 0.02, 1 / 32
_NOISE = (0, 2000, 4000)  # standard deviations, in steps of int16; float hears all, 99 % and 94 %


@functools.cache
def network():
    """The torch module with the committed model's weights, off the grid of int8.

    Channels are rescaled at random, and what reads them is scaled back: that changes no output.
    """
    import torch

    made, rng = _module().Network(len(_SETTINGS["labels"])), np.random.default_rng(0)
    layers = [op for op in tflite.read(_FILE).main.ops if len(op.inputs) == 3]
    for layer, op in zip((*made.layers, made.dense), layers, strict=True):
        weights, bias = (_real(t) for t in op.inputs[1:])
        if op.name != "FULLY_CONNECTED":
            weights = weights.transpose((3, 0, 1, 2) if op.name == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2))
            layer.norm.bias.data[:] = torch.from_numpy(bias)
            layer.norm.running_var.fill_(1 - layer.norm.eps)
        else:
            layer.bias.data[:] = torch.from_numpy(bias)
        _conv(layer).weight.data[:] = torch.from_numpy(np.ascontiguousarray(weights))
    for layer, reader in pairwise((*made.layers, made.dense)):
        gain = torch.from_numpy(rng.uniform(0.7, 1.4, len(layer.norm.weight)).astype(np.float32))
        layer.norm.weight.data *= gain
        layer.norm.bias.data *= gain
        depthwise = getattr(reader, "depthwise", False)
        _conv(reader).weight.data /= gain.view(-1, 1, 1, 1) if depthwise else gain.view(1, -1, *[1] * (_conv(reader).weight.ndim - 2))
    return made.eval()


@functools.cache
def windows():
    """Features [n, 1, frames, bands] to calibrate on, of single words; then of other voices, in noise, with their labels."""
    words = [_features(_noisy(f"{name}.wav", amount)) for name in ("yes", "no", "stop", "go", "unknown") for amount in _NOISE]
    calibration = np.stack([np.roll(word[:_FRAMES], shift, 0) for word in words for shift in range(-20, 21, 5)])
    events, x, y = json.loads((FOLDER / "samples/demo.json").read_text())["events"], [], []
    for amount in _NOISE:
        features = _features(_noisy("demo.wav", amount))
        for first in range(0, len(features) - _FRAMES + 1, 2):
            label = _label(events, first * _HOP_S, (first + _FRAMES) * _HOP_S)
            if label is not None:
                x.append(features[first : first + _FRAMES])
                y.append(label)
    return calibration[:, None], np.stack(x)[:, None], np.array(y)


def _label(events, start, end):
    """Of what a window hears; None if it cuts a word, or hears two."""
    heard = [e for e in events if e["start_s"] < end and e["end_s"] > start]
    whole = all(e["start_s"] >= start and e["end_s"] <= end for e in heard)
    if not whole or len(heard) > 1:
        return None
    return _SETTINGS["labels"].index(heard[0]["label"] if heard else "silence")


def _features(samples):
    f = _SETTINGS["features"]
    front = dsp.LogMel(**{key: f[key] for key in ("rate", "window", "fft", "bands", "low_hz", "high_hz")})
    return dsp.quantize(front.clip(samples, f["hop"]), f["offset"], f["multiplier"], 0).astype(np.float32) * np.float32(_SCALE)


def _noisy(name, amount):
    with wave.open(str(FOLDER / "samples" / name)) as file:
        samples = np.frombuffer(file.readframes(-1), np.int16)
    noise = np.random.default_rng(0).normal(size=samples.shape)
    return np.clip(samples + amount * noise, -32768, 32767).astype(np.int16)


def _real(tensor):
    shape = [-1 if d == tensor.axis and tensor.scales.size > 1 else 1 for d in range(len(tensor.shape))]
    return (tensor.values() * tensor.scales.reshape(shape)).astype(np.float32)


def _conv(layer):
    return getattr(layer, "conv", layer)


def _module():
    spec = importlib.util.spec_from_file_location("keyword_network", FOLDER / "network.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
