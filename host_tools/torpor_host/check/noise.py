# SPDX-License-Identifier: MIT
"""How much of its signal each layer of a quantised network loses.

The ratio of signal to noise of a tensor, in decibels: 10 log10 of the sum of squares of the real network's elements over
the sum of squares of the differences. Twice: of the whole network up to a layer, and of the layer alone, given what the
quantised network gives it.
"""

from dataclasses import dataclass

import numpy as np

from torpor_host import engine
from torpor_host.check.floats import Floats, along
from torpor_host.convert import tflite
from torpor_host.convert.graph import RESOURCE, Graph, Model, Tensor, type_of
from torpor_host.progress import SILENT, Silent

EXAMPLES = 100  # at most; more change little
_FLOAT32 = 1e12  # less noise than 120 dB is that of float32 itself, which has 24 bits
_HANDLE = type_of(RESOURCE)


@dataclass(frozen=True)
class Layer:
    """snr_db: of the network up to here; own_snr_db: of this operator alone. None if nothing is lost, or there is no signal."""

    index: int
    op: str
    snr_db: float | None
    own_snr_db: float | None


def layers(model: Model, floats: Floats, x: np.ndarray, progress: Silent = SILENT) -> list[Layer]:
    """Of each operator's first output that is quantised. x: examples [n, ...] as Labelled has them.

    Raises ToolError if the engine cannot run the network over real numbers.
    """
    taps = {op: t for op in model.main.ops for t in op.outputs[:1] if t.scales.size and t.type != _HANDLE and not t.variable}
    sums = _Sums(model, floats, list(taps.values()))
    examples = x[:EXAMPLES]
    with progress.step(f"compare the layers on {len(examples)} examples") as tick:
        for i, one in enumerate(examples):
            tick(i, len(examples))
            sums.add(one)
    found = iter(zip(*sums.ratios()))
    return [Layer(i, op.name, *next(found)) for i, op in enumerate(model.main.ops) if op in taps]


def least(found: list[Layer]) -> Layer | None:
    """The layer that loses most by itself."""
    noisy = [layer for layer in found if layer.own_snr_db is not None]
    return min(noisy, key=lambda layer: layer.own_snr_db, default=None)


class _Sums:
    """The three networks side by side: quantised, real, and real operator by operator."""

    def __init__(self, model, floats, taps):
        self._taps, self._input = taps, model.main.inputs[0]
        apart, self._given = floats.apart(taps)
        self._seen = [t for t in dict.fromkeys([*taps, *self._given]) if model.main.writer(t) is not None]
        self._quantised = _open(model, self._seen)
        self._real = _open(floats.model, [floats.of[t] for t in taps])
        self._apart = engine.Model(tflite.write(apart))
        self._squares = np.zeros((2, 2, len(taps)))  # [network up to here, alone][signal, noise]

    def add(self, one):
        for opened in (self._quantised, self._real, self._apart):
            opened.reset()
        fill(self._quantised.inputs[0], one)
        given = {self._input: self._quantised.inputs[0].array.copy()}  # a run may overwrite it
        self._quantised.run()
        given.update(zip(self._seen, (t.array for t in self._quantised.outputs)))
        self._real.inputs[0].array[...] = real(self._input, one)
        for tensor, t in zip(self._apart.inputs, self._given):
            tensor.array[...] = meaning(t, given[t])
        for squares, opened in zip(self._squares, (self._real, self._apart)):
            opened.run()
            for i, (t, output) in enumerate(zip(self._taps, opened.outputs)):
                wanted = output.array.astype(np.float64)
                squares[:, i] += (wanted**2).sum(), ((meaning(t, given[t]) - wanted) ** 2).sum()

    def ratios(self) -> list[list[float | None]]:
        return [[_decibels(*pair) for pair in zip(signal.tolist(), noise.tolist())] for signal, noise in self._squares]


def _decibels(signal, noise):
    """None where there is no signal, or no noise but float32's own."""
    return 10 * float(np.log10(signal / noise)) if 0 < noise and signal < _FLOAT32 * noise and signal > 0 else None


def _open(model: Model, outputs) -> engine.Model:
    """The main graph with other outputs."""
    return engine.Model(tflite.write(Model([Graph(model.main.inputs, outputs, model.main.ops)])))


def meaning(t: Tensor, values: np.ndarray) -> np.ndarray:
    """The real numbers, float64, that a tensor's elements stand for."""
    return (values.astype(np.float64) - along(t, t.zero_points)) * along(t, t.scales) if t.scales.size else values


def real(t: Tensor, one: np.ndarray) -> np.ndarray:
    """An example as real numbers, from those or from the input's elements."""
    return one if one.dtype == np.float32 else meaning(t, one)


def fill(tensor: engine.Tensor, one: np.ndarray) -> None:
    """An example into a model's input; real values are quantised as on a board."""
    if one.dtype == np.float32:
        tensor.write_floats(one)
    else:
        tensor.array[...] = one
