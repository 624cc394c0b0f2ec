# SPDX-License-Identifier: MIT
"""Channels that a model can do without go, and only they: every bit of every output stays."""

import numpy as np
import pytest
from exact import Net, assert_exact, changed, macs
from torpor_host.convert import tflite
from torpor_host.convert.graph import INT4
from torpor_host.convert.writer import Writer
from torpor_host.optimize.channels import drop_channels
from torpor_host.optimize.duplicates import merge_duplicates

DEAD = -100_000  # a bias that every activation clamps: the channel is the zero point, -128
HALF = 5000  # one that gives something in between


def depths(data, name):
    """Channels that each operator of a name writes."""
    return [op.outputs[0].shape[-1] for op in tflite.read(data).main.ops if op.name == name]


def planted(net, channels, depth, size=1, dead=(), bias=DEAD):
    """Weights and bias of a convolution some of whose channels have no weights."""
    k, b = net.weights(channels, size, size, depth), net.bias(channels)
    k[list(dead)], b[list(dead)] = 0, bias
    return k, b


def drop(data, *passes, removed):
    after, counts = changed(data, *passes, drop_channels)
    assert counts[-1] == removed
    assert_exact(data, after)
    return after


def test_dead_channels_go_through_a_depthwise_convolution():
    net = Net()
    x = net.input((1, 6, 5, 3))
    a = net.conv(x, *planted(net, 8, 3, dead=(1, 4, 7)))
    b = net.depthwise(a, net.weights(1, 3, 3, 8), np.full(8, 400))
    y = net.conv(b, net.weights(4, 1, 1, 8))
    data = net.finish([x], [y])
    after = drop(data, removed=6)
    assert depths(after, "CONV_2D") == [5, 4] and depths(after, "DEPTHWISE_CONV_2D") == [5]
    assert macs(after) == 30 * (3 * 5 + 9 * 5 + 5 * 4)


@pytest.mark.parametrize("size, padding, goes", [(1, "SAME", True), (3, "VALID", True), (3, "SAME", False)])
def test_a_constant_beside_the_zero_point_goes_where_no_border_shows_it(size, padding, goes):
    net = Net()
    x = net.input((1, 6, 5, 3))
    a = net.conv(x, *planted(net, 4, 3, dead=(2,), bias=HALF))
    y = net.conv(a, net.weights(4, size, size, 4), padding=padding)
    data = net.finish([x], [y])
    assert tflite.read(drop(data, removed=int(goes))).main.ops[0].outputs[0].shape[3] == 4 - goes


def test_what_a_constant_adds_moves_into_the_bias():
    net = Net()
    x = net.input((1, 2, 2, 3))
    k = net.weights(2, 1, 1, 3)
    a = net.conv(x, *planted(net, 3, 3, dead=(0,), bias=1 << 28))  # clamped at 127: 255 above the zero point
    y = net.conv(a, k, np.array([10, -20]))
    bias = tflite.read(drop(net.finish([x], [y]), removed=1)).main.ops[1].inputs[2].values()
    np.testing.assert_array_equal(bias, [10, -20] + 255 * k[:, 0, 0, 0])


def test_a_missing_bias_appears_when_it_is_needed():
    net = Net()
    x = net.input((1, 2, 2, 3))
    a = net.conv(x, *planted(net, 3, 3, dead=(0,), bias=HALF))
    data = net.finish([x], [net.conv(a, net.weights(2, 1, 1, 3), None)])
    assert len(tflite.read(drop(data, removed=1)).main.ops[1].inputs) == 3


def test_channels_that_nobody_reads_die_backwards():
    net = Net()
    x = net.input((1, 6, 6, 2))
    k = net.weights(3, 1, 1, 6)
    k[..., [0, 5]] = 0
    a = net.conv(x, net.weights(6, 3, 3, 2))
    b = net.depthwise(a, net.weights(1, 3, 3, 6))
    c = net.same("AVERAGE_POOL_2D", [b], (1, 3, 3, 6), -128, b[3], strideH=2, strideW=2, filterHeight=2, filterWidth=2,
                 padding="VALID")
    data = net.finish([x], [net.conv(c, k)])
    assert depths(drop(data, removed=6), "CONV_2D") == [4, 3]


