# SPDX-License-Identifier: MIT
"""How often a classifier is right on labelled data: as it runs on a board, and as the real numbers that it means."""

import contextlib
import json
from dataclasses import dataclass, field

import numpy as np

from torpor_host import engine
from torpor_host.check import noise
from torpor_host.check.floats import Floats
from torpor_host.check.labelled import Labelled
from torpor_host.convert import tflite
from torpor_host.convert.graph import Model
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent

DEQUANTISED = "dequantised"
_ABOUT = "torpor"
_HALF = 0.5


@dataclass(frozen=True)
class Accuracy:
    """model, float: shares of right answers, 0 to 1; None if there is no float network, and `reason` says why.

    float_from: the file of the float network, or DEQUANTISED: what the model's own integers stand for.
    confusion: [class][answer], counts. names: of the classes, empty if the model does not tell them. layers: empty if there is no dequantised network.
    """

    samples: int
    model: float
    float: float | None
    float_from: str | None
    confusion: np.ndarray
    layers: list[noise.Layer]
    names: list[str] = field(default_factory=list)
    reason: str = ""


def measure(data: bytes, labelled: Labelled, twin: tuple[str, bytes] | None = None, progress: Silent = SILENT) -> Accuracy:
    """Runs all examples. twin: name and file of the float network that the model was made from, if it is at hand.

    Raises ToolError if a model cannot be run, or waits for more than an example.
    """
    model = tflite.read(data)
    answers = _answers(data, labelled.x, "the model", progress)
    confusion = np.zeros((labelled.classes, labelled.classes), np.int64)
    np.add.at(confusion, (labelled.y, answers), 1)
    floats, layers, reason = None, [], ""
    try:
        floats = _dequantised(model)
        layers = noise.layers(model, floats, labelled.x, progress) if floats else []
        name, file = twin or ((DEQUANTISED, tflite.write(floats.model)) if floats else (None, b""))
    except ToolError as error:
        (name, file), reason = twin or (None, b""), f"No network over real numbers was made of it: {error}"
    x = noise.real(model.main.inputs[0], labelled.x)
    right = _share(_answers(file, x, f"the float network ({name})", progress), labelled.y) if name else None
    return Accuracy(len(answers), _share(answers, labelled.y), right, name, confusion, layers, _names(model), reason)


def _dequantised(model: Model) -> Floats | None:
    """None if there is nothing to dequantise."""
    return Floats(model) if any(t.scales.size for t in model.main.used()) else None


def _names(model: Model) -> list[str]:
    """Labels, from the entry that lib/torpor/model.py reads."""
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return [str(name) for name in json.loads(dict(model.metadata)[_ABOUT])["labels"]]
    return []


def _share(answers, labels) -> float:
    return float(np.mean(answers == labels))


def _answers(data, x, who, progress) -> np.ndarray:
    """The class that a model gives for each example, int64[n]. Of equal ones the first."""
    opened = engine.Model(data)
    answers = np.zeros(len(x), np.int64)
    with progress.step(f"run {who} on {len(x)} examples") as tick:
        for i, one in enumerate(x):
            tick(i, len(x))
            answers[i] = _answer(opened, one)
    return answers


def _answer(opened: engine.Model, one) -> int:
    opened.reset()
    noise.fill(opened.inputs[0], one.reshape(opened.inputs[0].shape))
    if not opened.run():
        raise ToolError("The model waits for more than one example before it answers.", "leave --data away")
    return answer(opened.outputs[0].read_floats())


def answer(output: np.ndarray) -> int:
    """The class that the real values of a first output mean; of equal ones the first. A single value of 0.5 or more is class 1."""
    return int(output.argmax()) if output.size > 1 else int(output.ravel()[0] >= _HALF)


def summary(found: Accuracy) -> dict:
    """As JSON has it."""
    worst = noise.least(found.layers)
    return {
        "samples": found.samples, "model": found.model, "float": found.float, "float_from": found.float_from,
        "confusion": found.confusion.tolist(), "layers": [vars(layer) for layer in found.layers],
        "worst_layer": worst and worst.index}


def check_twin(twin: Model, model: Model, name: str) -> None:
    """Raises ToolError if a float network takes or gives another number of elements than the model."""
    ends = [[t.size for t in (*m.main.inputs, *m.main.outputs[:1])] for m in (twin, model)]
    if ends[0] != ends[1]:
        raise ToolError(f"{name} takes and gives {ends[0]} elements, the model {ends[1]}.",
                        "give the float network that the model was made from")
    if any(t.scales.size or t.dtype != np.float32 for t in (*twin.main.inputs, *twin.main.outputs[:1])):
        raise ToolError(f"{name} is not a float network: its input or output is not float32.", "give it before quantisation")
