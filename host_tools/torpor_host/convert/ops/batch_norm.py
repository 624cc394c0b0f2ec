# SPDX-License-Identifier: MIT
"""Batch normalisation as MUL and ADD, which fold.py moves into the layer before them."""

import numpy as np

from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import onnx, torch
from torpor_host.convert.ops.add import add
from torpor_host.convert.ops.mul import mul


@torch("batch_norm")
def batch_norm(net, x, weight, bias, mean, variance, training=False, momentum=0.1, eps=1e-5, cudnn=False):
    if training:
        raise Unsupported("it is in training mode", "module.eval() before the export")
    gain = (1 if weight is None else weight) / np.sqrt(variance.astype(np.float64) + eps)
    offset = (0 if bias is None else bias) - mean * gain
    shape = (-1, *[1] * (len(x.shape) - 2))
    return add(net, mul(net, x, gain.reshape(shape)), offset.reshape(shape))


@torch("_native_batch_norm_legit_no_training")
def native(net, x, weight, bias, mean, variance, momentum, eps):
    return (batch_norm(net, x, weight, bias, mean, variance, eps=eps), None, None)


@onnx("BatchNormalization")
def onnx_batch_norm(net, inputs, epsilon=1e-5, momentum=0.9, training_mode=0, spatial=1):
    return batch_norm(net, *inputs, eps=epsilon)
