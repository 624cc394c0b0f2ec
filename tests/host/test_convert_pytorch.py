# SPDX-License-Identifier: MIT
"""PyTorch modules and programs, converted to float, as torch computes them."""

import numpy as np
import pytest
from digits import answers, digits, trained
from torpor_host.convert import pytorch, run, tflite
from torpor_host.errors import ToolError

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
nn = torch.nn
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


def converted(module, x, **options):
    """The file of a module in float. x: [1, ...]."""
    return run.convert(pytorch.of_module(module, None, x.shape[1:], **options)).data


def names(data):
    return [op.name for op in tflite.read(data).main.ops]


def channels_last(y):
    return y.transpose(0, 2, 3, 1) if y.ndim == 4 else y


def assert_as_torch(module, shape, seed=0, atol=1e-4):
    """The float model in the official interpreter gives what torch gives; returns its operators' names."""
    torch.manual_seed(seed)
    x = torch.randn(3, *shape)
    data = converted(module.eval(), x)
    with torch.no_grad():
        results = [module(one[None]) for one in x]
    results = [r if isinstance(r, tuple) else (r,) for r in results]
    for got, *wanted in zip(answers(data, x.numpy()), *results, strict=True):
        want = np.concatenate([channels_last(w.numpy()) for w in wanted])
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, atol=atol)
    return names(data)


def test_float_ends():
    network, (train_x, _, test_x, _) = trained("separable"), digits()
    source = pytorch.of_module(network, None, (1, 8, 8))
    data = run.convert(source, source.stored([train_x[:50]]), run.Wanted(float_ends=True)).data
    plain = run.convert(source, source.stored([train_x[:50]])).data
    assert names(data) == ["QUANTIZE", *names(plain), "DEQUANTIZE"]
    np.testing.assert_allclose(answers(data, test_x[:20])[0], answers(plain, test_x[:20])[0], rtol=1e-6)


CASES = {
    "strides, dilation": (nn.Sequential(nn.Conv2d(3, 6, 3, (2, 1), 1), nn.Conv2d(6, 4, 3, dilation=2)), (3, 11, 10)),
    "asymmetric kernel": (nn.Conv2d(2, 5, (1, 4), (1, 2), (0, 2)), (2, 5, 9)),
    "same padding": (nn.Conv2d(2, 5, (3, 4), padding="same"), (2, 5, 9)),
    "groups": (nn.Conv2d(8, 12, 3, 2, 1, groups=4), (8, 7, 7)),
    "depth multiplier": (nn.Conv2d(4, 12, 3, 1, 1, groups=4), (4, 7, 6)),
    "1d": (nn.Sequential(nn.Conv1d(3, 8, 5, 2, 2), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2), nn.AvgPool1d(3), nn.Flatten(), nn.Linear(40, 3)), (3, 64)),
    "batch norm first": (nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, 1, 1)), (3, 6, 6)),
    "batch norm alone": (nn.Sequential(nn.MaxPool2d(2), nn.BatchNorm2d(3)), (3, 6, 6)),
    "pools": (nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2, 1), nn.AdaptiveAvgPool2d((2, 4))), (4, 10, 9)),
    "average over a border": (nn.AvgPool2d(3, 2, 1), (2, 8, 8)),
    "average within the border": (nn.AvgPool2d(3, 1, 1, count_include_pad=False), (2, 8, 8)),
    "adaptive maximum": (nn.AdaptiveMaxPool2d(2), (2, 8, 6)),
    "clamps": (nn.Sequential(nn.Hardtanh(), nn.Conv2d(2, 3, 1), nn.Hardtanh(), nn.ReLU6(), nn.Hardtanh(-0.5, 0.25)), (2, 4, 4)),
    "curves": (nn.Sequential(nn.Sigmoid(), nn.Tanh(), nn.Hardswish(), nn.LeakyReLU(0.2), nn.SiLU(), nn.Hardsigmoid()), (2, 4, 4)),
    "softmax over channels": (nn.Softmax(1), (5, 3, 4)),
    "softmax over width": (nn.Softmax(3), (5, 3, 4)),
    "log softmax": (nn.Sequential(nn.Flatten(), nn.LogSoftmax(1)), (5, 3, 4)),
    "linear over the last dimension": (nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 5)), (7, 6)),
    "borders": (nn.Sequential(nn.ZeroPad2d((1, 2, 3, 0)), nn.ConstantPad2d(1, 1.5)), (2, 4, 4)),
    "transposed convolutions": (nn.Sequential(nn.ConvTranspose2d(3, 4, 3, 2, 1, output_padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.ConvTranspose2d(4, 2, 4, (2, 1), 1)), (3, 4, 5)),
    "transposed, 1d": (nn.Sequential(nn.ConvTranspose1d(3, 4, 5, 3, 2), nn.Flatten(), nn.Linear(76, 3)), (3, 7)),
    "upsampling": (nn.Sequential(nn.Upsample(scale_factor=2), nn.Upsample(scale_factor=1.5, mode="bilinear"), nn.UpsamplingBilinear2d((14, 20))), (3, 4, 6)),
    "prelu and elu": (nn.Sequential(nn.PReLU(), nn.PReLU(3, 0.4), nn.ELU()), (3, 4, 5)),
    "flattened without a layer": (nn.Sequential(nn.Conv2d(2, 3, 1), nn.Flatten()), (2, 3, 4)),
}


