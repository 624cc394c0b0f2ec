# SPDX-License-Identifier: MIT
"""Pruning: channels that leave take their work along and nothing else changes; single weights only become zero."""

import copy
import functools
import zlib

import numpy as np
import pytest
from digits import CALIBRATION, digits, modules, trained

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
pytest.importorskip("torch_pruning", reason="torch-pruning is not installed (extra train)")
from torpor_host.errors import ToolError  # noqa: E402
from torpor_host.train import channels, measure, sparsity  # noqa: E402

nn = torch.nn
NAMES = ["plain", "residual", "separable"]


def counted(module):
    """Multiply-accumulates of the layers with weights, by what PyTorch's own layers write."""
    total, hooks = [], []
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            hooks.append(part.register_forward_hook(lambda m, _, y: total.append(y.numel() * m.weight[0].numel())))
    outputs(module, digits()[2][:1])
    [hook.remove() for hook in hooks]
    return sum(total)


def outputs(module, x):
    with torch.no_grad():
        return module.eval()(torch.from_numpy(x)).numpy()


def masked(module, removed):
    """A copy in which the channels are there, but zero."""
    module = copy.deepcopy(module)
    for name, places in removed.items():
        layer = module.get_submodule(name)
        for numbers in layer.parameters(recurse=False):
            numbers.data[places] = 0
    return module


@functools.cache
def halved(name, importance="l2"):
    return channels.prune(trained(name), digits()[2], 0.5, importance)


@pytest.mark.parametrize("name, importance", [*((name, "l2") for name in NAMES), ("residual", "l1"), ("separable", "bn")])
def test_channels_leave_with_their_work_and_nothing_else_changes(name, importance):
    network, (_, _, x, _) = trained(name), digits()
    before = counted(network)
    pruned = halved(name, importance)
    assert 0.3 * before < counted(pruned.module) <= 0.5 * before == 0.5 * counted(network)
    want = outputs(masked(network, pruned.removed), x)
    np.testing.assert_allclose(outputs(pruned.module, x), want, atol=1e-4)
    assert want.shape == (len(x), 10) and np.abs(want - outputs(network, x)).max() > 0.01  # the channels did something
    assert type(pruned.module) is type(network)


def test_the_count_of_the_engine_is_that_of_the_layers():
    network, (_, _, x, _) = trained("plain"), digits()
    assert measure.macs(network, x) == counted(network)
    pruned = halved("plain")
    assert pruned.macs == measure.macs(pruned.module, x) == counted(pruned.module)


def test_both_sides_of_a_residual_sum_lose_the_same_channels():
    removed = halved("residual").removed
    assert removed["two.0"] == removed["stem.0"] == removed["two.1"] and removed["short"] == removed["down.0"]
    assert removed["stem.0"] and removed["short"] and "head" not in removed


def test_a_depthwise_layer_loses_what_the_layer_before_it_does():
    pruned = halved("separable")
    assert pruned.removed["0.0"] == pruned.removed["1.0"] and pruned.removed["2.0"] == pruned.removed["3.0"]
    depthwise = pruned.module[1][0]
    assert depthwise.groups == depthwise.in_channels == depthwise.out_channels == 16 - len(pruned.removed["1.0"])


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_network_takes_the_weights_of_a_pruned_one(name):
    x = digits()[2][:50]
    pruned, fresh = halved(name).module, modules()[name]()
    channels.fit(fresh, pruned.state_dict())
    np.testing.assert_array_equal(outputs(fresh, x), outputs(pruned, x))
    assert measure.macs(fresh, x) == measure.macs(pruned, x)


def test_the_state_dict_of_another_network():
    with pytest.raises(RuntimeError):
        channels.fit(modules()["plain"](), modules()["separable"]().state_dict())


@pytest.mark.parametrize("keep, importance, words", [
    (0.0, "l2", "0.0 of the multiply-accumulates"), (1.5, "l2", "1.5 of the"), (float("nan"), "l2", "nan of the"), (0.5, "l3", "no importance l3"),
    (0.0001, "l2", "cannot do with")])
def test_what_cannot_be_pruned(keep, importance, words):
    with pytest.raises(ToolError, match=words):
        channels.prune(trained("separable"), digits()[2], keep, importance)


class Fixed(nn.Module):
    """Says how many channels it has where it need not."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 8, 3), nn.Linear(288, 10)

    def forward(self, x):
        return self.head(self.conv(x).reshape(-1, 8, 36).reshape(-1, 288))


def test_a_network_of_fixed_sizes():
    with pytest.raises(ToolError) as caught:
        channels.prune(Fixed(), digits()[2], 0.5)
    assert "flatten(1)" in caught.value.hint


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_the_smallest_weights_are_zero_and_stay_so(share):
    network, (x, y, _, _) = trained("plain"), digits()
    layers = [name for name, part in network.named_modules() if isinstance(part, (nn.Conv2d, nn.Linear))]
    pruned = sparsity.prune(network, share).train()
    optimizer = torch.optim.Adam(pruned.parameters(), 0.01)
    for _ in range(3):
        nn.functional.nll_loss(pruned(torch.from_numpy(x[:64])).clamp_min(1e-6).log(), torch.from_numpy(y[:64])).backward()
        optimizer.step()
    sparsity.finish(pruned)
    before, after = (torch.cat([m.get_submodule(n).weight.detach().flatten() for n in layers]).numpy() for m in (network, pruned))
    zero = after == 0
    assert sparsity.zeros(pruned) == pytest.approx(zero.mean()) == pytest.approx(share, abs=1e-4)
    assert np.abs(before[zero]).max() <= np.abs(before[~zero]).min() and (before[~zero] != after[~zero]).mean() > 0.9
    assert pruned.state_dict().keys() == network.state_dict().keys()


def test_zeros_make_only_the_compressed_file_smaller():
    network, (x, _, _, _) = trained("plain"), digits()
    pruned = sparsity.prune(network, 0.8)
    sparsity.finish(pruned)
    full, sparse = (measure.converted(m, x[:CALIBRATION]) for m in (network, pruned))
    assert abs(len(full) - len(sparse)) <= 64 and measure.macs(pruned, x) == measure.macs(network, x)
    assert len(zlib.compress(sparse)) < 0.6 * len(zlib.compress(full))


@pytest.mark.parametrize("share", [0, 1, -0.2, float("nan")])
def test_a_share_that_is_none(share):
    with pytest.raises(ToolError, match="of the weights cannot be pruned"):
        sparsity.prune(trained("plain"), share)


def test_a_network_without_weights():
    with pytest.raises(ToolError, match="no layers with weights"):
        sparsity.prune(nn.ReLU(), 0.5)
