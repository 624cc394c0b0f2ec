# SPDX-License-Identifier: MIT
"""`--quantize auto`: int8 where it will do, and int16 in as few layers as reach an accuracy.

Half of the labelled examples calibrate, and tell how sensitive each tensor is: by how much the outputs' signal-to-noise grows
if all operators that write or read it compute in int16. The most sensitive ones are widened first, until the accuracy on the
other half is reached; then those that turn out not to be needed are narrowed again.
"""

from dataclasses import dataclass, replace

import numpy as np

from torpor_host.convert.calibrate import some
from torpor_host.convert.choose import Choice, Chooser, Judge
from torpor_host.convert.graph import Model, Op
from torpor_host.convert.scales import Scales
from torpor_host.convert.scheme import INT8, INT16
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent

LEAST = 20  # examples: with fewer, neither half says anything
MOST_JUDGED = 1000
_SEED = 7
_RANKED_ON = 100  # samples


@dataclass(frozen=True)
class Step:
    """int16: layers that computed in int16. accuracy: on the examples that judge."""

    int16: tuple[str, ...]
    accuracy: float


@dataclass(frozen=True)
class Mixed:
    """judged_on: examples. real: the accuracy of the float network. steps: in the order in which they were tried."""

    choice: Choice
    calibrated_on: int
    judged_on: int
    real: float
    steps: list[Step]


def split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of two halves without common elements: at most calibrate.MOST to calibrate with, and MOST_JUDGED to judge by.

    Each class is divided, as far as it can be. Raises ToolError for fewer than LEAST examples.
    """
    if len(labels) < LEAST:
        raise ToolError(f"{len(labels)} labelled examples are too few: half of them calibrate, and half judge.",
                        "give some hundred, and no fewer than 20")
    order = np.random.default_rng(_SEED).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]  # class by class, shuffled within
    halves = order[::2], order[1::2]
    return halves[0][some(len(halves[0]))], halves[1][some(len(halves[1]), MOST_JUDGED)]


class Search:
    """For the smallest set of operators in int16. chooser: on the half that calibrates."""

    def __init__(self, best: Choice, judge: Judge, least: float, chooser: Chooser):
        self._best, self._judge, self._least, self._chooser = best, judge, least, chooser
        self._steps: list[Step] = []

    def run(self, progress: Silent = SILENT) -> tuple[Choice, list[Step]]:
        """Raises ToolError if not even int16 everywhere reaches the accuracy."""
        found = self._try(frozenset())
        if found is None:
            groups = self._groups()
            everywhere = frozenset().union(*groups)
            if self._try(everywhere) is None:
                raise self._unreached()
            found = self._widen(self._ranked(groups, progress), progress)
        return found, self._steps

    def _groups(self) -> list[frozenset[Op]]:
        """For each scale, the operators that write or read tensors of it and that TFLM has in int16."""
        graph, found = self._best.model.main, []
        for tensors in Scales(self._best.model, INT8, self._best.plan.ranges[INT8]).groups():
            ops = frozenset(op for op in graph.ops if any(t in tensors for t in (*op.reads(), *op.outputs)) and INT16.has(op))
            found += [ops] if ops and ops not in found else []
        return found

    def _ranked(self, groups, progress):
        """Groups, the most sensitive one first."""
        scores = {}
        with progress.step(f"measure the sensitivity of {len(groups)} tensors") as tick:
            for i, ops in enumerate(groups):
                tick(i, len(groups))
                scores[ops] = self._made(ops).score.snr_db
        return sorted(groups, key=scores.get, reverse=True)

    def _widen(self, ranked, progress):
        """Adds group by group until the accuracy is reached, then drops those without which it stays reached."""
        wide: list[frozenset[Op]] = []
        with progress.step("widen layers") as tick:
            for i, ops in enumerate(ranked):
                tick(i, len(ranked))
                if ops <= frozenset().union(*wide):
                    continue
                wide.append(ops)
                if found := self._try(frozenset().union(*wide)):
                    break
            for ops in wide[-2::-1]:
                fewer = [other for other in wide if other is not ops]
                if less := self._try(frozenset().union(*fewer)):
                    found, wide = less, fewer
        return found

    def _made(self, wide):
        return self._chooser.made(self._best.model, replace(self._best.plan, wide=wide))

    def _try(self, wide):
        """The model, if it reaches the accuracy; else None."""
        choice = replace(self._made(wide), trials=self._best.trials)
        accuracy = self._judge.score(choice.data).accuracy
        self._steps.append(Step(names(choice), accuracy))
        return choice if accuracy >= self._least else None

    def _unreached(self):
        first, last = self._steps
        return ToolError(
            f"An accuracy of {self._least:g} is not reached: int8 reaches {first.accuracy:.4g}, int16 in {len(last.int16)} layers "
            f"{last.accuracy:.4g}, the float network {self._judge.real:.4g}.", "ask for less, or train the network further")


def names(choice: Choice) -> tuple[str, ...]:
    """Of the layers that compute in int16, by the tensor that each writes."""
    return tuple(f"{op.outputs[0].name} ({op.name})" for op in choice.model.main.ops if op in choice.plan.wide)


def mixed(
    model: Model, samples: list[np.ndarray], labels: np.ndarray, least: float, float_ends: bool = False, progress: Silent = SILENT,
) -> Mixed:
    """The smallest model found whose accuracy is `least` or more."""
    halves = split(labels)
    (x, y), (judging, truth) = ([[array[half] for array in samples], labels[half]] for half in halves)
    judge = Judge(model, judging, truth)
    best = Chooser(Judge(model, x, y), x, False, float_ends).best(model, progress=progress)
    few = [array[:: -(-len(array) // _RANKED_ON)] for array in x]
    chosen, steps = Search(best, judge, least, Chooser(Judge(model, few), few, False, float_ends)).run(progress)
    return Mixed(chosen, len(y), len(truth), judge.real, steps)
