# SPDX-License-Identifier: MIT
"""What tests of `torpor check` share: a small int8 classifier, examples for it, and the official interpreter's answers."""

import numpy as np
from exact import Net
from tflite_micro import runtime
from torpor_host.convert import tflite


def classifier(seed=0):
    """int8 [1, 6, 6, 2] -> 4 scores: convolution, depthwise convolution, dense layer."""
    net = Net(seed)
    x = net.input((1, 6, 6, 2))
    y = net.depthwise(net.conv(x, net.weights(5, 3, 3, 2)), net.weights(1, 3, 3, 5), zero=-7, activation="NONE")
    flat = net.same("RESHAPE", [y], (1, 180), y[2], y[3], [[1, 180]], newShape=[1, 180])
    return net.finish([x], [net.dense(flat, net.weights(4, 180))])


def examples(data, count=40, seed=1):
    rng = np.random.default_rng(seed)
    (x,) = tflite.read(data).main.inputs
    return rng.integers(-128, 128, (count, *x.shape)).astype(np.int8), rng.integers(0, 4, count)


def official(data, x):
    """The wheel's outputs for each example, the first output's elements [n, size]."""
    wheel, answers = runtime.Interpreter.from_bytes(data, arena_size=1 << 20), []
    for one in x:
        wheel.set_input(one, 0)
        wheel.invoke()
        answers.append(np.array(wheel.get_output(0)).ravel())
    return np.array(answers)


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path
