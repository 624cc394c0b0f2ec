# SPDX-License-Identifier: MIT
"""FULLY_CONNECTED: weights in the order in which the input's elements happen to lie, so a flattened image needs no transposing."""

import numpy as np

from torpor_host.convert.keras_layer import image_first, keras_order
from torpor_host.convert.net import Unsupported, bias_operand
from torpor_host.convert.ops import keras, onnx, torch


@torch("linear")
def linear(net, x, weights, bias=None):
    """x [1, ..., in], weights [out, in], bias [out] -> [1, ..., out]."""
    width = x.shape[-1]
    if not isinstance(weights, np.ndarray):
        raise Unsupported("its weights are computed", "constant weights")
    if weights.ndim != 2 or weights.shape[1] != width:
        raise ValueError(f"weights of {list(weights.shape)} do not fit an input of {list(x.shape)}")
    if int(np.prod(x.shape)) == width:  # one row: any order will do
        tensor, weights = x.tensor, weights[:, x.index.ravel()]
    else:
        tensor = net.stored(x.reshaped((-1, width)))
    inputs = [tensor, weights, *bias_operand(bias, len(weights))]
    y = net.layer("FULLY_CONNECTED", inputs, (int(np.prod(x.shape[:-1])), len(weights)))
    return y.reshaped((*x.shape[:-1], len(weights)))


@torch("addmm")
def addmm(net, bias, x, weights):
    return linear(net, x, weights.T, np.broadcast_to(np.ravel(bias), weights.shape[1]))


@onnx("Gemm")
def gemm(net, inputs, alpha=1.0, beta=1.0, transA=0, transB=0):
    x, weights, bias = (*inputs, None)[:3]
    if transA or isinstance(x, np.ndarray) or not isinstance(weights, np.ndarray):
        raise Unsupported("only a constant second operand is supported", "constant weights")
    weights = alpha * (weights if transB else weights.T)
    return linear(net, x, weights, None if bias is None else beta * np.broadcast_to(bias.ravel(), len(weights)))


@torch("matmul", "mm")
def matmul(net, x, weights):
    if isinstance(x, np.ndarray) or not isinstance(weights, np.ndarray) or weights.ndim != 2:
        raise Unsupported("only products with a constant matrix are supported", "constant weights")
    return linear(net, x, weights.T)


@onnx("MatMul")
def onnx_matmul(net, inputs):
    return matmul(net, *inputs)


@keras("Dense")
def keras_dense(net, layer, x):
    """Over the last of Keras's dimensions. kernel [in, out]."""
    kernel, bias = layer.take(True, layer.config["use_bias"])
    return image_first(linear(net, keras_order(x), kernel.T, bias))
