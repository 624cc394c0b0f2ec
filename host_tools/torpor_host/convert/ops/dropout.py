# SPDX-License-Identifier: MIT
"""Layers that do nothing once a network is trained."""

from torpor_host.convert.ops import keras, onnx, torch


@torch("dropout", "feature_dropout", "alpha_dropout", "contiguous", "clone", "detach", "alias", "lift_fresh_copy", "identity", "_to_copy", "to")
def same(net, x, *_, **__):
    return x


@torch("_assert_tensor_metadata")
def nothing(net, *_, **__):
    return None


@onnx("Dropout", "Identity")
def onnx_same(net, inputs, **_):
    return inputs[0]


@keras("Dropout", "SpatialDropout1D", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization", "Identity",
       "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom")
def keras_same(net, layer, x):
    return x
