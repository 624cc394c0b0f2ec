# SPDX-License-Identifier: MIT
"""Tries what may make a quantised model better, and keeps what does on the data."""

from dataclasses import dataclass, replace

import numpy as np

from torpor_host import engine
from torpor_host.check.accuracy import answer
from torpor_host.convert import calibrate, correct, ranges, tflite
from torpor_host.convert.equalise import equalise
from torpor_host.convert.graph import Model
from torpor_host.convert.integer import quantise
from torpor_host.convert.scheme import INT8, INT16, Plan
from torpor_host.progress import SILENT, Silent

EQUALISED, CORRECTED = "cross-layer equalisation", "bias correction"
_FEW = 100  # samples that tell the means of activations, and whether equalising is worth a calibration
_WHOLE = "min-max"  # int16 has steps enough for the whole range


@dataclass(frozen=True, order=True)
class Score:
    """accuracy: share of right answers; 0 if nothing is labelled. snr_db: of the outputs, see signal_to_noise()."""

    accuracy: float
    snr_db: float


@dataclass(frozen=True)
class Trial:
    """name: of ranges.METHODS, EQUALISED or CORRECTED; the latter two come on top of what was kept before."""

    name: str
    score: Score
    kept: bool


@dataclass(frozen=True)
class Choice:
    """model: the float graph that was kept, and the plan for it. data: the file."""

    model: Model
    plan: Plan
    data: bytes
    score: Score
    trials: tuple[Trial, ...] = ()


class Judge:
    """Holds quantised models against the float model on samples, as Source.stored() gives them, and on labels, int64[n], if there are."""

    def __init__(self, model: Model, samples: list[np.ndarray], labels: np.ndarray | None = None):
        self._samples, self._labels = samples, labels
        self._wanted = outputs(tflite.write(model), samples)
        self.real = self._score(self._wanted).accuracy

    def score(self, data: bytes) -> Score:
        return self._score(outputs(data, self._samples))

    def _score(self, got):
        right = 0.0 if self._labels is None else float(np.mean([answer(y) == label for y, label in zip(got[0], self._labels)]))
        return Score(right, signal_to_noise(self._wanted, got))


class Chooser:
    """Of one float model, for one set of data. int4: see Plan. float_ends: see quantise()."""

    def __init__(self, judge: Judge, samples: list[np.ndarray], int4: bool, float_ends: bool):
        self._judge, self._samples, self._int4, self._float_ends = judge, samples, int4, float_ends
        self._few = [array[calibrate.some(len(array), _FEW)] for array in samples]

    def made(self, model: Model, plan: Plan) -> Choice:
        data = tflite.write(quantise(model, plan, self._float_ends))
        return Choice(model, plan, data, self._judge.score(data))

    def best(self, model: Model, wide: bool = False, progress: Silent = SILENT) -> Choice:
        """Ranges first; then the network equalised, and its biases corrected, are kept if they score better.

        wide: all operators compute in int16.
        """
        seen = calibrate.observe(model, self._samples, progress)
        names = [_WHOLE] if wide else list(ranges.METHODS)
        with progress.step("choose ranges, weights and biases") as tick:
            tried = {}
            for i, name in enumerate(names):
                tick(i, len(names) + 2)
                tried[name] = self.made(model, self._plan(model, seen, name, wide))
            name = max(tried, key=lambda name: tried[name].score)
            trials = [Trial(each, choice.score, each == name) for each, choice in tried.items()]
            best = self._equalised(tried[name], name, wide, trials)
            tick(len(names) + 1, len(names) + 2)
            best = self._corrected(best, trials)
        return replace(best, trials=tuple(trials))

    def _plan(self, model, seen, name, wide):
        found = {INT8: {t: ranges.METHODS[name](at) for t, at in seen.items()}, INT16: {t: ranges.whole(at) for t, at in seen.items()}}
        return Plan(found, frozenset(model.main.ops if wide else ()), self._int4)

    def _equalised(self, best, name, wide, trials):
        model = tflite.read(tflite.write(best.model))
        if equalise(model) == 0:
            return best
        for samples in (self._few, self._samples):
            other = self.made(model, self._plan(model, calibrate.observe(model, samples), name, wide))
            if other.score <= best.score:
                break
        return _better(best, other, EQUALISED, trials)

    def _corrected(self, best, trials):
        found = correct.biases(best.model, best.plan, self._few)
        return _better(best, self.made(best.model, replace(best.plan, biases=found)), CORRECTED, trials) if found else best


def _better(best, other, name, trials):
    kept = other.score > best.score
    trials.append(Trial(name, other.score, kept))
    return other if kept else best


def outputs(data: bytes, samples: list[np.ndarray]) -> list[np.ndarray]:
    """The real values of each output, [samples, ...]."""
    model, rows = engine.Model(data), []
    for row in zip(*samples):
        calibrate.run(model, row)
        rows.append([t.read_floats() if t.scale else t.array.astype(np.float32) for t in model.outputs])
    return [np.stack(output) for output in zip(*rows)]


def signal_to_noise(wanted: list[np.ndarray], got: list[np.ndarray]) -> float:
    """In dB, over all outputs, each as important as its own power; 200 at most."""
    pairs = [(np.square(w, dtype=np.float64).mean(), np.square(w - g, dtype=np.float64).mean()) for w, g in zip(wanted, got)]
    noise = np.mean([n / max(s, 1e-30) for s, n in pairs])
    return float(-10 * np.log10(max(noise, 1e-20)))
