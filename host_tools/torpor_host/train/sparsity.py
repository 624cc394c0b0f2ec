# SPDX-License-Identifier: MIT
"""Unstructured pruning: the smallest weights of a network become zero, wherever they are.

On a microcontroller that saves neither work nor flash: the engine multiplies by zeros as by anything else, and they lie in the file
as before. Only what is sent compressed gets smaller. What really shrinks a network is channels.py.
"""

import copy

import torch
from torch import nn
from torch.nn.utils import parametrize

from torpor_host.errors import ToolError


class _Mask(nn.Module):
    """Weights, some of them zero."""

    def __init__(self, kept: torch.Tensor):
        super().__init__()
        self.register_buffer("kept", kept)

    def forward(self, weights):
        return weights * self.kept


def prune(module: nn.Module, share: float) -> nn.Module:
    """A copy in which this share of all weights of its layers, the smallest in magnitude (Han et al. 2015, "Learning both Weights
    and Connections for Efficient Neural Networks"), is zero, and stays so in training until finish().

    share: above 0, below 1. Raises ToolError for another one.
    """
    if not 0 < share < 1:
        raise ToolError(f"{share} of the weights cannot be pruned.", "give a share above 0, below 1")
    module = copy.deepcopy(module)
    layers = _layers(module)
    if not layers:
        raise ToolError("The network has no layers with weights.", "give one of convolutions and linear layers")
    sizes = torch.cat([layer.weight.detach().abs().flatten() for layer in layers])
    least = torch.zeros_like(sizes, dtype=torch.bool)
    least[sizes.argsort()[: round(share * sizes.numel())]] = True
    for layer, zero in zip(layers, least.split([layer.weight.numel() for layer in layers])):
        parametrize.register_parametrization(layer, "weight", _Mask(~zero.reshape(layer.weight.shape)))
    return module


def finish(module: nn.Module) -> None:
    """Makes a pruned module a plain one: its zeros are weights like others."""
    for layer in _layers(module):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight")


def zeros(module: nn.Module) -> float:
    """The share of the layers' weights that are zero."""
    found = [layer.weight.detach() == 0 for layer in _layers(module)]
    return sum(int(one.sum()) for one in found) / sum(one.numel() for one in found)


def _layers(module):
    return [part for part in module.modules() if isinstance(part, (nn.Conv1d, nn.Conv2d, nn.Linear))]
