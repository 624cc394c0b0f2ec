# SPDX-License-Identifier: MIT
"""Quantised chains in the official interpreter against the same layers in float NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tflite_micro import runtime
from torpor_host.convert.quantize import Int8Chain, activation_s8
from torpor_host.convert.weights import bias_integers, weights_s8


def same_padded(x, kernel, stride):
    """x[n, h, w, c] with TFLite's SAME padding."""
    pads = []
    for size, k, s in zip(x.shape[1:3], kernel, stride):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        pads.append((total // 2, total - total // 2))
    return np.pad(x, [(0, 0), *pads, (0, 0)])


def convolution(x, weights, bias, stride, depthwise):
    """ReLU of the convolution; weights [out, kh, kw, in], or [1, kh, kw, channels] of a depthwise one."""
    kh, kw = weights.shape[1:3]
    padded = same_padded(x, (kh, kw), stride)
    y = np.zeros((x.shape[0], -(-x.shape[1] // stride[0]), -(-x.shape[2] // stride[1]), len(bias)))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            patch = padded[:, i * stride[0] : i * stride[0] + kh, j * stride[1] : j * stride[1] + kw]
            y[:, i, j] = np.einsum("nhwc,ohwc->nc" if depthwise else "nhwc,ohwc->no", patch, weights)
    return np.maximum(y + bias, 0)


def test_chain_follows_the_float_network():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(16, 7, 6, 1))
    chain = Int8Chain("test", "x", (7, 6, 1), scale=4 / 127, zero_point=0)
    y = x
    for weights, stride, depthwise in (
            (rng.normal(size=(8, 3, 3, 1)), (2, 2), False), (rng.normal(size=(1, 3, 3, 8)), (1, 1), True),
            (rng.normal(size=(5, 1, 1, 8)), (1, 2), False)):
        bias = rng.normal(size=weights.shape[3] if depthwise else weights.shape[0])
        y = convolution(y, weights, bias, stride, depthwise)
        add = chain.depthwise_conv_2d if depthwise else chain.conv_2d
        add(weights, bias, stride, y, activation="RELU")
    weights, bias = 0.2 * rng.normal(size=(3, 5)), rng.normal(size=3)
    logits = y.mean(axis=(1, 2)) @ weights.T + bias
    chain.global_average()
    chain.dense(weights, bias, logits)
    chain.softmax()
    want = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    interpreter = runtime.Interpreter.from_bytes(chain.finish())
    for one, scores in zip(x, want):
        interpreter.set_input(np.clip(np.rint(one[None] * 127 / 4), -128, 127).astype(np.int8), 0)
        interpreter.invoke()
        np.testing.assert_allclose((interpreter.get_output(0)[0] + 128.0) / 256, scores, atol=0.06)


@given(st.integers(0, 1000), st.integers(0, 2))
def test_weights_are_off_by_half_a_step_at_most(seed, axis):
    weights = np.random.default_rng(seed).normal(size=(3, 4, 5)) * 10.0 ** np.random.default_rng(seed).integers(-3, 3)
    q, scale = weights_s8(weights, axis)
    shape = [1, 1, 1]
    shape[axis] = -1
    steps = scale.reshape(shape)
    assert scale.size == weights.shape[axis] and np.abs(q).max() == 127
    assert (np.abs(q * steps - weights) <= 0.5001 * steps).all()


def test_a_channel_of_zeros_has_a_scale():
    q, scale = weights_s8(np.zeros((2, 3)), 0)
    assert not q.any() and (scale > 0).all()


def test_bias_has_the_scale_of_its_products():
    q, scales = bias_integers(np.array([1.0, -0.5]), 0.5, np.array([0.01, 0.02], np.float32), np.int32)
    np.testing.assert_array_equal(q, [200, -50])
    np.testing.assert_allclose(scales, [0.005, 0.01], rtol=1e-6)


@pytest.mark.parametrize("low, high", [(0, 6), (-1, 1), (-3, -1), (2, 5), (0, 0)])
def test_activation_range_holds_its_values_and_an_exact_zero(low, high):
    scale, zero_point = activation_s8(np.array([low, high], float))
    assert -128 <= zero_point <= 127
    assert (-128 - zero_point) * scale <= min(low, 0) + scale / 2
    assert (127 - zero_point) * scale >= max(high, 0) - scale / 2