@pytest.mark.parametrize("case", CASES)
def test_layers_as_torch_computes_them(case):
    torch.manual_seed(3)
    module, shape = CASES[case]
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
            part.running_mean.uniform_(-1, 1), part.running_var.uniform_(0.5, 2), part.weight.data.uniform_(0.5, 2)
    found = assert_as_torch(module, shape)
    assert ("TRANSPOSE" in found) == (case in ("softmax over width", "log softmax", "flattened without a layer"))
    assert not {"MUL", "ADD"} & set(found) or case == "curves"


class Function(nn.Module):
    """A module of one function."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


@pytest.mark.parametrize("function, shape", [
    (lambda x: x + 2 * x.mean((2, 3), keepdim=True), (3, 4, 5)),
    (lambda x: x * torch.sigmoid(x.mean((2, 3)))[:, :, None, None], (3, 4, 5)),
    (lambda x: torch.cat([x, x.relu()], 1), (3, 4, 5)),
    (lambda x: torch.cat([x, x.relu()], 3), (3, 4, 5)),
    (lambda x: torch.cat([x.flatten(1), x.relu().flatten(1)], 1).tanh(), (3, 4, 5)),
    (lambda x: (x - x.mean(1, keepdim=True)) / 3, (3, 4, 5)),
    (lambda x: 1 - x.permute(0, 2, 3, 1).relu(), (3, 4, 5)),
    (lambda x: x.view(1, 3, 20).mean(2).unsqueeze(1).squeeze(1) + torch.arange(3), (3, 4, 5)),
    (lambda x: (x.sum((2, 3)), x.relu().clamp(0.1, 0.7)), (3, 4, 5)),
    (lambda x: x.transpose(1, 2).relu(), (6, 5)),
    (lambda x: torch.cat([part.relu() for part in x[:, 1:, :-1].chunk(2, 1)], 3), (5, 4, 3)),
    (lambda x: x[:, 0] + x.split([1, 2], 1)[1].flatten(1)[:, 2:6].view(1, 2, 2).select(2, -1).sum(), (3, 2, 2)),
    (lambda x: x.view(1, 2, 3, 4, 4).transpose(1, 2).reshape(1, 6, 4, 4).tanh(), (6, 4, 4)),  # a channel shuffle
])
def test_functions_as_torch_computes_them(function, shape):
    assert_as_torch(Function(function), shape)


def test_a_batch_norm_goes_into_the_convolution_and_the_activation_too():
    module = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU6())
    assert assert_as_torch(module, (2, 6, 6)) == ["CONV_2D"]


def test_a_program_with_an_open_batch(tmp_path):
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 5)).eval()
    program = torch.export.export(module, (torch.zeros(2, 1, 8, 8),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, tmp_path / "net.pt2")
    data, x = run.convert(pytorch.load(tmp_path / "net.pt2")).data, torch.randn(4, 1, 8, 8)
    np.testing.assert_allclose(answers(data, x.numpy())[0], module(x).detach().numpy(), atol=1e-4)


def test_all_unknown_layers_are_named_with_their_places():
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.GELU(), nn.Sequential(nn.Conv2d(4, 4, 3), nn.GroupNorm(2, 4)), nn.AvgPool2d(3, 2, ceil_mode=True))
    with pytest.raises(ToolError) as caught:
        converted(module, torch.zeros(1, 1, 12, 12))
    assert str(caught.value).startswith("3 layers cannot be converted: 1 (gelu); 2.1 (group_norm); 3 (avg_pool2d: ")
    assert "instead of gelu: relu" in caught.value.hint and "batch_norm" in caught.value.hint


def test_a_program_in_training_mode():
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)).train()
    program = torch.export.export(module, (torch.zeros(2, 1, 8, 8),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    with pytest.raises(ToolError, match="training"):
        pytorch.of_program(program)


def test_a_program_of_a_large_batch():
    program = torch.export.export(nn.Flatten(), (torch.zeros(8, 1, 8, 8),))
    with pytest.raises(ToolError, match="batch of 8"):
        pytorch.of_program(program)
