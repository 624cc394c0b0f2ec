# SPDX-License-Identifier: MIT
"""Whether the engine gives what the official interpreter gives, bit for bit, on random and extreme inputs, run after run."""

import contextlib
from dataclasses import dataclass

import numpy as np

from torpor_host import engine
from torpor_host.convert import tflite
from torpor_host.errors import ToolError
from torpor_host.optimize.check import official, test_inputs
from torpor_host.progress import SILENT, Silent

RUNS = 40


@dataclass(frozen=True)
class Exactness:
    """bit_exact: of all runs; None if nothing could be compared, and `reason` says why.

    runs: in which both answered. difference: the largest of two outputs' elements, in what they mean; floats differ by
    their last bits.
    """

    bit_exact: bool | None
    runs: int = 0
    difference: float = 0.0
    reason: str = ""


def compare(data: bytes, progress: Silent = SILENT, runs: int = RUNS) -> Exactness:
    """Gives both the same inputs in the same order, so that what they remember counts as well.

    Raises ToolError if the engine cannot run the model.
    """
    model = tflite.read(data)
    ours = engine.Model(data)
    try:
        theirs = official(data)
    except ToolError as error:
        return Exactness(None, reason=str(error))
    equal, answered, difference = True, 0, 0.0
    with progress.step(f"compare {runs} runs with the official interpreter") as tick:
        for i, inputs in enumerate(test_inputs(model.main.inputs, runs)):
            tick(i, runs)
            wanted, got = _answer(theirs, inputs), _answer(lambda x: ours(*x), inputs)
            if wanted is None or got is None:
                equal &= wanted is got
                continue
            answered += 1
            equal &= all(a.tobytes() == b.tobytes() for a, b in zip(wanted, got, strict=True))
            difference = max(difference, *map(_difference, ours.outputs, wanted, got))
    if not answered:
        return Exactness(None, reason="The model gives no answer to any of these inputs.")
    return Exactness(equal, answered, difference)


def _answer(run, inputs) -> list[np.ndarray] | None:
    """The outputs; None if there are none: it fails at these inputs, or waits for more."""
    with contextlib.suppress(RuntimeError, ToolError):
        return run(inputs)
    return None


def _difference(tensor, wanted, got) -> float:
    with np.errstate(invalid="ignore"):  # infinity less itself
        apart = np.abs(wanted.astype(np.float64) - got.astype(np.float64)) * (tensor.scale or 1.0)
    return float(np.nanmax(apart, initial=0.0))
