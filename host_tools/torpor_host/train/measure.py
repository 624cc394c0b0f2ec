# SPDX-License-Identifier: MIT
"""What a network is worth and costs: the numbers of one row of a table before and after."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import nn

from torpor_host import engine
from torpor_host.convert import run
from torpor_host.convert.source import Source
from torpor_host.train.ends import Deployed, source


@dataclass(frozen=True)
class Row:
    """float_accuracy: of the module in PyTorch. accuracy: of the int8 model on the engine, whose answers are TFLM's. bytes: its
    file; zipped: the same compressed (DEFLATE). macs: multiply-accumulates of an inference, as the engine counts them.
    """

    name: str
    float_accuracy: float
    accuracy: float
    bytes: int
    zipped: int
    macs: int


def macs(module: nn.Module, samples) -> int:
    """Multiply-accumulates of one inference. samples: inputs [n, ...], for their shape."""
    return engine.Model(run.convert(source(module, samples)).data).macs


def converted(module: nn.Module, samples, bits: int = 8) -> bytes:
    """The int8 model that `convert` makes of a module, quantised after training on samples [n, ...]. bits: of weights, 8 or 4."""
    made = source(module, samples)
    return run.convert(made, made.stored([np.asarray(samples, np.float32)]), run.Wanted(int4=bits == 4)).data


def row(name: str, module: nn.Module, data: bytes, made: Source, evaluate: Callable[[nn.Module], float]) -> Row:
    """module: as it was trained. data: its int8 model. made: what source() made of it. evaluate: gives the accuracy of a module."""
    return Row(name, evaluate(module), evaluate(Deployed(data, made)), len(data), len(zlib.compress(data, 9)), engine.Model(data).macs)
