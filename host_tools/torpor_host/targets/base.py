# SPDX-License-Identifier: MIT
"""What every target gives back: an inference, a measurement, or an error of the engine that ran there."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Output:
    """One output tensor. data: raw values, in the model's dtype and shape. scale: 0 if not quantised."""

    name: str
    data: np.ndarray
    scale: float = 0.0
    zero_point: int = 0

    def real(self) -> np.ndarray:
        """The values as real numbers, float64."""
        return (self.data.astype(np.float64) - self.zero_point) * (self.scale or 1.0)


@dataclass(frozen=True)
class Inference:
    """engine: tflm.ENGINE. arena_bytes: all memory the model needs besides its file (arena + state)."""

    engine: str
    arena_bytes: int
    outputs: list[Output]


@dataclass(frozen=True)
class Measurement:
    """Cost of one model on one target; None where the target cannot tell.

    instructions, setup_instructions, predict_instructions: of run(), of opening with verification, of
    predict() from floats to floats. ops: (name, instructions) of each operator, in the order of a run. time_us: median of run(). stack_bytes: high water in run().
    code_bytes: the engine's code and constants in the image.
    """

    engine: str
    arena_bytes: int
    macs: int
    instructions: int | None = None
    setup_instructions: int | None = None
    predict_instructions: int | None = None
    ops: list[tuple[str, int]] | None = None
    stack_bytes: int | None = None
    code_bytes: int | None = None
    time_us: float | None = None


class Target(Protocol):
    """A place where a model can run. Both methods raise ToolError if the model or the place is not fit."""

    name: str

    def infer(self, model: bytes, inputs: list[np.ndarray]) -> Inference:
        """Runs the verified model once; inputs: one array for each input tensor, of its dtype and size."""

    def bench(self, model: bytes, inputs: list[np.ndarray]) -> Measurement:
        """Measures opening, running and predicting."""
