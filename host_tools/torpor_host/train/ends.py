# SPDX-License-Identifier: MIT
"""Between a PyTorch module's tensors and those of the model that was made of it: channels first here, last there."""

import copy

import numpy as np
import torch
from torch import nn

from torpor_host import engine
from torpor_host.convert import calibrate, pytorch
from torpor_host.convert.source import Source


def source(module: nn.Module, samples) -> Source:
    """A module, which stays as it is, by the front end of `convert`. samples: inputs [n, ...], for their shape."""
    return pytorch.of_module(copy.deepcopy(module), None, tuple(samples.shape[1:]))


class Ends:
    """The inputs and outputs of a module, by what source() made of it."""

    def __init__(self, made: Source):
        self._source = made

    def stored(self, inputs) -> list[torch.Tensor]:
        """Inputs [n, ...] of the module's shapes as the model takes them, each [n, 1, ...]."""
        return [torch.from_numpy(x) for x in self._source.stored([np.asarray(x.detach(), np.float32) for x in inputs])]

    def given(self, outputs):
        """Outputs [n, 1, ...] of the model as the module gives them: one tensor, or a tuple."""
        found = tuple(self._given(y) for y in outputs)
        return found if len(found) > 1 else found[0]

    @staticmethod
    def _given(y):
        y = y.flatten(0, 1)
        return y.permute(0, 3, 1, 2) if y.ndim == 4 else y


class Deployed(nn.Module):
    """A model on the engine, as a module: it takes and gives what the module did that it was made of, in real numbers.

    data: the .tflite. made: what source() made of the module.
    """

    def __init__(self, data: bytes, made: Source):
        super().__init__()
        self._model, self._ends = engine.Model(data), Ends(made)

    def forward(self, *inputs):
        rows = []
        for row in zip(*(x.numpy() for x in self._ends.stored(inputs))):
            calibrate.run(self._model, row)
            rows.append([y.read_floats() if y.dtype == np.int8 else y.array.copy() for y in self._model.outputs])
        return self._ends.given([torch.from_numpy(np.stack(y)) for y in zip(*rows)])
