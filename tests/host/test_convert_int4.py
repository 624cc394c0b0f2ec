# SPDX-License-Identifier: MIT
"""`--int4`: weights of 4 bits in CONV_2D and FULLY_CONNECTED, with limits of least square error."""

import json

import numpy as np
import pytest
from digits import accuracy, converted
from exact import assert_exact
from float_net import Net, assert_near, tensors
from hypothesis import given, settings
from hypothesis import strategies as st
from torpor_host.convert import run, tflite, weights
from torpor_host.convert.graph import INT4
from torpor_host.errors import ToolError


@pytest.mark.parametrize("name", ["plain", "residual", "separable"])
def test_digits(name):
    narrow, before = converted(name, int4=True).data, converted(name)
    assert accuracy(narrow) >= accuracy(before.data) - 0.02
    assert len(narrow) < 0.9 * len(before.data)
    assert_exact(narrow, narrow)


def test_depthwise_weights_stay_int8_and_dense_ones_have_one_scale():
    n = Net(6, 5, 3)
    a = n.op("CONV_2D", [n.x, n.weights(5, 3, 3, 3), n.weights(5)], (1, 6, 5, 5), padding="SAME", strideH=1, strideW=1)
    b = n.op("DEPTHWISE_CONV_2D", [a, n.weights(1, 3, 3, 5), n.weights(5)], (1, 6, 5, 5), padding="SAME", strideH=1, strideW=1, depthMultiplier=1)
    before, result, x = n.converted([n.op("FULLY_CONNECTED", [b, n.weights(7, 150), -1], (1, 7))], int4=True)
    for name, dtype, count in (("CONV_2D", INT4, 5), ("DEPTHWISE_CONV_2D", np.int8, 5), ("FULLY_CONNECTED", INT4, 1)):
        (x_in, k, bias), _ = tensors(result.data, name)
        assert (k.dtype, len(k.scales), bias.dtype) == (dtype, count, np.int32)
        assert dtype != INT4 or np.abs(k.values()).max() == 7 and len(k.data) == -(-k.size // 2)
        np.testing.assert_allclose(bias.scales, x_in.scales * k.scales, rtol=1e-6)
    assert_near(before, result.data, x, 12)
    assert_exact(result.data, result.data)


@given(st.integers(0, 10000), st.integers(0, 2))
@settings(max_examples=30)
def test_the_limit_of_least_error_is_no_worse_than_the_greatest_weight(seed, axis):
    rng = np.random.default_rng(seed)
    values = rng.standard_t(3, (4, 6, 5)) * 10.0 ** rng.integers(-3, 3)
    others = tuple(i for i in range(3) if i != axis)
    q, scales = weights._weights_s4(values, axis)
    scales = scales.reshape([-1 if i == axis else 1 for i in range(3)])
    plain = np.abs(values).max(axis=others, keepdims=True) / 7
    error, rounded = (np.square(v - values).sum(axis=others) for v in (q * scales, np.rint(values / plain) * plain))
    assert np.abs(q).max() <= 7 and (error <= rounded * 1.0001).all()


def test_a_channel_of_zeros_has_a_scale():
    q, scales = weights._weights_s4(np.zeros((2, 3)), 0)
    assert not q.any() and (scales > 0).all()


def test_the_command_line(torpor, model, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32))
    result = torpor("convert", model, "out.tflite", "--calibrate", "data.npz", "--int4", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["int4"] is True
    assert tflite.read((tmp_path / "out.tflite").read_bytes()).main.ops[0].inputs[1].dtype == INT4


@pytest.mark.parametrize("quantize, least", [("int16x8", None), ("auto", 0.9), ("float", None)])
def test_other_activations_than_int8(model, tmp_path, quantize, least):
    with pytest.raises(ToolError, match="^Weights of 4 bits go with activations of int8 only"):
        run.convert_file(str(model), tmp_path / "out.tflite", None, quantize, int4=True, min_accuracy=least)
