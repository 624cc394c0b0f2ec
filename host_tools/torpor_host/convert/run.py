# SPDX-License-Identifier: MIT
"""Converts a trained network into a `.tflite`, of integers or float, and says what became of it.

    result = convert(source.load("net.onnx", None, None), calibrate.read(...))
    result.data, result.method, result.trials
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from torpor_host import engine, files
from torpor_host.check import labelled
from torpor_host.convert import calibrate, integer, mixed, source as sources, tflite, unsupported
from torpor_host.convert.choose import Choice, Chooser, Judge, Trial
from torpor_host.convert.fold import fold
from torpor_host.convert.mixed import Mixed, Step
from torpor_host.convert.scheme import INT8, INT16
from torpor_host.convert.source import Source
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent

QUANTIZE = ("int8", "int16x8", "auto", "float")
ENDS = ("integer", "float")
_FEW_STEPS = 16  # between the least and the greatest value of a feature, that tell little of it


@dataclass(frozen=True)
class Wanted:
    """quantize: of QUANTIZE. float_ends: inputs and outputs stay float32. int4: weights of 4 bits where TFLM takes them.

    min_accuracy: that auto has to reach, above 0 and at most 1.
    """

    quantize: str = "int8"
    float_ends: bool = False
    int4: bool = False
    min_accuracy: float | None = None


@dataclass(frozen=True)
class Result:
    """data: the file. trials: on `samples`, see choose.py; accuracies there are 0 unless `labelled`. A float model has none.

    int16: names of layers that compute in int16 beside others in int8. steps, judged_on, real: of auto, see mixed.Mixed.
    """

    kind: str
    data: bytes
    wanted: Wanted
    samples: int = 0
    labelled: bool = False
    trials: tuple[Trial, ...] = ()
    int16: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)
    judged_on: int = 0
    real: float | None = None

    @property
    def method(self) -> str | None:
        """Of ranges.METHODS, the one that was kept."""
        return next((trial.name for trial in self.trials if trial.kept), None)


def convert_file(
    given: str, target: Path, data: Path | None = None, quantize: str = "int8", weights: Path | None = None,
    shape: tuple[int, ...] | None = None, ends: str = "integer", progress: Silent = SILENT, int4: bool = False,
    min_accuracy: float | None = None,
) -> Result:
    """Converts what `given` names into the file `target`, which is written whole or not at all.

    data: a .npz with inputs of the framework's shape. shape: of one input without the batch, where neither data nor model say it.
    Raises ToolError: bad data, a bad or unsupported model, a file that cannot be read or written.
    """
    wanted = _wanted(quantize, ends, int4, min_accuracy)
    if quantize != "float" and data is None:
        raise ToolError(f"Quantising to {quantize} needs data to calibrate with.",
                        "give --calibrate DATA.npz with some hundred inputs, or --quantize float")
    if not Path(target).parent.is_dir():
        raise ToolError(f"{target} cannot be written: there is no such folder.", "create it first")
    if shape is None and data is not None and ".py:" in given:
        shape = calibrate.sample_shape(data)
    with progress.step(f"read {given}"):
        source = sources.load(given, weights, shape)
    samples = None if quantize == "float" else source.stored(calibrate.read(data, source.inputs()))
    labels = None if samples is None else _labels(source, data, len(samples[0]), quantize == "auto")
    result = convert(source, samples, wanted, labels, progress)
    files.write(Path(target), result.data)
    return result


def _wanted(quantize, ends, int4, min_accuracy) -> Wanted:
    for value, known, option in ((quantize, QUANTIZE, "--quantize"), (ends, ENDS, "--ends")):
        if value not in known:
            raise ToolError(f"{option} {value} is not known.", f"give one of {', '.join(known)}")
    if int4 and quantize != "int8":
        raise ToolError("Weights of 4 bits go with activations of int8 only.", "give --quantize int8, or drop --int4")
    if (quantize == "auto") != (min_accuracy is not None):
        raise ToolError("--quantize auto and --min-accuracy belong together.", "give both, such as --quantize auto --min-accuracy 0.95")
    if min_accuracy is not None and not 0 < min_accuracy <= 1:
        raise ToolError(f"--min-accuracy {min_accuracy:g} is no share of right answers.", "give a number above 0 and at most 1, such as 0.95")
    return Wanted(quantize, ends == "float", int4, min_accuracy)


def _labels(source, path, count, needed):
    """int64[count], a class each; None if there are none, and none are needed."""
    y, size = calibrate.labels(path, source.inputs()), source.model.main.outputs[0].size
    if y is None and needed:
        raise ToolError(f"{path} has no labels: an accuracy is asked for.", "write it with numpy.savez(path, x=samples, y=labels)")
    try:
        return None if y is None else labelled.labels(path, y, count, max(size, 2))
    except ToolError:
        if needed:
            raise
        return None


def convert(
    source: Source, samples: list[np.ndarray] | None = None, wanted: Wanted = Wanted(), labels: np.ndarray | None = None,
    progress: Silent = SILENT,
) -> Result:
    """The model folded, and with samples (as Source.stored() gives them) quantised as wanted. labels: int64, a class for each sample.

    Raises ToolError for what int8 or int16, or the engine, cannot do, and for an accuracy that is not reached.
    """
    model, samples = source.model, None if wanted.quantize == "float" else samples
    if any(t.dtype in (np.int8, np.int16) for t in model.main.used()):
        raise ToolError("The model is quantised already.", "give the float model; `torpor optimize` makes this one smaller")
    fold(model)
    if samples is not None:
        integer.check(model, INT16 if wanted.quantize == "int16x8" else INT8)
    unsupported.check(model)
    if samples is None:
        return Result(source.kind, tflite.write(model), replace(wanted, quantize="float"))
    if wanted.quantize == "auto":
        return _mixed(source.kind, mixed.mixed(model, samples, labels, wanted.min_accuracy, wanted.float_ends, progress), wanted)
    some = calibrate.some(len(samples[0]))
    x, y = [array[some] for array in samples], None if labels is None else labels[some]
    chooser = Chooser(Judge(model, x, y), x, wanted.int4, wanted.float_ends)
    found = chooser.best(model, wanted.quantize == "int16x8", progress)
    _note_small_features(model, found, x, progress)
    return Result(source.kind, found.data, wanted, len(some), y is not None, found.trials)


def _note_small_features(model, found: Choice, samples, progress) -> None:
    """All features of an input have one scale, that of the largest."""
    for tensor, made, x in zip(model.main.inputs, _integers(found), samples, strict=True):
        spans = np.ptp(x.reshape(len(x), -1), axis=0) / made.scales[0] if len(tensor.shape) == 2 and made.scales.size else np.zeros(0)
        if few := int(((spans > 0) & (spans < _FEW_STEPS)).sum()):
            progress.note(f"{few} of {len(spans)} features of the input {tensor.name} take fewer than {_FEW_STEPS} steps of its integers, for others "
                          "are much larger: bring all to one size before the network, or give --quantize float")


def _integers(found: Choice):
    """The inputs of a quantised model as integers, behind the QUANTIZE of float ends."""
    graph = tflite.read(found.data).main
    behind = {op.inputs[0]: op.outputs[0] for op in graph.ops if op.name == "QUANTIZE"}
    return [t if t.scales.size else behind.get(t, t) for t in graph.inputs]


def _mixed(kind: str, found: Mixed, wanted: Wanted) -> Result:
    choice: Choice = found.choice
    return Result(kind, choice.data, wanted, found.calibrated_on, True, choice.trials, mixed.names(choice), found.steps, found.judged_on, found.real)


def sizes(text: str | None) -> tuple[int, ...] | None:
    """The shape in "1,28,28". Raises ToolError if it is none."""
    if text is None:
        return None
    found = tuple(int(n) for n in text.split(",") if n.strip().isdecimal())
    if len(found) != text.count(",") + 1 or 0 in found:
        raise ToolError(f"--shape {text} is no shape.", "give one input's without the batch, such as 1,28,28")
    return found


def summary(result: Result, target: Path) -> dict:
    """What `torpor convert --json` prints."""
    model = engine.Model(result.data)
    return {
        "file": str(target), "from": result.kind, "bytes": len(result.data), "macs": model.macs,
        "arena_bytes": model.arena_size + model.state_size, "ops": dict(Counter(model.ops)),
        "inputs": [_end(t) for t in model.inputs], "outputs": [_end(t) for t in model.outputs],
        "quantize": result.wanted.quantize, "int4": result.wanted.int4, "calibrated_on": result.samples, "method": result.method,
        "trials": [_trial(trial, result.labelled) for trial in result.trials], "int16": list(result.int16),
        "steps": [{"int16": list(step.int16), "accuracy": step.accuracy} for step in result.steps],
        "min_accuracy": result.wanted.min_accuracy, "judged_on": result.judged_on, "float_accuracy": result.real}


def _trial(trial, labelled):
    accuracy = trial.score.accuracy if labelled else None
    return {"name": trial.name, "snr_db": round(trial.score.snr_db, 2), "accuracy": accuracy, "kept": trial.kept}


def _end(tensor):
    return {"name": tensor.name, "dtype": tensor.dtype.name, "shape": list(tensor.shape), "scale": float(tensor.scale),
            "zero_point": int(tensor.zero_point)}
