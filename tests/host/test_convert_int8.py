# SPDX-License-Identifier: MIT
"""Float `.tflite` files quantised to int8: scales as TFLM wants them, answers near the float model's, ranges from data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from digits import answers
from float_net import Net, assert_near, rows, scale, tensors
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema
from torpor_host.convert import calibrate, ranges, run, tflite
from torpor_host.convert.source import Source
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError


def test_layers_have_the_scales_of_their_parts():
    n = Net(6, 5, 3)
    a = n.op("CONV_2D", [n.x, n.weights(4, 3, 3, 3), n.weights(4)], (1, 6, 5, 4), padding="SAME", strideH=1, strideW=1)
    b = n.op("DEPTHWISE_CONV_2D", [a, n.weights(1, 3, 3, 8), n.weights(8)], (1, 6, 5, 8), padding="SAME", strideH=1, strideW=1, depthMultiplier=2)
    c = n.op("FULLY_CONNECTED", [b, n.weights(7, 240), n.weights(7)], (1, 7))
    before, result, x = n.converted([c])
    for name, axis, count in (("CONV_2D", 0, 4), ("DEPTHWISE_CONV_2D", 3, 8), ("FULLY_CONNECTED", 0, 1)):
        (x_in, k, bias), _ = tensors(result.data, name)
        assert (k.dtype, bias.dtype, k.axis, len(k.scales)) == (np.int8, np.int32, axis, count)
        assert not k.zero_points.any() and np.abs(k.values()).max() == 127
        np.testing.assert_allclose(bias.scales, x_in.scales * k.scales, rtol=1e-6)
    assert_near(before, result.data, x, 30)


@pytest.mark.parametrize("name, options, extra", [
    ("RESHAPE", {}, [[1, 4, 16]]), ("TRANSPOSE", {}, [[0, 2, 1, 3]]), ("PAD", {}, [[[0, 0], [1, 0], [0, 2], [0, 0]]]),
    ("MAX_POOL_2D", dict(padding="SAME", strideH=2, strideW=2, filterWidth=2, filterHeight=2), []),
    ("AVERAGE_POOL_2D", dict(padding="VALID", strideH=2, strideW=2, filterWidth=2, filterHeight=2), [])])
def test_what_copies_integers_keeps_the_scale(name, options, extra):
    shapes = {"RESHAPE": (1, 4, 16), "TRANSPOSE": (1, 4, 4, 4), "PAD": (1, 5, 6, 4)}
    n = Net(4, 4, 4)
    y = n.op(name, [n.x, *map(n.integers, extra)], shapes.get(name, (1, 2, 2, 4)), **options)
    before, result, x = n.converted([n.op("MUL", [y, y], shapes.get(name, (1, 2, 2, 4)))])
    (x_in, *_), y = tensors(result.data, name)
    assert scale(x_in) == scale(y)
    assert_near(before, result.data, x, 30)


def test_a_concatenation_covers_all_of_its_inputs():
    n = Net(8)
    small, large = (n.op("MUL", [n.x, n.numbers([gain])], (1, 8)) for gain in (0.25, -3.0))
    fixed = n.op("LOGISTIC", [n.x], (1, 8))
    y = n.op("CONCATENATION", [small, large, fixed, n.numbers(np.full((1, 2), 20))], (1, 26), axis=1)
    before, result, x = n.converted([y])
    inputs, y = tensors(result.data, "CONCATENATION")
    assert {str(scale(t)) for t in inputs} == {str(scale(y))}
    (_,), logistic = tensors(result.data, "LOGISTIC")
    assert scale(logistic) == ([1 / 256], [-128]) and scale(logistic) != scale(y)
    np.testing.assert_allclose(answers(result.data, x)[0], answers(before, x)[0], atol=y.scales[0] * 1.5)


@pytest.mark.parametrize("name, wanted", [
    ("SOFTMAX", ([1 / 256], [-128])), ("LOGISTIC", ([1 / 256], [-128])), ("TANH", ([1 / 128], [0])), ("LOG_SOFTMAX", ([16 / 256], [127]))])
def test_prescribed_scales(name, wanted):
    n = Net(8)
    y = n.op(name, [n.x], (1, 8), **({"beta": 1.0} if name == "SOFTMAX" else {}))
    before, result, x = n.converted([n.op("RESHAPE", [y, n.integers([8])], (8,))])
    assert scale(tensors(result.data, name)[1]) == wanted == scale(tensors(result.data, "RESHAPE")[1])
    assert_near(before, result.data, x, 25)


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"])
def test_two_operands(name):
    n = Net(4, 4, 3)
    a = n.op("MUL", [n.x, n.numbers([2.5])], (1, 4, 4, 3))
    y = n.op(name, [a, n.x], (1, 4, 4, 3))
    before, result, x = n.converted([n.op(name, [y, n.numbers([0.3])], (1, 4, 4, 3))])
    assert_near(before, result.data, x, 20)


@pytest.mark.parametrize("name, options", [("RELU", {}), ("RELU6", {}), ("LEAKY_RELU", dict(alpha=0.1)), ("HARD_SWISH", {}), ("ELU", {})])
def test_one_operand(name, options):
    n = Net(5, 5, 2)
    before, result, x = n.converted([n.op(name, [n.op("MUL", [n.x, n.numbers([4.0])], (1, 5, 5, 2))], (1, 5, 5, 2), **options)])
    assert_near(before, result.data, x, 25)


@pytest.mark.parametrize("name", ["RELU", "RELU6"])
def test_an_activation_with_an_operator_of_its_own(name):
    n = Net(5, 5, 2)
    before, result, x = n.converted([n.op(name, [n.x], (1, 5, 5, 2))])
    assert_near(before, result.data, x, 25)


def test_a_border_below_all_values_needs_no_room_in_the_range():
    n = Net(4, 4, 2)
    y = n.op("PADV2", [n.x, n.integers([[0, 0], [1, 1], [1, 1], [0, 0]]), n.numbers([float(np.finfo(np.float32).min)])], (1, 6, 6, 2))
    y = n.op("MAX_POOL_2D", [y], (1, 3, 3, 2), padding="VALID", strideH=2, strideW=2, filterWidth=2, filterHeight=2)
    before, result, x = n.converted([y])
    assert_near(before, result.data, x, 30)


def test_a_clamp_gives_its_input_the_range_that_is_left():
    n = Net(8)
    y = n.op("MINIMUM", [n.op("MUL", [n.x, n.numbers([3.0])], (1, 8)), n.numbers([0.5])], (1, 8))
    y = n.op("MAXIMUM", [y, n.numbers([-0.5])], (1, 8))
    before, result, x = n.converted([y])
    assert tensors(result.data, "MINIMUM")[0][0].scales[0] < 1.1 / 255
    assert_near(before, result.data, x, 20)


def test_relu6_alone_keeps_the_scale_and_gives_its_input_the_range_that_is_left():
    n = Net(8)
    a, b = (n.op("MUL", [n.x, n.numbers([gain])], (1, 8)) for gain in (3.0, -9.0))
    before, result, x = n.converted([n.op("RELU6", [n.op("CONCATENATION", [a, b], (1, 16), axis=1)], (1, 16))])
    (x_in,), y = tensors(result.data, "RELU6")
    assert scale(x_in) == scale(y)
    assert_near(before, result.data, x, 30)


@pytest.mark.parametrize("options", [dict(quantize="float"), {}, dict(quantize="int16x8")])
def test_an_absent_bias_of_a_depthwise_layer_is_left_out(options):
    n = Net(4, 4, 2)
    y = n.op("DEPTHWISE_CONV_2D", [n.x, n.weights(1, 3, 3, 2), -1], (1, 4, 4, 2), padding="SAME", strideH=1, strideW=1, depthMultiplier=1)
    _, result, x = n.converted([y], **options)
    assert None not in tensors(result.data, "DEPTHWISE_CONV_2D")[0]
    assert np.isfinite(answers(result.data, rows(x[:2]))[0]).all()


def test_a_bias_far_beyond_its_products_still_fits():
    n = Net(4)
    k = n.numbers(np.full((2, 4), 1e-9))
    before, result, x = n.converted([n.op("FULLY_CONNECTED", [n.x, k, n.numbers([5.0, -3.0])], (1, 2))])
    np.testing.assert_allclose(answers(result.data, x)[0], answers(before, x)[0], atol=0.05)


def test_float_ends_take_and_give_floats():
    n = Net(6)
    before, result, x = n.converted([n.op("FULLY_CONNECTED", [n.x, n.weights(3, 6), -1], (1, 3))], float_ends=True)
    graph = tflite.read(result.data).main
    assert [op.name for op in graph.ops] == ["QUANTIZE", "FULLY_CONNECTED", "DEQUANTIZE"]
    assert [t.dtype for t in (*graph.inputs, *graph.outputs)] == [np.float32, np.float32]
    assert_near(before, result.data, x, 30)


def test_names_and_metadata_stay():
    n = Net(6)
    n.w.metadata("torpor", b"labels")
    y = n.op("FULLY_CONNECTED", [n.x, n.weights(3, 6), -1], (1, 3))
    _, result, _ = n.converted([y])
    model = tflite.read(result.data)
    assert (model.metadata, model.main.inputs[0].name, model.main.outputs[0].name) == ([("torpor", b"labels")], "x", "fully_connected")


def test_outliers_do_not_cost_the_others_their_precision():
    n = Net(2, 2, 1)
    data = n.w.finish([n.x], [n.op("MUL", [n.x, n.numbers([1.5])], (1, 2, 2, 1))])
    source, x = Source("test", tflite.read(data)), n.rng.normal(size=(400, 2, 2, 1)).astype(np.float32)
    x[7, 0, 0, 0] = 300
    seen = list(calibrate.observe(source.model, source.stored([x])).values())[1]
    assert ranges.whole(seen)[1] == pytest.approx(450)
    assert ranges.percentile(1e-3)(seen)[1] < 10
    result = run.convert(source, source.stored([x]))
    methods = [trial for trial in result.trials if trial.name in ranges.METHODS]
    assert max(methods, key=lambda trial: trial.score).name == result.method


@given(st.integers(0, 10000))
@settings(max_examples=30)
def test_the_range_of_least_error_is_no_worse_than_the_whole_one(seed):
    rng = np.random.default_rng(seed)
    values = rng.standard_t(3, 5000) * rng.uniform(0.1, 10) + rng.normal()
    seen = calibrate.Seen(float(values.min()), float(values.max()))
    seen.count(values)

    def error(low, high):
        low, high = min(low, 0), max(high, 0)
        step = (high - low) / 255
        first = np.rint(low / step)
        return np.square(np.clip(np.rint(values / step), first, first + 255) * step - values).mean()

    assert error(*ranges.least_error(seen)) <= error(*ranges.whole(seen)) * 1.05


def test_a_shape_that_is_computed_from_the_input_is_folded():
    n = Net(4, 6, 2)
    shape = n.w.tensor("shape", (4,), np.int32)
    n.w.op("SHAPE", [n.x], [shape], outType=schema.TensorType.INT32)
    rows = n.w.tensor("rows", (), np.int32)
    n.w.op("STRIDED_SLICE", [shape, *map(n.integers, ([0], [1], [1]))], [rows], shrinkAxisMask=1)
    wanted = n.w.tensor("wanted", (2,), np.int32)
    n.w.op("PACK", [rows, n.integers(48)], [wanted], valuesCount=2)
    y = n.op("RESHAPE", [n.x, wanted], (1, 48))
    before, result, x = n.converted([n.op("FULLY_CONNECTED", [y, n.weights(3, 48), -1], (1, 3))])
    assert [op.name for op in tflite.read(result.data).main.ops] == ["FULLY_CONNECTED"]
    assert_near(before, result.data, x, 30)


def test_operators_without_an_int8_form_are_all_named():
    n = Net(8)
    y = n.op("SIN", [n.op("EXP", [n.x], (1, 8))], (1, 8))
    with pytest.raises(ToolError) as caught:
        n.converted([n.op("COS", [y], (1, 8))])
    assert str(caught.value) == (
        "3 layers cannot be quantised: #0 exp (EXP: no int8 form); #1 sin (SIN: no int8 form); #2 cos (COS: no int8 form).")


def test_a_quantised_model_is_refused():
    w = Writer()
    x, y = (w.tensor(name, (1, 4), np.int8, scale=0.1, zero_point=0) for name in "xy")
    w.op("RELU", [x], [y])
    with pytest.raises(ToolError, match="quantised already"):
        run.convert(Source("test", tflite.read(w.finish([x], [y]))))


def test_operators_that_the_engine_does_not_run_are_all_named():
    n = Net(4)
    a = n.op("RANK", [n.op("RANK", [n.x], (1, 4))], (1, 4))
    with pytest.raises(ToolError, match="^2 layers cannot be run: #0 rank .RANK.; #1 rank .RANK.."):
        run.convert(Source("test", tflite.read(n.w.finish([n.x], [a]))))
