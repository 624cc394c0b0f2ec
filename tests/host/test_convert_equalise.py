# SPDX-License-Identifier: MIT
"""Cross-layer equalisation: channels of two layers in a row get weights of like size, and the float network stays the same."""

import numpy as np
import pytest
from digits import answers
from float_net import Net, rows
from torpor_host.convert import tflite
from torpor_host.convert.choose import EQUALISED
from torpor_host.convert.equalise import equalise

UNEVEN = 10.0 ** np.linspace(-2, 2, 6)
SAME = dict(padding="SAME", strideH=1, strideW=1)


def network(between="RELU", pool=None):
    """Convolution of channels of uneven size, depthwise convolution, convolution, and a dense layer in two dimensions."""
    n = Net(4, 4, 3)
    k = n.numbers(n.rng.normal(size=(6, 3, 3, 3)) * UNEVEN.reshape(-1, 1, 1, 1))
    y = n.op("CONV_2D", [n.x, k, n.numbers(UNEVEN * n.rng.normal(size=6))], (1, 4, 4, 6), **SAME, fusedActivationFunction=between)
    if pool:
        y = n.op(pool, [y], (1, 4, 4, 6), padding="SAME", strideH=1, strideW=1, filterWidth=2, filterHeight=2)
    k = n.numbers(n.rng.normal(size=(5, 1, 1, 6)) / UNEVEN)
    return n, n.op("CONV_2D", [y, k, n.weights(5)], (1, 4, 4, 5), **SAME)


def pairs_of(data):
    model = tflite.read(data)
    return equalise(model), tflite.write(model), model.main


@pytest.mark.parametrize("between, pool", [("NONE", None), ("RELU", None), ("RELU", "MAX_POOL_2D"), ("NONE", "AVERAGE_POOL_2D")])
def test_the_float_network_stays_the_same_and_channels_become_even(between, pool):
    n, y = network(between, pool)
    before = n.w.finish([n.x], [y])
    count, after, graph = pairs_of(before)
    first, second = (op.inputs[1].values() for op in graph.ops if op.name == "CONV_2D")
    assert count == 1
    np.testing.assert_allclose(np.abs(first).max(axis=(1, 2, 3)), np.abs(second).max(axis=(0, 1, 2)), rtol=1e-5)
    x = n.rng.normal(size=(20, 4, 4, 3)).astype(np.float32)
    for want, got in zip(answers(before, rows(x)), answers(after, rows(x))):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * np.abs(want).max())


def test_a_chain_with_a_depthwise_layer():
    n = Net(4, 4, 3)
    a = n.op("CONV_2D", [n.x, n.weights(6, 1, 1, 3), -1], (1, 4, 4, 6), **SAME, fusedActivationFunction="RELU")
    k = n.numbers(n.rng.normal(size=(1, 3, 3, 6)) * UNEVEN)
    b = n.op("DEPTHWISE_CONV_2D", [a, k, n.weights(6)], (1, 4, 4, 6), **SAME, depthMultiplier=1, fusedActivationFunction="RELU")
    before = n.w.finish([n.x], [n.op("CONV_2D", [b, n.weights(4, 1, 1, 6), n.weights(4)], (1, 4, 4, 4), **SAME)])
    count, after, graph = pairs_of(before)
    greatest = np.abs(graph.ops[1].inputs[1].values()).max(axis=(0, 1, 2))
    assert count == 2 and greatest.max() / greatest.min() < UNEVEN[-1] / UNEVEN[0] / 50
    x = n.rng.normal(size=(20, 4, 4, 3)).astype(np.float32)
    want, got = answers(before, rows(x))[0], answers(after, rows(x))[0]
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * np.abs(want).max())


def test_it_is_kept_where_it_helps():
    n, y = network("RELU")
    _, result, _ = n.converted([y])
    score = {trial.name: trial.score.snr_db for trial in result.trials}
    assert score[EQUALISED] > score[result.method] + 6
    assert next(trial for trial in result.trials if trial.name == EQUALISED).kept


@pytest.mark.parametrize("kind", ["RELU6", "fork", "output"])
def test_what_is_no_pair_stays_as_it_is(kind):
    n, y = network("RELU6" if kind == "RELU6" else "RELU")
    inner = 3  # the first layer's output
    outputs = [y]
    if kind == "fork":
        outputs.append(n.op("TANH", [inner], (1, 4, 4, 6)))
    if kind == "output":
        outputs.append(inner)
    before = n.w.finish([n.x], outputs)
    assert pairs_of(before)[:2] == (0, tflite.write(tflite.read(before)))
