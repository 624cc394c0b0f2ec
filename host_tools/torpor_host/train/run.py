# SPDX-License-Identifier: MIT
"""What `torpor train` does with a training script: each function trains, writes an int8 model, and gives the table before and after."""

import copy
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path

import torch

from torpor_host import files
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent
from torpor_host.train import channels, measure, quantisation, sparsity
from torpor_host.train.distillation import Distillation
from torpor_host.train.ends import source
from torpor_host.train.measure import Row
from torpor_host.train.script import Script

_QUANTISE_RATE, _PRUNE_RATE = {8: 0.1, 4: 1.0}, 1.0  # by the bits of weights; few steps need more learning
_REMARKS = {"channels": "", "weights": "Zeros save neither work nor flash; only the compressed file is smaller."}


@dataclass(frozen=True)
class Start:
    """Where a trained network comes from, and how long it is trained on.

    script: as script.Script takes it. weights: its state dict; without one the script trains it, but with `trained`, when make() returns it so.
    epochs: that it is trained on. rate: a factor on the script's learning rate then; None for 0.1 to quantise to
    8 bits, and 1 to quantise to 4 and to prune.
    """

    script: str
    weights: Path | None = None
    trained: bool = False
    epochs: int = 10
    rate: float | None = None


@dataclass(frozen=True)
class Result:
    """rows: before first, after last. remark: a sentence on them, or nothing."""

    rows: list[Row]
    remark: str = ""


def quantise(start: Start, target: Path, bits: int = 8, progress: Silent = SILENT) -> Result:
    """Quantisation-aware training. bits: of weights, 8 or 4. Writes the int8 model of the trained network to `target`.

    This and the others raise ToolError for a script that does not do what train/script.py says, options out of range, a network
    that cannot be converted, a file that cannot be written; then nothing is.
    """
    quantisation.check(bits)
    job = _Job(start.script, [target], progress)
    network = job.trained(start)
    before = job.row("before", network, bits)
    prepared = quantisation.prepare(network, job.samples, bits, progress)
    job.again(prepared, start, _QUANTISE_RATE[bits])
    data = prepared.tflite()
    after = measure.row("after", prepared, data, source(network, job.samples), job.script.evaluate)
    files.write(target, data)
    return Result([before, after])


def prune(
    start: Start, target: Path, what: str = "channels", keep: float = 0.5, importance: str = "l2", state: Path | None = None,
    progress: Silent = SILENT,
) -> Result:
    """Pruning of whole "channels" to this share of the multiply-accumulates, or of single "weights" to this share of them.

    importance: of channels.IMPORTANCE. state: where the pruned network's state dict goes, too.
    """
    if what not in _REMARKS:
        raise ToolError(f"{what} cannot be pruned.", f"give one of {', '.join(_REMARKS)}")
    job = _Job(start.script, [target, state], progress)
    network = job.trained(start)
    if what == "channels":
        pruned = channels.prune(network, job.samples, keep, importance, progress).module
    else:
        pruned = sparsity.prune(network, 1 - keep)
    rows = [job.row("before", network), job.row("pruned", pruned)]
    job.again(pruned, start, _PRUNE_RATE)
    sparsity.finish(pruned)
    rows.append(job.row("after", pruned))
    job.write(pruned, target, state)
    return Result(rows, _REMARKS[what])


def distil(
    script: str, target: Path, temperature: float = 4.0, alpha: float = 0.9, state: Path | None = None, progress: Silent = SILENT,
) -> Result:
    """Trains make() alone, and again from the same weights with what teacher() knows. state: where the student's state dict goes, too."""
    job = _Job(script, [target, state], progress)
    teacher, student = job.script.make("teacher"), job.script.make()
    loss, alone = Distillation(teacher, temperature, alpha), copy.deepcopy(student)
    with progress.step("train the student alone"):
        job.script.train(alone)
    with progress.step("train the student with the teacher"):
        job.script.train(student, loss=loss)
    rows = [job.row("teacher", teacher), job.row("student alone", alone), job.row("student taught", student)]
    job.write(student, target, state)
    return Result(rows)


def summary(result: Result, target: Path) -> dict:
    """What the commands print with --json."""
    return {"file": str(target), "rows": [dataclasses.asdict(row) for row in result.rows], "remark": result.remark}


class _Job:
    """A script, its calibration data, and the steps that all commands share."""

    def __init__(self, script, targets, progress):
        for path in filter(None, targets):
            if not Path(path).parent.is_dir():
                raise ToolError(f"{path} cannot be written: there is no such folder.", "create it first")
        self.script, self._progress = Script(script), progress
        self.samples = self.script.data()

    def trained(self, start: Start):
        if start.epochs < 0 or not (start.rate is None or 0 < start.rate < float("inf")):
            raise ToolError(f"{start.epochs} epochs at a rate of {start.rate} are no training.", "give epochs of at least 0 and a rate above 0")
        if start.weights is not None:
            return self.script.load(start.weights).eval()
        network = self.script.make()
        if not start.trained:
            with self._progress.step("train the network"):
                self.script.train(network)
        return network.eval()

    def again(self, module, start: Start, rate):
        """Trains a module on, if it is to be. rate: where `start` has none."""
        if start.epochs:
            with self._progress.step(f"train on for {start.epochs} epochs"):
                self.script.train(module, epochs=start.epochs, rate=rate if start.rate is None else start.rate)

    def row(self, name, module, bits=8) -> Row:
        """A network, and the int8 model that `convert` makes of it. bits: of its weights."""
        with self._progress.step(f"convert and evaluate: {name}"):
            data = measure.converted(module, self.samples, bits)
            return measure.row(name, module, data, source(module, self.samples), self.script.evaluate)

    def write(self, module, target, state):
        """The int8 model of a network and, if wanted, its state dict."""
        data = measure.converted(module, self.samples)
        if state:
            room = io.BytesIO()
            torch.save(module.state_dict(), room)
            files.write(state, room.getvalue())
        files.write(target, data)