def test_a_channel_that_is_clamped_for_every_input_goes():
    net = Net()
    x = net.input((1, 3, 3, 2))
    bias = net.bias(5)
    bias[3] = -2 * 127 * 255 - 300  # as much as the weights can add, and some more
    a = net.conv(x, net.weights(5, 1, 1, 2), bias)
    drop(net.finish([x], [net.conv(a, net.weights(4, 3, 3, 5))]), removed=1)


def test_a_channel_that_is_clamped_for_almost_every_input_stays():
    net = Net()
    x = net.input((1, 3, 3, 2), zero=0)
    k, bias = net.weights(5, 1, 1, 2), net.bias(5)
    k[3] = 100
    bias[3] = -100 * 2 * 127 + 400  # above the clamp for 127, 127 alone
    a = net.conv(x, k, bias)
    drop(net.finish([x], [net.conv(a, net.weights(4, 1, 1, 5))]), removed=0)


@pytest.mark.parametrize("other_dead, removed", [((2,), 3), ((1,), 0)])
def test_through_add_only_where_both_branches_allow(other_dead, removed):
    net = Net()
    x = net.input((1, 4, 4, 4))
    k = net.weights(3, 3, 3, 4)
    a = net.conv(x, *planted(net, 4, 4, dead=(2,)))
    b = net.conv(x, *planted(net, 4, 4, dead=other_dead))
    c = net.op("ADD", [a, b], (1, 4, 4, 4), zero=-128, scale=6.0)
    data = net.finish([x], [net.conv(c, k)])
    drop(data, removed=removed)


def test_a_residual_keeps_what_any_reader_needs():
    net = Net()
    x = net.input((1, 4, 4, 4))
    a = net.conv(x, *planted(net, 4, 4, dead=(2,)))
    b = net.conv(a, net.weights(4, 1, 1, 4))
    c = net.op("ADD", [a, b], (1, 4, 4, 4))
    drop(net.finish([x], [net.conv(c, net.weights(2, 1, 1, 4))]), removed=0)


def test_outputs_and_inputs_of_the_model_keep_their_shape():
    net = Net()
    x = net.input((1, 4, 4, 4))
    k = net.weights(4, 1, 1, 4)
    k[..., 1] = 0
    a = net.conv(x, k)
    b = net.conv(a, *planted(net, 4, 4, dead=(0, 1)))
    c = net.conv(b, net.weights(2, 1, 1, 4))
    drop(net.finish([x], [c, b]), removed=0)


def test_an_operator_that_mixes_channels_otherwise_keeps_them():
    net = Net()
    x = net.input((1, 1, 1, 4))
    a = net.conv(x, *planted(net, 6, 4, dead=(0, 1)))
    y = net.same("SOFTMAX", [a], (1, 1, 1, 6), -128, 1 / 256, beta=1.0)
    drop(net.finish([x], [y]), removed=0)


def test_a_depth_multiplier_drops_an_input_when_all_its_outputs_are_unread():
    net = Net()
    x = net.input((1, 4, 4, 3))
    k = net.weights(2, 1, 1, 8)
    k[..., [2, 3, 4]] = 0
    a = net.conv(x, net.weights(4, 1, 1, 3))
    b = net.depthwise(a, net.weights(1, 3, 3, 8))
    data = net.finish([x], [net.conv(b, k)])
    after = drop(data, removed=3)
    assert depths(after, "DEPTHWISE_CONV_2D") == [6] and depths(after, "CONV_2D") == [3, 2]


def test_concatenation_loses_channels_of_each_part():
    net = Net()
    x = net.input((1, 4, 4, 3))
    k = net.weights(2, 1, 1, 7)
    k[..., [0, 4, 6]] = 0
    parts = [net.conv(x, net.weights(n, 1, 1, 3)) for n in (3, 4)]
    c = net.same("CONCATENATION", parts, (1, 4, 4, 7), -128, parts[0][3], axis=3)
    after = drop(net.finish([x], [net.conv(c, k)]), removed=6)
    assert depths(after, "CONV_2D") == [2, 2, 2]


