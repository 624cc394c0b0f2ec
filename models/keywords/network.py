# SPDX-License-Identifier: MIT
"""The network: a depthwise-separable CNN over [frames, bands], and its way into an int8 `.tflite`."""

import json

import torch
from torch import nn
from torch.nn import functional as F


def same_padding(size, kernel, stride) -> tuple[int, int]:
    """TFLite's SAME: before, after; the output has ceil(size / stride) elements."""
    total = max((size - 1) // stride * stride + kernel - size, 0)  # no negative divided: torch.onnx.export rounds it the other way
    return total // 2, total - total // 2


class Convolution(nn.Module):
    """Convolution (or depthwise, with as many groups as channels), batch normalisation, ReLU; SAME padding."""

    def __init__(self, channels_in, channels_out, kernel, stride=(1, 1), depthwise=False):
        super().__init__()
        groups = channels_in if depthwise else 1
        self.conv = nn.Conv2d(channels_in, channels_out, kernel, stride, bias=False, groups=groups)
        self.norm = nn.BatchNorm2d(channels_out)
        self.depthwise = depthwise

    def forward(self, x):
        (kh, kw), (sh, sw) = self.conv.kernel_size, self.conv.stride
        top, bottom = same_padding(x.shape[2], kh, sh)
        left, right = same_padding(x.shape[3], kw, sw)
        return F.relu(self.norm(self.conv(F.pad(x, (left, right, top, bottom)))))

    def folded(self):
        """Weights and bias with the batch normalisation folded in."""
        gain = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        return self.conv.weight * gain[:, None, None, None], self.norm.bias - self.norm.running_mean * gain


class Network(nn.Module):
    """[n, 1, frames, bands] -> logits [n, labels]. `layers` run in order, then a mean over all places, then `dense`."""

    def __init__(self, labels):
        super().__init__()
        self.layers = nn.Sequential(
            Convolution(1, 16, (5, 5), (2, 2)),
            *self._separable(16, 48, (2, 2)),
            *self._separable(48, 64, (1, 1)),
            *self._separable(64, 80, (2, 2)),
            *self._separable(80, 96, (1, 1)),
        )
        self.dropout = nn.Dropout(0.1)
        self.dense = nn.Linear(96, labels)

    @staticmethod
    def _separable(channels_in, channels_out, stride):
        yield Convolution(channels_in, channels_in, (3, 3), stride, depthwise=True)
        yield Convolution(channels_in, channels_out, (1, 1))

    def parameter_count(self) -> int:
        """Weights and biases with the batch normalisation folded in."""
        return sum(conv.conv.weight.numel() + conv.conv.out_channels for conv in self.layers) + sum(
            p.numel() for p in self.dense.parameters())

    def macs(self, frames, bands) -> int:
        """Multiply-accumulates of one inference."""
        count = self.dense.weight.numel()
        for layer in self.layers:
            sh, sw = layer.conv.stride
            frames, bands = -(-frames // sh), -(-bands // sw)
            count += frames * bands * layer.conv.weight.numel()
        return count

    def forward(self, x):
        return self.dense(self.dropout(self.layers(x).mean(dim=(2, 3))))


@torch.no_grad()
def to_tflite(network, calibration, input_scale, metadata: dict) -> bytes:
    """The trained network as int8; `calibration` [n, 1, frames, bands] shows the range of every activation."""
    from torpor_host.convert.quantize import Int8Chain  # here, so that training needs no flatbuffers

    network.eval()
    x = calibration
    chain = Int8Chain("Torpor keywords", "features", (x.shape[2], x.shape[3], 1), input_scale, 0)
    for layer in network.layers:
        weights, bias = layer.folded()
        x = layer(x)
        add = chain.depthwise_conv_2d if layer.depthwise else chain.conv_2d
        order = (1, 2, 3, 0) if layer.depthwise else (0, 2, 3, 1)
        add(weights.permute(order).numpy(), bias.numpy(), layer.conv.stride, x.numpy(), activation="RELU")
    chain.global_average()
    x = network.dense(x.mean(dim=(2, 3)))
    chain.dense(network.dense.weight.numpy(), network.dense.bias.numpy(), x.numpy())
    chain.softmax()
    chain.metadata("torpor", json.dumps(metadata).encode())
    return chain.finish()
