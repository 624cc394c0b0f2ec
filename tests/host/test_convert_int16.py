# SPDX-License-Identifier: MIT
"""`--quantize int16x8`: int16 activations around zero, int8 weights, int64 biases, as near the float network as they should be."""

import json

import numpy as np
import pytest
from digits import accuracy, converted
from exact import assert_exact
from float_net import Net, assert_near, scale, tensors
from torpor_host.convert import tflite
from torpor_host.errors import ToolError


@pytest.mark.parametrize("name", ["plain", "residual", "separable"])
def test_digits(name):
    wide = converted(name, quantize="int16x8").data
    assert accuracy(wide) >= accuracy(converted(name, quantize="float").data) - 0.004
    assert {t.dtype for t in tflite.read(wide).main.used() if t.data is None} == {np.dtype(np.int16)}
    assert_exact(wide, wide)


def test_layers_have_int8_weights_and_int64_biases():
    n = Net(6, 5, 3)
    a = n.op("CONV_2D", [n.x, n.weights(4, 3, 3, 3), n.weights(4)], (1, 6, 5, 4), padding="SAME", strideH=1, strideW=1)
    b = n.op("DEPTHWISE_CONV_2D", [a, n.weights(1, 3, 3, 8), n.weights(8)], (1, 6, 5, 8), padding="SAME", strideH=1, strideW=1, depthMultiplier=2)
    before, result, x = n.converted([n.op("FULLY_CONNECTED", [b, n.weights(7, 240), n.weights(7)], (1, 7))], quantize="int16x8")
    for name, axis, count in (("CONV_2D", 0, 4), ("DEPTHWISE_CONV_2D", 3, 8), ("FULLY_CONNECTED", 0, 1)):
        (x_in, k, bias), y = tensors(result.data, name)
        assert (x_in.dtype, k.dtype, bias.dtype, y.dtype) == (np.int16, np.int8, np.int64, np.int16)
        assert (k.axis, len(k.scales), x_in.zero_point, y.zero_point) == (axis, count, 0, 0)
        np.testing.assert_allclose(bias.scales, x_in.scales * k.scales, rtol=1e-6)
    assert_near(before, result.data, x, 35)
    assert_exact(result.data, result.data)


ONE, IMAGE = (1, 4, 4, 3), dict(padding="VALID", strideH=2, strideW=2, filterWidth=2, filterHeight=2)


@pytest.mark.parametrize("name, shape, extra, options", [
    ("RESHAPE", (1, 48), [[1, 48]], {}), ("TRANSPOSE", (1, 3, 4, 4), [[0, 3, 1, 2]], {}),
    ("PAD", (1, 5, 6, 3), [[[0, 0], [1, 0], [0, 2], [0, 0]]], {}), ("MAX_POOL_2D", (1, 2, 2, 3), [], IMAGE),
    ("AVERAGE_POOL_2D", (1, 2, 2, 3), [], IMAGE), ("MEAN", (1, 3), [[1, 2]], {}), ("SUM", (1, 3), [[1, 2]], {}),
    ("RELU", ONE, [], {}), ("RELU6", ONE, [], {}), ("LEAKY_RELU", ONE, [], dict(alpha=0.1)), ("LOGISTIC", ONE, [], {}), ("TANH", ONE, [], {}),
    ("SOFTMAX", ONE, [], dict(beta=1.0))])
def test_an_operator_of_one_operand(name, shape, extra, options):
    n = Net(4, 4, 3)
    a = n.op("CONCATENATION", [n.op("MUL", [n.x, n.numbers([2.0])], ONE), n.x], (1, 4, 4, 6), axis=3)
    n.w.op("SPLIT", [n.integers(3), a], [first := n.w.tensor("a", ONE, np.float32), n.w.tensor("b", ONE, np.float32)], numSplits=2)
    before, result, x = n.converted([n.op(name, [first, *map(n.integers, extra)], shape, **options)], quantize="int16x8")
    assert name in [op.name for op in tflite.read(result.data).main.ops]
    assert_near(before, result.data, x, 55)
    assert_exact(result.data, result.data)


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "CONCATENATION"])
def test_an_operator_of_two_operands(name):
    n = Net(4, 4, 3)
    a = n.op("TANH", [n.op("MUL", [n.x, n.numbers([2.5])], ONE)], ONE)
    shape = (1, 4, 4, 6) if name == "CONCATENATION" else ONE
    y = n.op(name, [a, n.x], shape, **({"axis": 3} if name == "CONCATENATION" else {}))
    before, result, x = n.converted([n.op("MUL", [y, n.numbers([0.3])], shape)], quantize="int16x8")
    assert_near(before, result.data, x, 50)
    assert_exact(result.data, result.data)


def test_slopes_of_prelu_are_int8():
    n = Net(4, 4, 3)
    before, result, x = n.converted([n.op("PRELU", [n.x, n.numbers([[[0.25, -0.5, 0.1]]])], ONE)], quantize="int16x8")
    (x_in, slopes), y = tensors(result.data, "PRELU")
    assert (x_in.dtype, slopes.dtype, y.dtype) == (np.int16, np.int8, np.int16)
    assert_near(before, result.data, x, 40)
    assert_exact(result.data, result.data)


@pytest.mark.parametrize("name", ["SOFTMAX", "LOGISTIC", "TANH"])
def test_prescribed_scales(name):
    n = Net(8)
    _, result, _ = n.converted([n.op(name, [n.x], (1, 8), **({"beta": 1.0} if name == "SOFTMAX" else {}))], quantize="int16x8")
    assert scale(tensors(result.data, name)[1]) == ([1 / 32768], [0])


def test_float_ends():
    n = Net(6)
    before, result, x = n.converted([n.op("FULLY_CONNECTED", [n.x, n.weights(3, 6), -1], (1, 3))], quantize="int16x8", float_ends=True)
    graph = tflite.read(result.data).main
    assert [op.name for op in graph.ops] == ["QUANTIZE", "FULLY_CONNECTED", "DEQUANTIZE"]
    assert [t.dtype for t in (*graph.inputs, *graph.outputs)] == [np.float32, np.float32]
    assert_near(before, result.data, x, 40)


def test_operators_without_an_int16_form_are_all_named():
    n = Net(8)
    y = n.op("HARD_SWISH", [n.op("RESIZE_BILINEAR", [n.op("ELU", [n.x], (1, 8)), n.integers([1, 1])], (1, 8))], (1, 8))
    with pytest.raises(ToolError) as caught:
        n.converted([y], quantize="int16x8")
    assert str(caught.value) == (
        "3 layers cannot be quantised: #0 elu (ELU: no int16 form); #1 resize_bilinear (RESIZE_BILINEAR: no int16 form); "
        "#2 hard_swish (HARD_SWISH: no int16 form).")
    assert "instead of ELU: --quantize int8" in caught.value.hint


def test_the_command_line(torpor, model, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32))
    result = torpor("convert", model, "out.tflite", "--calibrate", "data.npz", "--quantize", "int16x8", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["quantize"], found["method"], found["inputs"][0]["dtype"], found["outputs"][0]["zero_point"]) == ("int16x8", "min-max", "int16", 0)


def test_int16_needs_data(fails, model):
    assert fails("convert", model, "out.tflite", "--quantize", "int16x8")[0] == "Quantising to int16x8 needs data to calibrate with."
