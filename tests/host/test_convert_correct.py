# SPDX-License-Identifier: MIT
"""Bias correction: the mean of a layer's outputs is that of the float network, in the official interpreter."""

from dataclasses import replace

import numpy as np
import pytest
from digits import answers
from float_net import Net, rows, tensors
from torpor_host.convert import calibrate, correct, integer, ranges, tflite
from torpor_host.convert.choose import CORRECTED
from torpor_host.convert.scheme import INT8, Plan


def trained_like(n, *shape):
    """Weights that share a channel with a large one, so that rounding them shifts the sums of inputs that are not around zero."""
    values = 0.05 * n.rng.normal(size=shape)
    values[..., 0] = 4
    return n.numbers(values)


def planned(data, x, **options):
    """The float model, and a plan of whole ranges for it."""
    model = tflite.read(data)
    return model, Plan({INT8: {t: ranges.whole(seen) for t, seen in calibrate.observe(model, [x]).items()}}, **options)


def shifts(before, after, x):
    """Mean difference of each channel of the first output."""
    want, got = answers(before, rows(x))[0], answers(after, rows(x))[0]
    return np.abs((got - want).reshape(-1, want.shape[-1]).mean(axis=0))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name, k, y, options", [
    ("CONV_2D", (4, 3, 3, 3), (1, 3, 2, 4), dict(padding="SAME", strideH=2, strideW=2)),
    ("DEPTHWISE_CONV_2D", (1, 3, 3, 6), (1, 6, 4, 6), dict(padding="SAME", strideH=1, strideW=1, depthMultiplier=2)),
    ("FULLY_CONNECTED", (5, 72), (1, 5), {})])
def test_the_mean_of_each_channel_is_that_of_the_float_network(name, k, y, options, bias):
    n = Net(6, 4, 3)
    channels = y[-1]
    parts = [n.x, trained_like(n, *k), *([n.weights(channels)] if bias else [])]
    data = n.w.finish([n.x], [n.op(name, parts, y, **options)])
    x = np.abs(n.rng.normal(size=(60, 6, 4, 3))).astype(np.float32)
    model, plan = planned(data, x, int4=True)
    found = correct.biases(model, plan, [x])
    plain, corrected = (tflite.write(integer.quantise(model, replace(plan, biases=b), float_ends=True)) for b in ({}, found))
    (_, _, b), y = tensors(corrected, name)
    rounding = b.scales.max() / 2 + 0.2 * y.scales[0]  # of the bias, and on average of the output
    assert shifts(data, corrected, x).max() < rounding
    if name != "DEPTHWISE_CONV_2D":  # whose weights of int8 shift little
        assert shifts(data, plain, x).max() > 3 * shifts(data, corrected, x).max()


def test_the_correction_is_what_numpy_says():
    n = Net(72)
    k = trained_like(n, 5, 72)
    data = n.w.finish([n.x], [n.op("FULLY_CONNECTED", [n.x, k, -1], (1, 5))])
    x = np.abs(n.rng.normal(size=(60, 72))).astype(np.float32)
    model, plan = planned(data, x)
    weights = model.main.ops[0].inputs[1].values().astype(np.float64)
    low, high = float(x.min()), float(x.max())
    step, limit = (max(high, 0) - min(low, 0)) / 255, np.abs(weights).max() / 127
    rounded = np.rint(x / step) * step
    wanted = (x @ weights.T).mean(axis=0) - (rounded @ (np.rint(weights / limit) * limit).T).mean(axis=0)
    np.testing.assert_allclose(correct.biases(model, plan, [x])[model.main.ops[0]], wanted, atol=2e-4)


def test_it_is_kept_only_where_it_helps():
    n = Net(6, 4, 3)
    _, result, _ = n.converted([n.op("FULLY_CONNECTED", [n.x, n.weights(5, 72), n.weights(5)], (1, 5))])
    trial = next(trial for trial in result.trials if trial.name == CORRECTED)
    others = [other.score for other in result.trials if other.kept and other.name != CORRECTED]
    assert trial.kept == (trial.score > max(others))
