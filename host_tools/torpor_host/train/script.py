# SPDX-License-Identifier: MIT
"""The user's training script: a Python file of a few functions, each checked when it returns.

    make() -> nn.Module               a fresh network; script.py:other calls other() in its place
    teacher() -> nn.Module            for distillation: a larger network, trained
    train(module, ...) -> None        trains it in place; called as train(module) for a fresh one, and with `epochs` and `rate`, a
                                      factor on its learning rate, for a trained one, or with `loss`, of (x, scores, labels)
    evaluate(module) -> float         its accuracy on held-out data, 0 to 1
    data() -> array or tensor         some hundred inputs [n, ...], to calibrate with
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from torpor_host.convert import pytorch
from torpor_host.errors import ToolError
from torpor_host.train import channels
from torpor_host.userfile import UserFile

_USES = "a training script has make(), train(module, ...), evaluate(module) and data(); see train/README.md"


class Script:
    """The script that `given` names, run: script.py, or script.py:function with another function than make.

    Every method raises ToolError if the script's function is not there, raises, or gives no such thing.
    """

    def __init__(self, given: str):
        path, colon, name = given.rpartition(":") if ".py:" in given else (given, "", "")
        self._file, self._make = UserFile(Path(path), _USES), name if colon else "make"

    def make(self, name: str | None = None) -> nn.Module:
        """What its function of no arguments returns, on the CPU; by default a fresh network."""
        name = name or self._make
        made = self._file.call(name)
        if not isinstance(made, nn.Module):
            raise ToolError(f"{self._file.path}: {name} returns a {type(made).__name__}.", "return a torch.nn.Module")
        return made.cpu()

    def load(self, weights: Path) -> nn.Module:
        """A network with the weights of a state dict, of a pruned network too."""
        module, state = self.make(), pytorch.state_dict(weights)
        try:
            channels.fit(module, state)
        except RuntimeError:
            raise ToolError(f"{weights} is the state dict of another network.", "give the weights of what make() returns") from None
        return module

    def train(self, module: nn.Module, **options) -> None:
        """options: epochs, rate, loss; only what is not the script's to choose."""
        self._file.call("train", module.train(), **options)
        module.eval()
        numbers = [t for t in (*module.parameters(), *module.buffers()) if t.is_floating_point()]
        if not all(t.isfinite().all() for t in numbers):
            raise ToolError(f"{self._file.path}: train leaves weights that are not finite.", "lower the learning rate, or look for NaN in the data")

    def evaluate(self, module: nn.Module) -> float:
        with torch.no_grad():
            found = self._file.call("evaluate", module.eval())
        try:
            accuracy = float(found)
        except (TypeError, ValueError, RuntimeError):
            accuracy = np.nan
        if not 0 <= accuracy <= 1:
            raise ToolError(f"{self._file.path}: evaluate returns {_brief(found)}.", "return the share of right answers, 0 to 1")
        return accuracy

    def data(self) -> np.ndarray:
        """float32 [n, ...]."""
        found = self._file.call("data")
        try:
            x = np.asarray(found.detach().cpu() if isinstance(found, torch.Tensor) else found, np.float32)
        except (TypeError, ValueError):
            x = np.zeros(())
        if x.ndim < 2 or len(x) == 0 or not np.isfinite(x).all():
            raise ToolError(f"{self._file.path}: data returns {_brief(found)}.", "return some hundred inputs [n, ...], all finite")
        return x


def _brief(found):
    if isinstance(found, (np.ndarray, torch.Tensor)) and found.ndim:
        return f"{'x'.join(map(str, found.shape))} numbers" + ("" if np.isfinite(np.asarray(found)).all() else ", not all finite")
    return f"{found}"[:60] if isinstance(found, (int, float, np.ndarray, np.number, torch.Tensor)) else f"a {type(found).__name__}"
