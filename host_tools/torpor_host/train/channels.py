# SPDX-License-Identifier: MIT
"""Channel pruning: whole channels leave a network, and with them the work that they cost.

What belongs together goes together: a convolution's output, its batch normalisation, the depthwise layer behind it, the inputs of
the next one, both sides of a residual sum. torch-pruning finds these groups, by the gradients' graph (Fang et al. 2023, "DepGraph:
Towards Any Structural Pruning"): a small library of PyTorch and NumPy alone, which knows far more layers than would fit here.
"""

import copy
import warnings
from dataclasses import dataclass

import numpy as np
import torch
import torch_pruning
from torch import nn

from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent
from torpor_host.train.measure import macs

_STEPS = 7  # halvings of the share of channels
_MOST = 0.95  # of a layer's channels that may go: some must stay
_RANKING = torch_pruning.importance
IMPORTANCE = {  # Li et al. 2017, "Pruning Filters for Efficient ConvNets"; Liu et al. 2017, "Learning Efficient Convolutional Networks"
    "l1": lambda: _RANKING.GroupMagnitudeImportance(p=1), "l2": lambda: _RANKING.GroupMagnitudeImportance(p=2),
    "bn": _RANKING.BNScaleImportance}
_HINT = "keep more, or give layers free sizes: flatten(1) or a mean over the image in place of view(-1, 384)"


@dataclass(frozen=True)
class Pruned:
    """module: a plain, smaller copy. removed: by each layer's name, which of its output channels are gone. macs: of the copy."""

    module: nn.Module
    removed: dict[str, list[int]]
    macs: int


def prune(module: nn.Module, samples, keep: float, importance: str = "l2", progress: Silent = SILENT) -> Pruned:
    """Removes the least important channels of all layers, as few as leave at most `keep` of the multiply-accumulates.

    samples: inputs [n, ...], of which the first is run. keep: above 0, at most 1. importance: of IMPORTANCE: the norm of the weights
    that a channel has a part in, or the size of its factor in batch normalisation. What the network gives keeps all its channels.
    Raises ToolError for another importance, and if the network cannot become so small.
    """
    if importance not in IMPORTANCE:
        raise ToolError(f"There is no importance {importance}.", f"give one of {', '.join(IMPORTANCE)}")
    if not 0 < keep <= 1:
        raise ToolError(f"{keep} of the multiply-accumulates cannot be kept.", "give a share above 0, at most 1")
    limit = keep * macs(module, samples)
    low, high, best = 0.0, 1.0, None
    with progress.step(f"prune channels to {keep:.0%} of the multiply-accumulates") as tick:
        for step in range(_STEPS):
            tick(step, _STEPS)
            found = _pruned(module, samples, (low + high) / 2, importance)
            if found.macs <= limit:
                best, high = found, (low + high) / 2
            else:
                low = (low + high) / 2
    if best is None:
        raise ToolError(f"The network cannot do with {keep:.0%} of its multiply-accumulates.", _HINT)
    return best


def _pruned(module, samples, share, importance) -> Pruned:
    """Without this share of all channels."""
    module = copy.deepcopy(module).eval()
    example = torch.from_numpy(np.asarray(samples[:1], np.float32))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pruner = torch_pruning.pruner.BasePruner(
                module, example, IMPORTANCE[importance](), global_pruning=True, pruning_ratio=share, max_pruning_ratio=_MOST,
                ignored_layers=exposed(module, example))
            removed = _step(module, pruner)
            return Pruned(module, removed, macs(module, samples))
    except ToolError:
        raise ToolError("The network does not run without some of its channels.", _HINT) from None
    except Exception as error:  # the library's, on networks that it does not understand
        raise ToolError(f"The network's channels cannot be told apart: {type(error).__name__}.", _HINT) from None


def _step(module, pruner) -> dict[str, list[int]]:
    names, removed = {part: name for name, part in module.named_modules()}, {}
    for group in pruner.step(interactive=True):
        for dependency, places in group:
            if dependency.target.module in names and pruner.DG.is_out_channel_pruning_fn(dependency.handler):
                removed.setdefault(names[dependency.target.module], set()).update(places)
        group.prune()
    return {name: sorted(int(i) for i in places) for name, places in removed.items()}


def exposed(module: nn.Module, example: torch.Tensor) -> list[nn.Module]:
    """The layers whose output channels are, perhaps by way of others, those of the network."""
    graph = torch_pruning.DependencyGraph().build_dependency(module, example)
    found = []
    for part in module.modules():
        if isinstance(part, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            group = graph.get_pruning_group(part, graph.get_pruner_of_module(part).prune_out_channels, [0])
            ends = [at.target for at, _ in group if graph.is_out_channel_pruning_fn(at.handler) and not at.target.outputs]
            found += [part] if ends else []
    return found


def fit(module: nn.Module, state: dict[str, torch.Tensor]) -> None:
    """Makes the layers of a fresh network as small as those of a pruned one, whose state dict this is, and loads it.

    Raises RuntimeError, as torch does, for the state dict of another network.
    """
    for name, part in module.named_modules():
        for key, own in [*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)]:
            given = state.get(f"{name}.{key}" if name else key)
            if given is not None and given.ndim == own.ndim and all(a <= b for a, b in zip(given.shape, own.shape)):
                own.data = own.data.new_empty(given.shape)
        _resize(part)
    module.load_state_dict(state)


def _resize(part):
    """A layer's attributes, by its weights."""
    if isinstance(part, (nn.Conv1d, nn.Conv2d)):
        multiplier, depthwise = part.out_channels // part.in_channels, part.groups == part.in_channels > 1
        part.out_channels = len(part.weight)
        part.groups = part.out_channels // multiplier if depthwise else part.groups
        part.in_channels = part.weight.shape[1] * part.groups
    elif isinstance(part, nn.Linear):
        part.out_features, part.in_features = part.weight.shape
    elif isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)) and part.running_mean is not None:
        part.num_features = len(part.running_mean)
