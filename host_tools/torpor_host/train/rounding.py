# SPDX-License-Identifier: MIT
"""Fake quantisation: real numbers become what integers can say, and gradients pass as if they had not.

That is the straight-through estimator (Bengio et al. 2013, "Estimating or Propagating Gradients Through Stochastic Neurons for
Conditional Computation"). Ranges learn as thresholds do in Jain et al. 2020, "Trained Quantization Thresholds for Accurate and
Efficient Fixed-Point Inference of Deep Neural Networks": by the logarithm of what observing gave, so that a step is a share of it.
"""

import numpy as np
import torch
from torch import nn

_LOW, _HIGH = -128, 127


def nearest(x: torch.Tensor) -> torch.Tensor:
    """Rounded half to even; the gradient is 1. Infinite stays infinite."""
    return x + torch.where(x.isfinite(), x.round() - x, 0).detach()


class Grid:
    """What integers can say of weights: symmetric, with a scale for each index of `axis` or, at None, one.

    bits: 8 for -127..127, 4 for -7..7. scales: those that `convert` chose for the first values: the share of the largest weight that
    they reach stays, what is beyond saturates.
    """

    def __init__(self, values: torch.Tensor, axis: int | None, bits: int, scales: np.ndarray):
        self._others = [d for d in range(values.ndim) if d != axis]
        self._end = (1 << (bits - 1)) - 1
        chosen = torch.from_numpy(scales).reshape([-1 if d == axis else 1 for d in range(values.ndim)])
        self._share = (chosen / self._whole(values)).clamp_max(1)

    def over(self, values: torch.Tensor, reduce) -> torch.Tensor:
        """A number for each scale, of the values that it is for."""
        return reduce(values, self._others, keepdim=True)

    def rounded(self, values: torch.Tensor) -> torch.Tensor:
        """The gradient is 1."""
        with torch.no_grad():
            scale = self._whole(values) * self._share
            found = (values / scale).round().clamp(-self._end, self._end) * scale
        return values + (found - values).detach()

    def _whole(self, values):
        """Scales that reach the largest weights."""
        largest = self.over(values.detach().abs(), torch.amax)
        return torch.where(largest > 0, largest, 1) / self._end


class Range(nn.Module):
    """What int8 covers of an activation: from `low` to `high`, zero among it. stretch: of both, logarithms, which learn."""

    def __init__(self, low: float, high: float, learns: bool):
        super().__init__()
        self.register_buffer("observed", torch.tensor([low, high], dtype=torch.float64))
        self.stretch = nn.Parameter(torch.zeros(2), requires_grad=learns)

    def ends(self) -> torch.Tensor:
        """float64: low and high."""
        return self.observed * self.stretch.double().exp()

    def scale(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Scale and zero point, as convert/scheme.py computes them from the ends."""
        low, high = self.ends()
        scale = ((high - low) / 255).float()
        return scale, nearest(_LOW - low / scale).clamp(_LOW, _HIGH).float()


def activation(x: torch.Tensor, scale: torch.Tensor, zero: torch.Tensor) -> torch.Tensor:
    """x as int8 can say it. What saturates has no gradient, but its end of the range has."""
    return (torch.clamp(nearest(x / scale) + zero, _LOW, _HIGH) - zero) * scale