def test_a_dense_layer_sees_a_channel_at_every_place():
    net = Net()
    x = net.input((1, 3, 2, 3))
    a = net.conv(x, *planted(net, 4, 3, dead=(1,), bias=HALF))
    b = net.depthwise(a, net.weights(1, 3, 3, 4))  # constant, yet different at borders
    c = net.same("RESHAPE", [b], (1, 24), -128, b[3], [[1, 24]], newShape=[1, 24])
    after = drop(net.finish([x], [net.dense(c, net.weights(5, 24))]), removed=1 + 1 + 6)
    assert tflite.read(after).main.ops[2].inputs[1].values().tolist() == [1, 18]


def test_constants_beside_the_channels_are_cut_too():
    net = Net()
    x = net.input((1, 4, 4, 3))
    k = net.weights(2, 1, 1, 5)
    k[..., 3] = 0
    a = net.conv(x, net.weights(5, 1, 1, 3))
    wide = net.w.tensor("c", (5,), np.int8, [1, 2, 3, 4, 5], scale=0.1, zero_point=0), (5,), 0
    b = net.op("MUL", [a, wide], (1, 4, 4, 5))
    after = drop(net.finish([x], [net.conv(b, k)]), removed=2)
    assert tflite.read(after).main.ops[1].inputs[1].values().tolist() == [1, 2, 3, 5]


def test_sums_that_might_overflow_stay_as_they_are():
    net = Net()
    x = net.input((1, 2, 2, 3))
    a = net.conv(x, *planted(net, 3, 3, dead=(0,), bias=HALF))
    bias = np.array([2**31 - 1000, 5])
    drop(net.finish([x], [net.conv(a, net.weights(2, 1, 1, 3), bias)]), removed=0)


def test_per_channel_scales_of_a_dense_layer_never_become_one():
    net = Net()
    x = net.input((1, 6))
    k = net.weights(3, 4)
    k[:, 1:] = 0
    a = net.dense(x, net.weights(4, 6), scales=np.float32([0.01, 0.013, 0.017, 0.011]))
    after = drop(net.finish([x], [net.dense(a, k)]), removed=2)
    assert tflite.read(after).main.ops[0].inputs[1].shape == (2, 6)


def test_a_tensor_of_no_channels_is_none():
    net = Net()
    x = net.input((1, 3, 3, 2))
    a = net.conv(x, *planted(net, 3, 2, dead=(0, 1, 2)))
    after = drop(net.finish([x], [net.conv(a, net.weights(2, 1, 1, 3))]), removed=2)
    assert depths(after, "CONV_2D") == [1, 2]


def wide_layers(bias_type, k_type=np.int8):
    """x[1, 4] int16 -> [1, 5], whose channel 2 is constant -> [1, 3]."""
    rng, w = np.random.default_rng(4), Writer()
    x_type = np.int8 if k_type == INT4 else np.int16
    t = [w.tensor("t", (1, n), x_type, scale=s, zero_point=0) for n, s in ((4, 0.001), (5, 0.01), (3, 0.1))]
    for i, (n, m) in enumerate(((5, 4), (3, 5))):
        k = rng.integers(-7, 8, (n, m))
        k[2 if i == 0 else []] = 0
        inputs = [t[i], w.tensor("k", k.shape, k_type, k, scale=0.2)]
        if bias_type:
            bias = rng.integers(100, 1000, n)
            inputs.append(w.tensor("b", (n,), bias_type, bias, scale=0.2 * (0.001, 0.01)[i]))
        w.op("FULLY_CONNECTED", inputs, [t[i + 1]], **({} if k_type == INT4 else {"quantizedBiasType": "INT64"}))
    return w.finish([t[0]], [t[2]])


@pytest.mark.parametrize("bias_type, k_type, removed", [
    (np.int64, np.int8, 1), (None, np.int8, 0), (np.int32, INT4, 1), (None, INT4, 1)])
def test_other_widths(bias_type, k_type, removed):
    drop(wide_layers(bias_type, k_type), removed=removed)


