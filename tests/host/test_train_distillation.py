# SPDX-License-Identifier: MIT
"""The loss of knowledge distillation, against its formula in NumPy."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
from torpor_host.errors import ToolError  # noqa: E402
from torpor_host.train.distillation import Distillation  # noqa: E402

nn = torch.nn


class Fixed(nn.Module):
    """Gives the same scores for everything."""

    def __init__(self, scores):
        super().__init__()
        self.scores = nn.Parameter(torch.tensor(scores, dtype=torch.float32))

    def forward(self, x):
        assert not self.training and not torch.is_grad_enabled()
        return self.scores.expand(len(x), *self.scores.shape[-1:]) if self.scores.ndim == 1 else self.scores


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("temperature, alpha", [(1.0, 0.5), (4.0, 0.9), (0.5, 0.0), (8.0, 1.0)])
def test_the_loss_and_its_gradient(temperature, alpha):
    rng = np.random.default_rng(0)
    taught, scores, labels = rng.normal(size=(6, 5)) * 3, rng.normal(size=(6, 5)) * 3, rng.integers(0, 5, 6)
    teacher, given = Fixed(taught).train(), torch.tensor(scores, dtype=torch.float32, requires_grad=True)
    loss = Distillation(teacher, temperature, alpha)(torch.zeros(6, 1), given, torch.from_numpy(labels))
    p, q, one = softmax(taught / temperature), softmax(scores / temperature), np.eye(5)[labels]
    soft = (p * np.log(p / q)).sum(1).mean() * temperature**2
    hard = -np.log(softmax(scores)[np.arange(6), labels]).mean()
    assert loss.item() == pytest.approx(alpha * soft + (1 - alpha) * hard, rel=1e-5)
    loss.backward()
    gradient = (alpha * temperature * (q - p) + (1 - alpha) * (softmax(scores) - one)) / 6
    np.testing.assert_allclose(given.grad, gradient, atol=1e-5)
    assert teacher.scores.grad is None


@pytest.mark.parametrize("temperature, alpha, words", [(0, 0.5, "temperature of 0"), (-1, 0.5, "temperature"), (float("nan"), 0.5, "temperature"),
                                                       (4, 1.5, "1.5 of the loss"), (4, -0.1, "of the loss")])
def test_numbers_out_of_range(temperature, alpha, words):
    with pytest.raises(ToolError, match=words):
        Distillation(Fixed([0.0, 1.0]), temperature, alpha)


def test_a_teacher_of_other_classes():
    with pytest.raises(ToolError, match=r"gives \[3\] scores, the student \[2\]"):
        Distillation(Fixed([0.0, 1.0, 2.0]))(torch.zeros(4, 1), torch.zeros(4, 2), torch.zeros(4, dtype=torch.int64))


@pytest.mark.parametrize("teacher, student", [(float("nan"), 0.0), (0.0, float("nan")), (0.0, float("inf"))])
def test_a_loss_that_is_not_finite(teacher, student):
    with pytest.raises(ToolError, match="not finite"):
        Distillation(Fixed([teacher, 1.0]))(torch.zeros(4, 1), torch.full((4, 2), student), torch.zeros(4, dtype=torch.int64))
