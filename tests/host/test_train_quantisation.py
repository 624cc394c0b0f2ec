# SPDX-License-Identifier: MIT
"""Quantisation-aware training: the module computes what its int8 model does, and learns where quantising afterwards loses."""

import copy

import numpy as np
import pytest
from digits import CALIBRATION, answers, digits, trained

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
from test_convert_pytorch import CASES, Function, channels_last  # noqa: E402
from torpor_host.convert import rules, tflite  # noqa: E402
from torpor_host.convert.graph import INT4  # noqa: E402
from torpor_host.errors import ToolError  # noqa: E402
from torpor_host.train import measure, quantisation, rounding  # noqa: E402

nn = torch.nn


def learnt(module, x, y, steps, rate=0.001):
    """Some steps of Adam on batches of 60; the rate falls to nothing."""
    optimizer, rng = torch.optim.Adam(module.parameters(), rate), np.random.default_rng(0)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.01, steps)
    for _ in range(steps):
        rows = rng.permutation(len(x))[:60]
        loss = nn.functional.cross_entropy(module(torch.from_numpy(x[rows])), torch.from_numpy(y[rows]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return module.eval()


def quanta(prepared, x):
    """How far the module's outputs are from those of its model in the official interpreter, in steps of the model's scale."""
    data = prepared.tflite()
    with torch.no_grad():
        outputs = prepared(torch.from_numpy(x))
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    apart = []
    for got, want, t in zip(outputs, answers(data, x), tflite.read(data).main.outputs, strict=True):
        assert t.dtype == np.int8
        apart.append(np.abs(channels_last(got.numpy()) - want).ravel() / t.scales[0])
    return np.concatenate(apart)


@pytest.mark.parametrize("name", ["plain", "residual", "separable"])
def test_the_module_computes_what_its_model_does_after_it_learnt(name):
    network, (train_x, train_y, test_x, _) = trained(name), digits()
    before = copy.deepcopy(network.state_dict())
    prepared = quantisation.prepare(network, train_x[:CALIBRATION])
    scale = tflite.read(prepared.tflite()).main.inputs[0].scales[0]
    learnt(prepared, train_x, train_y, 10)
    apart = quanta(prepared, test_x[:200])
    print(f"{name}: {np.mean(apart < 0.5):.4f} equal, {np.mean(apart < 1.5):.4f} within one, {apart.max():.1f} at most")
    assert np.mean(apart < 0.5) > 0.75 and np.mean(apart < 1.5) > 0.995
    assert tflite.read(prepared.tflite()).main.inputs[0].scales[0] != scale  # the range of the pixels learns, too
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in before.items())


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("case", CASES)
def test_each_layer_is_rounded_as_its_model_rounds(case):
    torch.manual_seed(3)
    module, shape = CASES[case]
    x = torch.randn(12, *shape).numpy()
    apart = quanta(quantisation.prepare(module.eval(), x), x)
    equal = 0.5 if case == "pools" else 0.9  # the mean of four integers often ends in a half
    assert np.mean(apart < 0.5) > equal and np.mean(apart < 1.5) > 0.99, (np.mean(apart < 0.5), np.mean(apart < 1.5))


@pytest.mark.parametrize("function", [
    lambda x: torch.cat([x, x.sigmoid()], 1), lambda x: x * torch.sigmoid(x.mean((2, 3)))[:, :, None, None] - 1.5,
    lambda x: (x.sum((2, 3)), x.relu().clamp(0.1, 0.7)), lambda x: torch.cat([part.relu() for part in x[:, 1:, :-1].chunk(2, 1)], 3),
    lambda x: x.view(1, 1, 3, 4, 5).transpose(1, 2).reshape(1, 3, 4, 5).permute(0, 2, 3, 1).tanh()])
def test_functions_are_rounded_as_their_model_rounds(function):
    torch.manual_seed(3)
    x = torch.randn(12, 3, 4, 5).numpy()
    apart = quanta(quantisation.prepare(Function(function), x), x)
    assert np.mean(apart < 0.5) > 0.9 and np.mean(apart < 1.5) > 0.99


def test_weights_of_four_bits():
    network, (train_x, train_y, test_x, _) = trained("residual"), digits()
    prepared = learnt(quantisation.prepare(network, train_x[:CALIBRATION], bits=4), train_x, train_y, 20)
    apart, ops = quanta(prepared, test_x[:200]), tflite.read(prepared.tflite()).main.ops
    assert {op.name: op.inputs[1].dtype for op in ops if op.name in rules.LAYERS} == {"CONV_2D": INT4, "FULLY_CONNECTED": INT4}
    assert np.mean(apart < 0.5) > 0.6 and np.mean(apart < 1.5) > 0.98, (np.mean(apart < 0.5), np.mean(apart < 1.5))


def test_it_wins_back_what_quantising_afterwards_loses():
    """Each pixel is normalised by itself; folded, the first layer's weights differ by far more than seven steps of one scale can tell."""
    train_x, train_y, test_x, test_y = digits()
    torch.manual_seed(1)
    network = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    learnt(network, train_x, train_y, 300, 0.01)
    post = answers(measure.converted(network, train_x[:CALIBRATION], bits=4), test_x)[0]
    prepared = learnt(quantisation.prepare(network, train_x[:CALIBRATION], bits=4).train(), train_x, train_y, 300, 0.01)
    post, aware = (np.mean(y.argmax(1) == test_y) for y in (post, answers(prepared.tflite(), test_x)[0]))
    print(f"4 bits: quantised afterwards {post:.4f}, in training {aware:.4f}")
    assert post < 0.5 < aware


@pytest.mark.parametrize("axis", [0, None, 2])
@pytest.mark.parametrize("bits, end", [(8, 127), (4, 7)])
def test_weights_lie_on_the_grid_that_is_nearest(axis, bits, end):
    k = np.random.default_rng(0).normal(size=(4, 3, 5)).astype(np.float32)
    k[1] *= 100
    k[2] = 0
    given = torch.from_numpy(k).requires_grad_()
    largest = np.abs(k).max() if axis is None else np.abs(k).max(axis=tuple({0, 1, 2} - {axis}), keepdims=True)
    step = np.where(largest > 0, largest, 1) / end
    got = rounding.Grid(given, axis, bits, np.float32(step).ravel()).rounded(given)
    steps = got.detach().numpy() / step
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)
    assert np.abs(steps).max() == pytest.approx(end) and (np.abs(got.detach().numpy() - k) <= step * 0.5001).all()
    got.sum().backward()
    assert (given.grad == 1).all()


def test_gradients_of_a_range_and_of_what_it_covers():
    x = torch.tensor([-9.0, -0.5, 0.26, 7.0], requires_grad=True)
    within = rounding.Range(-1.0, 4.0, True)
    y = rounding.activation(x, *within.scale())
    step = np.float32(5 / 255)
    np.testing.assert_allclose(y.detach(), np.clip(np.rint(x.detach().numpy() / step), -51, 204) * step, rtol=1e-6)
    y[[0, 3]].sum().backward(retain_graph=True)
    np.testing.assert_allclose(within.stretch.grad, [-1, 4], rtol=1e-4)  # what saturates is an end: low e^a, high e^b
    within.stretch.grad = None
    y.sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 0]


def test_bits_that_are_not_known():
    with pytest.raises(ToolError, match="3 bits"):
        quantisation.prepare(nn.Linear(8, 3), digits()[0][:20], bits=3)


def test_layers_without_an_int8_form_are_named():
    with pytest.raises(ToolError, match="gelu"):
        quantisation.prepare(nn.Sequential(nn.Linear(4, 3), nn.GELU()), np.ones((3, 4), np.float32))
