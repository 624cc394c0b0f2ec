# SPDX-License-Identifier: MIT
"""Layers of a speech enhancement network with int16 activations, against the outputs that TFLM's project recorded."""

import numpy as np
import pytest

from oracle import ours, wheel
from torpor_host import engine

LAYERS = [f"conv{i}" for i in range(0, 21, 2)] + [f"transpose_conv{i}" for i in range(0, 5, 2)]


def _read(path, shape):
    return np.loadtxt(path, delimiter=",").reshape(shape)


# leaky_relu18's record has one value that today's TFLM gives as one less.
CURVES = [*(f"leaky_relu{i}" for i in range(0, 23, 2) if i != 18), "quantize0"]
SUMS = [*(f"add{i}" for i in range(0, 17, 2)), "sub0", "sub2", "sub4"]


@pytest.mark.parametrize("name", LAYERS + CURVES + SUMS)
def test_seanet_layer_gives_the_recorded_bytes(peer_models, peer_data, name):
    data, folder = (peer_models / f"seanet/{name}.tflite").read_bytes(), peer_data / "seanet"
    model = engine.Model(data)
    inputs = []
    for i, tensor in enumerate(model.inputs):
        (path,) = folder.glob(f"{name}_input{i}_*.csv")
        inputs.append(_read(path, tensor.shape).astype(tensor.dtype))
    (y,) = ours(data, *inputs)
    np.testing.assert_array_equal(y, _read(folder / f"{name}_golden_int16.csv", y.shape))


def test_leaky_relu18_gives_the_interpreters_bytes(peer_models, peer_data):
    data = (peer_models / "seanet/leaky_relu18.tflite").read_bytes()
    (shape,) = (tensor.shape for tensor in engine.Model(data).inputs)
    x = _read(peer_data / "seanet/leaky_relu18_input0_int16.csv", shape).astype(np.int16)
    np.testing.assert_array_equal(ours(data, x), wheel(data, x))
