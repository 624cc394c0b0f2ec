# SPDX-License-Identifier: MIT
"""Passes that drop or fuse operators: each where it is exact, and nowhere else."""

import numpy as np
import pytest
from exact import Net, assert_exact, changed
from torpor_host.convert import tflite
from torpor_host.convert.writer import Writer
from torpor_host.optimize.activations import fuse_activations
from torpor_host.optimize.constants import fold_constants, merge_constants
from torpor_host.optimize.dead import drop_dead
from torpor_host.optimize.noops import drop_noops
from torpor_host.optimize.padding import fuse_padding
from torpor_host.optimize.reshapes import simplify_reshapes


def ops(data):
    return [op.name for op in tflite.read(data).main.ops]


def run(data, *passes, left):
    """The file after the passes; `left`: the operators that it must have then. Passes count if and only if that is a change."""
    before = ops(data)
    after, counts = changed(data, *passes)
    assert ops(after) == left and (sum(counts) > 0) == (left != before)
    assert_exact(data, after)
    return after


# ---- PAD ----


def padded(size, kernel, stride, pads, name="CONV_2D", dtype=np.int8, value=None, padding="VALID", zero=5, twice=False):
    """PAD (or PADV2 with a value), then a convolution."""
    rng, w = np.random.default_rng(size), Writer()
    quantised = dtype == np.int8
    fields = lambda scale, zero: dict(scale=scale, zero_point=zero) if quantised else {}  # noqa: E731
    depth, wide = 3, [size + sum(p) for p in pads]
    x = w.tensor("x", (1, size, size, depth), dtype, **fields(0.1, zero))
    p = w.tensor("p", (1, *wide, depth), dtype, **fields(0.1, zero))
    extra = [] if value is None else [w.tensor("v", (), dtype, [value], **fields(0.1, zero))]
    w.op("PAD" if value is None else "PADV2", [x, w.tensor("pads", (4, 2), np.int32, [[0, 0], *pads, [0, 0]]), *extra], [p])
    outputs = [p] if twice else []
    shape = (4, kernel, kernel, depth) if name == "CONV_2D" else (1, kernel, kernel, depth)
    k = rng.integers(-127, 128, shape) if quantised else rng.normal(size=shape)
    out = [(n - kernel) // stride + 1 for n in wide] if padding == "VALID" else [-(-n // stride) for n in wide]
    y = w.tensor("y", (1, *out, 4 if name == "CONV_2D" else depth), dtype, **fields(0.5, -7))
    w.op(name, [p, w.tensor("k", shape, dtype, k, **fields(0.01, 0))], [y], padding=padding, strideH=stride, strideW=stride,
         **({} if name == "CONV_2D" else {"depthMultiplier": 1}))
    return w.finish([0], [y, *outputs])


@pytest.mark.parametrize("name", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize("dtype", [np.int8, np.float32])
@pytest.mark.parametrize("size, kernel, stride, pads", [
    (6, 3, 1, ((1, 1), (1, 1))), (6, 3, 2, ((0, 1), (0, 1))), (7, 3, 2, ((1, 1), (1, 1))), (8, 5, 1, ((2, 2), (2, 2))),
    (6, 2, 1, ((0, 1), (0, 1)))])
def test_pad_becomes_same_padding(name, dtype, size, kernel, stride, pads):
    run(padded(size, kernel, stride, pads, name, dtype), fuse_padding, left=[name])


@pytest.mark.parametrize("size, kernel, stride, pads", [
    (6, 3, 2, ((1, 1), (1, 1))), (6, 3, 1, ((2, 0), (1, 1))), (6, 3, 1, ((1, 1), (0, 2))), (6, 3, 1, ((2, 2), (2, 2))),
    (6, 7, 2, ((3, 3), (3, 3)))])
def test_pad_stays_where_same_pads_otherwise(size, kernel, stride, pads):
    run(padded(size, kernel, stride, pads), fuse_padding, left=["PAD", "CONV_2D"])


def test_pad_beyond_what_the_window_reaches_is_no_matter():
    run(padded(6, 3, 2, ((0, 2), (0, 1))), fuse_padding, left=["CONV_2D"])


@pytest.mark.parametrize("value, left", [(5, ["CONV_2D"]), (4, ["PADV2", "CONV_2D"])])
def test_padding_with_a_value(value, left):
    run(padded(6, 3, 1, ((1, 1), (1, 1)), value=value), fuse_padding, left=left)


def test_pad_before_same_padding_stays():
    run(padded(6, 3, 1, ((1, 1), (1, 1)), padding="SAME"), fuse_padding, left=["PAD", "CONV_2D"])


def test_pad_that_is_an_output_stays():
    run(padded(6, 3, 1, ((1, 1), (1, 1)), twice=True), fuse_padding, left=["PAD", "CONV_2D"])


# ---- QUANTIZE, RELU ----


def test_quantize_to_the_same_scale_goes_in_the_middle_and_at_the_end():
    net = Net()
    x = net.input((1, 4, 4, 2))
    a = net.conv(x, net.weights(3, 1, 1, 2), activation="NONE", zero=7)
    b = net.same("QUANTIZE", [a], a[1], 7, a[3])
    c = net.conv(b, net.weights(2, 1, 1, 3), activation="NONE", zero=9)
    y = net.same("QUANTIZE", [c], c[1], 9, c[3])
    run(net.finish([x], [y]), drop_noops, left=["CONV_2D", "CONV_2D"])


@pytest.mark.parametrize("zero, factor", [(8, 1.0), (7, 1.001)])
def test_quantize_to_other_numbers_stays(zero, factor):
    net = Net()
    x = net.input((1, 4, 4, 2), zero=7)
    run(net.finish([x], [net.same("QUANTIZE", [x], x[1], zero, 0.1 * factor)]), drop_noops, left=["QUANTIZE"])


def test_quantize_between_both_ends_of_the_model_stays():
    net = Net()
    x = net.input((1, 4), zero=7)
    run(net.finish([x], [net.same("QUANTIZE", [x], x[1], 7, 0.1)]), drop_noops, left=["QUANTIZE"])


def test_quantize_between_two_outputs_stays():
    net = Net()
    x = net.input((1, 4, 4, 2))
    a = net.conv(x, net.weights(3, 1, 1, 2), activation="NONE", zero=7)
    y = net.same("QUANTIZE", [a], a[1], 7, a[3])
    run(net.finish([x], [a, y]), drop_noops, left=["CONV_2D", "QUANTIZE"])


@pytest.mark.parametrize("activation, left", [("RELU", ["CONV_2D"]), ("NONE", ["CONV_2D", "RELU"])])
def test_relu_of_what_is_never_negative_goes(activation, left):
    net = Net()
    x = net.input((1, 4, 4, 2))
    a = net.conv(x, net.weights(3, 1, 1, 2), activation=activation, zero=-20)
    run(net.finish([x], [net.same("RELU", [a], a[1], -20, a[3])]), drop_noops, left=left)


@pytest.mark.parametrize("activation", ["RELU", "RELU6"])
@pytest.mark.parametrize("zero", [-128, -20, 100])
def test_activation_becomes_part_of_a_convolution(activation, zero):
    net = Net()
    x = net.input((1, 4, 4, 2))
    a = net.conv(x, net.weights(3, 1, 1, 2), activation="NONE", zero=zero)
    after = run(net.finish([x], [net.same(activation, [a], a[1], zero, a[3])]), fuse_activations, left=["CONV_2D"])
    assert tflite.read(after).main.ops[0].options.fusedActivationFunction == {"RELU": 1, "RELU6": 3}[activation]


def test_activation_becomes_part_of_an_addition():
    net = Net()
    x, z = net.input((1, 4, 4, 2)), net.input((1, 4, 4, 2), zero=50)
    a = net.op("ADD", [x, z], (1, 4, 4, 2), zero=11, scale=0.2)
    run(net.finish([x, z], [net.same("RELU", [a], a[1], 11, 0.2)]), fuse_activations, left=["ADD"])


def test_activation_that_rescales_or_follows_another_or_is_not_alone_stays():
    for activation, factor, shared in (("NONE", 1.5, False), ("RELU6", 1, False), ("NONE", 1, True)):
        net = Net()
        x = net.input((1, 4, 4, 2))
        a = net.conv(x, net.weights(3, 1, 1, 2), activation=activation, zero=-20)
        y = net.same("RELU", [a], a[1], -20, a[3] * factor)
        run(net.finish([x], [y, a] if shared else [y]), fuse_activations, left=["CONV_2D", "RELU"])


@pytest.mark.parametrize("activation", ["RELU", "RELU6"])
def test_float_activation_is_fused_also_for_infinities_and_nan(activation):
    w = Writer()
    x, y, z = (w.tensor("t", (1, 8), np.float32) for _ in range(3))
    w.op("FULLY_CONNECTED", [x, w.tensor("k", (8, 8), np.float32, np.eye(8))], [y])
    w.op(activation, [y], [z])
    data = w.finish([x], [z])
    after = run(data, fuse_activations, left=["FULLY_CONNECTED"])
    from tflite_micro import runtime

    results = []
    for model in (data, after):
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
        for value in (np.inf, -np.inf, np.nan, -0.0, 3e38):
            interpreter.set_input(np.full((1, 8), value, np.float32), 0)
            interpreter.invoke()
            results.append(interpreter.get_output(0).tobytes())
    assert results[:5] == results[5:]


# ---- RESHAPE ----


def test_reshape_before_a_dense_layer_goes():
    net = Net()
    x = net.input((1, 2, 3, 4))
    a = net.depthwise(x, net.weights(1, 3, 3, 4))
    b = net.same("RESHAPE", [a], (1, 24), -128, a[3], [[1, 24]], newShape=[1, 24])
    data = net.finish([x], [net.dense(b, net.weights(3, 24))])
    run(data, simplify_reshapes, drop_dead, left=["DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])


def test_a_chain_of_reshapes_becomes_one_without_a_second_input():
    net = Net()
    x = net.input((2, 2, 3, 4))
    a = net.same("RESHAPE", [x], (2, 24), -3, 0.1, [[2, -1]], newShape=[2, -1])
    b = net.same("EXPAND_DIMS", [a], (2, 1, 24), -3, 0.1, [[1]])
    c = net.same("SQUEEZE", [b], (2, 24), -3, 0.1, squeezeDims=[1])
    y = net.same("RESHAPE", [c], (4, 12), -3, 0.1, [[4, 12]], newShape=[4, 12])
    after = run(net.finish([x], [y]), simplify_reshapes, drop_dead, left=["RESHAPE"])
    assert len(tflite.read(after).main.ops[0].inputs) == 1


def test_reshapes_back_to_the_first_shape_vanish():
    net = Net()
    x = net.input((2, 2, 3, 4))
    a = net.same("RESHAPE", [x], (2, 24), -3, 0.1, [[2, 24]])
    b = net.same("RESHAPE", [a], (2, 2, 3, 4), -3, 0.1, [[2, 2, 3, 4]])
    run(net.finish([x], [net.conv(b, net.weights(2, 1, 1, 4))]), simplify_reshapes, drop_dead, left=["CONV_2D"])


def test_reshape_that_others_need_stays():
    net = Net()
    x = net.input((1, 2, 3, 4))
    a = net.same("RESHAPE", [x], (1, 24), -3, 0.1, [[1, 24]])
    y = net.dense(a, net.weights(3, 24))
    data = net.finish([x], [y, a])
    after, _ = changed(data, simplify_reshapes, drop_dead)
    assert ops(after) == ["RESHAPE", "FULLY_CONNECTED"]
    assert_exact(data, after)


# ---- constants and dead parts ----


def test_a_shape_that_is_computed_becomes_a_constant():
    net = Net()
    x = net.input((2, 3, 4))
    w = net.w
    shape, first, wanted = w.tensor("s", (3,), np.int32), w.tensor("f", (1,), np.int32), w.tensor("t", (2,), np.int32)
    begin, end, ones, last = (w.tensor("c", (1,), np.int32, [v]) for v in (0, 1, 1, 12))
    w.op("SHAPE", [x[0]], [shape], outType="INT32")
    w.op("STRIDED_SLICE", [shape, begin, end, ones], [first])
    w.op("CONCATENATION", [first, last], [wanted], axis=0)
    y = net.activation((2, 12), -3, 0.1)
    w.op("RESHAPE", [x[0], wanted], [y[0]])
    data = net.finish([x], [y])
    after, counts = changed(data, fold_constants, drop_dead)
    assert counts[0] == 3 and ops(after) == ["RESHAPE"]
    assert tflite.read(after).main.ops[0].inputs[1].values().tolist() == [2, 12]
    straight = Net()  # our engine takes no computed shapes: compare with the same model written down at once
    x = straight.input((2, 3, 4))
    assert_exact(straight.finish([x], [straight.same("RESHAPE", [x], (2, 12), -3, 0.1, [[2, 12]])]), after)


def test_what_would_make_the_file_larger_is_not_folded():
    w = Writer()
    x, y, big = (w.tensor("t", (1000,), np.float32) for _ in range(3))
    w.op("DEQUANTIZE", [w.tensor("q", (1000,), np.int8, np.ones(1000), scale=0.5, zero_point=0)], [big])
    w.op("ADD", [x, big], [y])
    run(w.finish([x], [y]), fold_constants, left=["DEQUANTIZE", "ADD"])


def test_equal_constants_become_one_and_unlike_ones_stay():
    w = Writer()
    x = w.tensor("x", (1, 4), np.int8, scale=0.1, zero_point=0)
    t = x
    for scale, value in ((0.1, 1), (0.1, 1), (0.2, 1), (0.1, 2)):
        y = w.tensor("y", (1, 4), np.int8, scale=0.1, zero_point=0)
        w.op("ADD", [t, w.tensor("c", (4,), np.int8, [value] * 4, scale=scale, zero_point=0)], [y])
        t = y
    data = w.finish([x], [t])
    after, counts = changed(data, merge_constants, drop_dead)
    assert counts == [1, 1]
    assert_exact(data, after)


def test_operators_that_lead_nowhere_go_with_what_only_they_read():
    net = Net()
    x = net.input((1, 4, 4, 2))
    a = net.conv(x, net.weights(3, 1, 1, 2))
    b = net.conv(a, net.weights(3, 1, 1, 3))
    net.conv(b, net.weights(3, 1, 1, 3))
    after = run(net.finish([x], [a]), drop_dead, left=["CONV_2D"])
    assert len(tflite.read(after).main.tensors) == 4


def test_custom_operators_are_kept_even_if_nobody_reads_them():
    w = Writer()
    x, y, z = (w.tensor("t", (1, 4), np.float32) for _ in range(3))
    w.op("RELU", [x], [y])
    w.custom("Mine", [x], [z])
    _, counts = changed(w.finish([x], [y]), drop_dead)
    assert counts == [0]