def test_a_constant_that_int16_sums_without_a_bias_would_need_stays():
    rng, w = np.random.default_rng(4), Writer()
    t = [w.tensor("t", (1, 1, 1, n), np.int16, scale=s, zero_point=0) for n, s in ((4, 0.001), (5, 0.01), (3, 0.1))]
    k, b = rng.integers(-9, 9, (5, 1, 1, 4)), rng.integers(100, 1000, 5)
    k[2] = 0
    second = rng.integers(-9, 9, (3, 1, 1, 5))
    constants = w.tensor("k", k.shape, np.int8, k, scale=0.2), w.tensor("b", (5,), np.int64, b, scale=0.0002)
    w.op("CONV_2D", [t[0], *constants], [t[1]], padding="VALID", strideH=1, strideW=1)
    w.op("CONV_2D", [t[1], w.tensor("k", second.shape, np.int8, second, scale=0.2)], [t[2]], padding="VALID", strideH=1, strideW=1)
    drop(w.finish([t[0]], [t[2]]), removed=0)


def test_float_models_are_left_alone():
    w = Writer()
    t = [w.tensor("t", (1, n), np.float32) for n in (2, 3, 2)]
    k = [w.tensor("k", shape, np.float32, values) for shape, values in (((3, 2), np.zeros(6)), ((2, 3), np.ones(6)))]
    for i in range(2):
        w.op("FULLY_CONNECTED", [t[i], k[i]], [t[i + 1]])
    drop(w.finish([t[0]], [t[2]]), removed=0)


def test_models_of_several_subgraphs_are_left_alone():
    net = Net()
    x = net.input((1, 3, 3, 2))
    a = net.conv(x, *planted(net, 3, 2, dead=(0,)))
    model = tflite.read(net.finish([x], [net.conv(a, net.weights(2, 1, 1, 3))]))
    model.graphs.append(tflite.read(net.finish([x], [a])).main)
    assert (drop_channels(model), merge_duplicates(model)) == (0, 0)


# ---- equal channels ----


def twins(factor):
    """Channels 1 and 3 of a layer are equal; the next layer's weights for them are 100 / factor and 60 / factor."""
    net = Net()
    x = net.input((1, 4, 4, 3))
    k, b, after = net.weights(4, 1, 1, 3), net.bias(4), net.weights(2, 1, 1, 4)
    k[3], b[3] = k[1], b[1]
    after[..., 1], after[..., 3] = 100 // factor, 60 // factor
    scales = np.float32([0.01, 0.015, 0.012, 0.015])
    y = net.conv(x, k, b, scales=scales)
    d, bias = net.weights(1, 3, 3, 4), net.bias(4)
    d[..., 3], bias[3] = d[..., 1], bias[1]
    return net.finish([x], [net.conv(net.depthwise(y, d, bias, scales=scales), after)])


@pytest.mark.parametrize("factor, removed", [(2, 2), (1, 0)])
def test_equal_channels_become_one_if_their_weights_fit(factor, removed):
    drop(twins(factor), merge_duplicates, removed=removed)


def test_constants_that_differ_at_borders_are_equal_to_each_other():
    net = Net()
    x = net.input((1, 4, 4, 3))
    a = net.conv(x, *planted(net, 5, 3, dead=(0, 2), bias=HALF))
    d, bias, k = net.weights(1, 3, 3, 5), net.bias(5), net.weights(2, 1, 1, 5) // 2
    d[..., 0], bias[0] = d[..., 2], bias[2] = np.full((1, 3, 3), 10), 50
    b = net.depthwise(a, d, bias, scales=np.full(5, 0.01, np.float32))
    data = net.finish([x], [net.conv(b, k)])
    drop(data, removed=0)
    drop(data, merge_duplicates, removed=2)


# ---- padding ----


def test_padded_channels_are_no_channels_of_their_own():
    net = Net()
    x = net.input((1, 3, 3, 2))
    a = net.conv(x, *planted(net, 3, 2, dead=(1,)))
    b = net.same("PAD", [a], (1, 3, 3, 5), -128, a[3], [[[0, 0], [0, 0], [0, 0], [1, 1]]])
    drop(net.finish([x], [net.conv(b, net.weights(2, 1, 1, 5))]), removed=0)
