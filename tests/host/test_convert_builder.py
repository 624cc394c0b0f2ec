# SPDX-License-Identifier: MIT
"""Networks made by hand: what NumPy computes, in the official interpreter; wrong shapes are named; the README's example runs."""

import inspect
import json
import re

import numpy as np
import pytest
from digits import answers, run_stored
from torpor_host.convert import ops, run, tflite
from torpor_host.convert.builder import Builder
from torpor_host.errors import ToolError
from torpor_host.paths import ROOT

README = ROOT / "host_tools/torpor_host/convert/README.md"
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def data_of(source, *samples):
    return run.convert(source, source.stored(list(samples)) if samples else None).data


def images(count=40, channels=1):
    return np.random.default_rng(0).uniform(-1, 1, (count, channels, 8, 8)).astype(np.float32)


def windows(x, k):
    """The valid convolution of images [n, c, h, w] with weights [out, c, kh, kw]."""
    views = np.lib.stride_tricks.sliding_window_view(x, k.shape[2:], (2, 3))
    return np.einsum("nchwij,ocij->nohw", views, k)


def strengths(x):
    y = windows(np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)]), np.stack([SOBEL, SOBEL.T])[:, None])
    return np.abs(y).mean((2, 3))


def example():
    """The Python of the README's example."""
    return re.search(r"```python\n(.*?)```", README.read_text(), re.S)[1]


def test_the_example_of_the_readme_as_float_and_as_int8():
    names = {}
    exec(example(), names)
    x = images()
    np.testing.assert_allclose(answers(data_of(names["make"]()), x)[0], strengths(x), rtol=1e-5)
    data = data_of(names["make"](), x)
    graph = tflite.read(data).main
    assert (graph.inputs[0].name, graph.inputs[0].shape, graph.outputs[0].name) == ("image", (1, 8, 8, 1), "strength")
    assert [op.name for op in graph.ops] == ["CONV_2D", "ABS", "MEAN", "RESHAPE"]
    np.testing.assert_allclose(answers(data, x)[0], strengths(x), atol=0.1)


def test_the_command_takes_it(torpor, tmp_path):
    (tmp_path / "edges.py").write_text(example())
    np.savez(tmp_path / "images.npz", x=images())
    result = torpor("convert", "edges.py:make", "edges.tflite", "--calibrate", "images.npz", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["from"], found["inputs"][0]["shape"], found["outputs"][0]["dtype"]) == ("NumPy", [1, 8, 8, 1], "int8")


def test_the_command_takes_several_inputs(torpor, tmp_path):
    (tmp_path / "sum.py").write_text("from torpor_host.convert.builder import Builder\n\ndef make():\n    net = Builder()\n"
                                     "    return net.finish(net.add(net.input('a', (1, 3)), net.input('b', (1, 3))))\n")
    a, b = np.random.default_rng(0).uniform(-1, 1, (2, 50, 3)).astype(np.float32)
    np.savez(tmp_path / "pairs.npz", a=a, b=b)
    result = torpor("convert", "sum.py:make", "sum.tflite", "--calibrate", "pairs.npz")
    assert result.returncode == 0, result.stderr
    np.testing.assert_allclose(run_stored((tmp_path / "sum.tflite").read_bytes(), [a, b])[0], a + b, atol=0.03)


def test_a_network_of_several_layers_is_what_numpy_computes():
    rng = np.random.default_rng(1)
    k, b, m = rng.normal(size=(4, 2, 3, 3)), rng.normal(size=4), rng.normal(size=(3, 36))
    net = Builder()
    y = net.relu(net.conv2d(net.input("x", (1, 2, 8, 8)), k, b))
    assert y.shape == (1, 4, 6, 6)
    y = net.linear(net.flatten(net.max_pool2d(y, 2), 1), m)
    x = images(20, 2)
    wanted = np.maximum(windows(x, k) + b[:, None, None], 0).reshape(20, 4, 3, 2, 3, 2).max((3, 5)).reshape(20, -1) @ m.T
    np.testing.assert_allclose(answers(data_of(net.finish(y)), x)[0], wanted, rtol=1e-4, atol=1e-4)


def test_two_inputs_and_two_outputs():
    net = Builder()
    a, b = net.input("a", (1, 3)), net.input("b", (1, 3))
    source = net.finish(net.add(a, b), net.mul(a, np.array([2, 3, 4])), names=["sum", "product"])
    graph = tflite.read(data_of(source)).main
    assert [(t.name, t.shape) for t in (*graph.inputs, *graph.outputs)] == [(name, (1, 3)) for name in ("a", "b", "sum", "product")]


def test_whole_numbers_as_weights_are_numbers():
    net = Builder()
    data = data_of(net.finish(net.linear(net.input("x", (1, 2)), np.array([[1, 2], [3, 4]]), np.array([5, 6]))))
    np.testing.assert_array_equal(answers(data, np.float32([[1, 1]]))[0], [[8, 13]])


@pytest.mark.parametrize("make, words", [
    (lambda net: net.linear(net.input("x", (1, 4)), np.ones((2, 5))), "linear_0: weights of [2, 5] do not fit an input of [1, 4]"),
    (lambda net: net.linear(net.input("x", (1, 4)), np.ones((2, 4)), np.ones(3)), "a bias of [3] does not fit 2 outputs"),
    (lambda net: net.conv2d(net.input("x", (1, 3, 8, 8)), np.ones((2, 4, 3, 3))), "weights of [2, 4, 3, 3] do not fit 3 channels in 1 groups"),
    (lambda net: net.conv2d(net.input("x", (1, 1, 2, 2)), np.ones((2, 1, 3, 3))), "window is larger"),
    (lambda net: net.relu(net.conv2d(net.input("x", (1, 1, 8, 8)), np.ones((2, 1, 3, 3)), np.ones(1))), "a bias of [1] does not fit 2 outputs"),
    (lambda net: net.reshape(net.input("x", (1, 4)), (1, 3)), "reshape_0: cannot reshape"),
    (lambda net: net.add(net.input("x", (1, 4)), np.ones((3, 4))), "more elements"),
    (lambda net: net.input("x", (2, 4)), "cannot have the shape [2, 4]"), (lambda net: net.input("x", (4,)), "cannot have the shape [4]"),
    (lambda net: [net.input("x", (1, 4)) for _ in range(2)], "two inputs x"),
    (lambda net: net.finish(), "no outputs"), (lambda net: net.finish(net.input("x", (1, 4))), "unchanged")])
def test_mistakes_are_named(make, words):
    with pytest.raises(ToolError) as caught:
        make(Builder())
    assert words in str(caught.value) and caught.value.hint


def test_layers_are_those_of_ops_and_show_their_arguments():
    net = Builder()
    assert {name for name in ops.TORCH if name[0] != "_"} <= set(dir(net))
    assert list(inspect.signature(net.conv2d).parameters)[:3] == ["x", "weights", "bias"] and "weights [out" in net.conv2d.__doc__
    with pytest.raises(AttributeError, match="there is no layer gelu; there are abs, "):
        net.gelu
