# SPDX-License-Identifier: MIT
"""Batch normalisation as MUL and ADD, which fold.py moves into the layer before them."""

import numpy as np

from torpor_host.convert.keras_layer import axis, broadcast, keras_order
from torpor_host.convert.net import Unsupported
from torpor_host.convert.ops import keras, onnx, torch
from torpor_host.convert.ops.add import add
from torpor_host.convert.ops.mul import mul

_EPSILON = 1e-7  # of Keras: a variance of 0 divides by this


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


@keras("BatchNormalization")
def keras_batch_norm(net, layer, x):
    gamma, beta, mean, variance = layer.take(layer.config["scale"], layer.config["center"], True, True)
    at = layer.config["axis"]
    if axis(x, at[0] if isinstance(at, list) else at) != axis(x, -1):
        raise Unsupported("its axis is not the channels", "axis=-1")
    swapped = (0, 2, 1) if len(x.shape) == 3 else range(len(x.shape))  # channels second, as batch_norm has them
    return batch_norm(net, x.permuted(swapped), gamma, beta, mean, variance, eps=layer.config["epsilon"]).permuted(swapped)


@keras("Normalization")
def keras_normalization(net, layer, x):
    """(x - mean) / sqrt(variance), of the whole input or of each index of some dimensions."""
    given, at = [layer.config.get(name) for name in ("mean", "variance")], layer.config["axis"]
    mean, variance = [np.asarray(n, np.float64) for n in (given if given[0] is not None else layer.take(True, True, True)[:2])]
    rank = len(x.shape)
    kept = {int(d) % rank for d in np.ravel([] if at is None else at)}
    shape = [size if d in kept else 1 for d, size in enumerate(keras_order(x).shape)]
    mean, spread = (broadcast(x, np.broadcast_to(n.squeeze(), [k for k in shape if k > 1]).reshape(shape))
                    for n in (mean, np.maximum(np.sqrt(variance), _EPSILON)))
    if layer.config.get("invert"):
        return add(net, mul(net, x, spread), mean)
    return add(net, mul(net, x, 1 / spread), -mean / spread)
