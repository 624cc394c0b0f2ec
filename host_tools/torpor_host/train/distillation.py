# SPDX-License-Identifier: MIT
"""Knowledge distillation: a small network learns what a larger one thinks of every class, not only which one is right."""

import torch
from torch import nn
from torch.nn import functional as F

from torpor_host.errors import ToolError


class Distillation:
    """A loss for the student: loss(x, scores, labels) -> a tensor of one number.

    alpha T^2 KL(softmax(teacher(x) / T) || softmax(scores / T)) + (1 - alpha) cross_entropy(scores, labels), means over the batch
    (Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network"; T^2 keeps the gradients' size).

    teacher: a trained module, which gives logits [n, classes] as the student does; it runs in evaluation mode, without gradients.
    temperature: above 0. alpha: the teacher's part, 0 to 1. Raises ToolError for others, and for a loss that is not finite.
    """

    def __init__(self, teacher: nn.Module, temperature: float = 4.0, alpha: float = 0.9):
        if not temperature > 0:
            raise ToolError(f"A temperature of {temperature} softens nothing.", "give one above 0, such as 4")
        if not 0 <= alpha <= 1:
            raise ToolError(f"The teacher cannot have {alpha} of the loss.", "give alpha from 0 to 1, such as 0.9")
        self._teacher, self._temperature, self._alpha = teacher, temperature, alpha

    def __call__(self, x: torch.Tensor, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            taught = self._teacher.eval()(x).detach()
        if taught.shape != scores.shape:
            raise ToolError(f"The teacher gives {list(taught.shape[1:])} scores, the student {list(scores.shape[1:])}.",
                            "let both give one logit for each class")
        soft = F.kl_div((scores / self._temperature).log_softmax(1), (taught / self._temperature).log_softmax(1),
                        reduction="batchmean", log_target=True) * self._temperature**2
        loss = self._alpha * soft + (1 - self._alpha) * F.cross_entropy(scores, labels)
        if not loss.isfinite():
            raise ToolError("The loss is not finite.", "lower the learning rate, or look for NaN in the data and the teacher's scores")
        return loss
