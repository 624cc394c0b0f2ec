# SPDX-License-Identifier: MIT
"""The tests' trained torch networks as each front end takes them: one set of weights, three frameworks.

A function gives the converter's source of a network over [1, 1, h, w], and samples as that framework has them.
"""

import io
import os
import warnings

import pytest
from torpor_host.convert import keras as keras_front
from torpor_host.convert import onnx as onnx_front
from torpor_host.convert import pytorch


def of_pytorch(name, network, shape, folder):
    return pytorch.of_module(network, None, shape), lambda x: x


def of_onnx(name, network, shape, folder):
    onnx = pytest.importorskip("onnx", reason="onnx is not installed (extra onnx)")
    import torch

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch wants its newer exporter, which needs another package
        torch.onnx.export(network, (torch.zeros(1, *shape),), file, dynamo=False, input_names=["image"], dynamic_axes={"image": {0: "n"}})
    return onnx_front.of_model(onnx.load_from_string(file.getvalue())), lambda x: x


def of_keras(name, network, shape, folder):
    """Saved as .keras, and read again."""
    os.environ["KERAS_BACKEND"] = "torch"
    keras = pytest.importorskip("keras", reason="Keras is not installed (extra test)")
    twin = _Twin(keras, padded=name != "keywords")
    x = keras.Input((*shape[1:], shape[0]))
    model = keras.Model(x, getattr(twin, name)(x))
    twin.fill(network)
    model.save(folder / "net.keras")
    return keras_front.load(folder / "net.keras"), lambda x: x.transpose(0, 2, 3, 1)


FRAMEWORKS = {"PyTorch": of_pytorch, "ONNX": of_onnx, "Keras": of_keras}


class _Twin:
    """Networks of digits.py and of models/keywords in Keras, layer by layer in the order of their modules.

    padded: a stride of 2 sees a border on both sides, as in PyTorch; else SAME.
    """

    def __init__(self, keras, padded):
        self._layers, self._padded, self._made = keras.layers, padded, []

    def plain(self, x):
        L = self._layers
        x = L.MaxPooling2D()(L.ReLU()(self._norm(self._conv(x, 12))))
        x = L.Dropout(0.1)(self._conv(x, 24, activation="relu"))
        x = L.Flatten()(L.Permute((3, 1, 2))(x))  # PyTorch flattens channel by channel
        return self._dense(self._dense(x, 32, "tanh"), 10, "softmax")

    def residual(self, x):
        L = self._layers
        x = self._unit(x, 16)
        x = L.ReLU()(L.Add()([x, self._norm(self._conv(self._unit(x, 16), 16))]))
        down = self._unit(x, 24, 2)
        x = L.Add()([down, self._conv(x, 24, 2, kernel=1)])
        return self._dense(L.GlobalAveragePooling2D()(x), 10)

    def separable(self, x):
        x = self._unit(x, 16)
        for channels, stride in ((32, 2), (32, 1)):
            x = self._unit(self._unit(x, 0, stride), channels, kernel=1)
        return self._dense(self._layers.GlobalAveragePooling2D()(x), 10)

    def keywords(self, x):
        x = self._unit(x, 16, 2, 5, None)
        for channels, stride in ((48, 2), (64, 1), (80, 2), (96, 1)):
            x = self._unit(self._unit(x, 0, stride, high=None), channels, kernel=1, high=None)
        return self._dense(self._layers.GlobalAveragePooling2D()(x), 6)

    def fill(self, network):
        """Gives the layers the network's weights."""
        kinds = ("Conv2d", "BatchNorm2d", "Linear")
        sources = [module for module in network.modules() if type(module).__name__ in kinds]
        for layer, source in zip(self._made, sources, strict=True):
            layer.set_weights(list(_weights(source)))

    def _unit(self, x, channels, stride=1, kernel=3, high=6.0):
        """channels 0: depthwise."""
        return self._layers.ReLU(high)(self._norm(self._conv(x, channels, stride, kernel, use_bias=False)))

    def _conv(self, x, channels, stride=1, kernel=3, **options):
        L, padding = self._layers, "same"
        if self._padded and stride > 1:
            x, padding = L.ZeroPadding2D(kernel // 2)(x), "valid"
        how = dict(strides=stride, padding=padding, **options)
        return self._kept(L.Conv2D(channels, kernel, **how) if channels else L.DepthwiseConv2D(kernel, **how))(x)

    def _norm(self, x):
        return self._kept(self._layers.BatchNormalization(epsilon=1e-5))(x)

    def _dense(self, x, units, activation=None):
        return self._kept(self._layers.Dense(units, activation))(x)

    def _kept(self, layer):
        self._made.append(layer)
        return layer


def _weights(module):
    """A torch module's, in Keras's order and layout."""
    weights = module.weight.detach().numpy()
    if weights.ndim == 4:
        weights = weights.transpose((2, 3, 0, 1) if module.groups > 1 else (2, 3, 1, 0))
    yield weights.T if weights.ndim == 2 else weights
    if module.bias is not None:
        yield module.bias.detach().numpy()
    if hasattr(module, "running_mean"):
        yield from (module.running_mean.numpy(), module.running_var.numpy())
