# SPDX-License-Identifier: MIT
"""`torpor check` with labelled data: accuracy, confusion, and what each layer loses, against the wheel, NumPy and arithmetic."""

import numpy as np
import pytest
import seeds
from classifiers import classifier, examples, official, saved
from exact import Net
from torpor_host import engine
from torpor_host.check import accuracy, floats, labelled, noise, run
from torpor_host.convert import tflite
from torpor_host.convert.writer import Writer


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.tflite"
    path.write_bytes(classifier())
    return path


# ---- accuracy ----


def test_accuracy_and_confusion_are_those_of_the_official_interpreter(small, tmp_path):
    data = small.read_bytes()
    x, y = examples(data)
    answers = official(data, x).argmax(axis=1)
    y[:25] = answers[:25]
    found = run.check_file(small, ["emu-rv32"], saved(tmp_path / "test.npz", x=x, y=y)).accuracy
    wanted = np.zeros((4, 4), int)
    for label, answer in zip(y, answers):
        wanted[label, answer] += 1
    assert found.model == np.mean(y == answers) and np.array_equal(found.confusion, wanted) and found.samples == 40


def test_real_values_are_quantised_as_half_away_from_zero_and_saturated(tmp_path):
    net = Net()
    x = net.input((1, 3), zero=-3)  # scale 0.1
    data = net.finish([x], [net.dense(x, 60 * np.eye(3, dtype=int), bias=np.zeros(3, int))])
    # Half rounds up to 1, as 1.4 does; 130 is the most; -0.4 rounds to 0.
    real = np.float32([[0.05, 0.14, -1], [13.2, 99, 3], [-1, -0.04, -0.05]])
    quantised = np.int8([[-2, -2, -13], [127, 127, 27], [-13, -3, -4]])
    assert np.array_equal(official(data, quantised[:, None]).argmax(axis=1), [0, 0, 1])
    found = accuracy.measure(data, labelled.Labelled(real, np.array([0, 0, 1]), 3))
    assert found.model == 1 and found.float == 1 / 3  # of real numbers the greater one is greater


def test_a_single_output_tells_two_classes_apart():
    w = Writer()
    x, y = w.tensor("x", (1, 1), np.float32), w.tensor("y", (1, 1), np.float32)
    w.op("LOGISTIC", [x], [y])
    data = w.finish([x], [y])
    found = accuracy.measure(data, labelled.Labelled(np.float32([[[3]], [[-3]], [[1]]]), np.array([1, 0, 0]), 2))
    assert found.confusion.tolist() == [[1, 1], [0, 1]] and (found.float, found.float_from) == (None, None)


def test_examples_do_not_remember_each_other():
    # y = (x + what was before)^2: the second example alone has its largest element in place 1.
    x = np.float32([[3, 0, 0], [0, 2, 0]])
    assert accuracy.measure(seeds.all_seeds()["accumulator"], labelled.Labelled(x, np.array([0, 1]), 3)).model == 1


def test_a_float_twin_is_run_as_it_is(small, tmp_path):
    data = small.read_bytes()
    x, y = examples(data)
    w = Writer()
    a, b = w.tensor("a", (1, 6, 6, 2), np.float32), w.tensor("b", (1, 4), np.float32)
    k = w.tensor("k", (4, 72), np.float32, np.random.default_rng(3).normal(size=(4, 72)))
    flat, shape = w.tensor("flat", (1, 72), np.float32), w.tensor("shape", (2,), np.int32, [1, 72])
    w.op("RESHAPE", [a, shape], [flat])
    w.op("FULLY_CONNECTED", [flat, k, -1], [b])
    twin = tmp_path / "twin.tflite"
    twin.write_bytes(w.finish([a], [b]))
    scores = (x.reshape(40, 72) + 3.0) * 0.1 @ np.random.default_rng(3).normal(size=(4, 72)).T
    found = run.check_file(small, ["emu-rv32"], saved(tmp_path / "test.npz", x=x, y=y), twin).accuracy
    assert found.float == np.mean(scores.argmax(axis=1) == y) and found.float_from == "twin.tflite"


# ---- layers ----


def one_layer(scales, zero=5):
    """(file, weights, bias) of a dense layer; its input has scale 0.1 and zero point -3."""
    net = Net(4)
    x, k, bias = net.input((1, 20)), net.weights(6, 20), net.bias(6)
    y = net.activation((1, 6), zero, 4.0)
    net.w.op("FULLY_CONNECTED", [x[0], *net.constants(x, k, bias, 0, scales)], [y[0]])
    return net.finish([x], [y]), k, bias


@pytest.mark.parametrize("scales", [np.float32([0.03]), np.linspace(0.01, 0.04, 6, dtype=np.float32)])
def test_signal_to_noise_of_a_layer_is_the_formula(scales):
    data, k, bias = one_layer(scales)
    x, _ = examples(data)
    model = tflite.read(data)
    (layer,) = noise.layers(model, floats.Floats(model), x)
    real = (x.reshape(40, 20) + 3.0) * 0.1 @ (k * scales.astype(float)[:, None]).T + bias * 0.1 * scales.astype(float)
    quantised = (official(data, x) - 5.0) * 4.0
    wanted = 10 * np.log10((real**2).sum() / ((quantised - real) ** 2).sum())
    assert layer.snr_db == pytest.approx(wanted, abs=1e-3) and layer.own_snr_db == pytest.approx(wanted, abs=1e-3)


def test_an_output_without_negative_numbers_is_a_relu():
    data, k, bias = one_layer(np.float32([0.03]), zero=-128)
    x, _ = examples(data)
    (y,) = engine.Model(tflite.write(floats.Floats(tflite.read(data)).model))((x[0].astype(np.float32) + 3) * np.float32(0.1))
    real = (x[0].ravel() + 3.0) * 0.1 @ (k * float(np.float32(0.03))).T + bias * 0.1 * float(np.float32(0.03))
    assert (real < 0).any() and np.allclose(y.ravel(), np.maximum(real, 0), atol=1e-3)


@pytest.mark.parametrize("coarse", [0, 1, 3])
def test_a_layer_with_too_coarse_a_scale_is_the_one_that_loses_most(coarse):
    net = Net(2)
    first = x = net.input((1, 5, 5, 3))
    for i in range(5):
        k = net.constants(x, net.weights(3, 3, 3, 3) // 2, None, 0)
        y = net.activation((1, 5, 5, 3), 0, x[3] * 5)
        wide = net.activation((1, 5, 5, 3), 0, x[3] * 100) if i == coarse else y
        net.w.op("CONV_2D", [x[0], *k], [wide[0]], padding="SAME", strideH=1, strideW=1)
        x = *wide[:3], y[3]  # what follows is as fine as it was
    data = net.finish([first], [x])
    model = tflite.read(data)
    found = noise.layers(model, floats.Floats(model), examples(data)[0])
    assert noise.least(found).index == coarse
    assert found[4].snr_db < found[4].own_snr_db  # what was lost before is lost


def test_what_only_moves_loses_nothing():
    data = classifier()
    model = tflite.read(data)
    found = noise.layers(model, floats.Floats(model), examples(data)[0])
    assert found[2].op == "RESHAPE" and found[2].own_snr_db is None and found[2].snr_db == pytest.approx(found[1].snr_db)


def test_a_model_without_a_float_copy_still_has_its_accuracy():
    w = Writer()
    x, y = (w.tensor(name, (1, 4), np.int8, scale=0.1, zero_point=0) for name in "xy")
    flag = w.tensor("flag", (1,), np.bool_, [True])
    kept, turned = w.subgraph(), w.subgraph()
    for part in (kept, turned):
        a, b = (part.tensor(end, (1, 4), np.int8, scale=0.1, zero_point=0) for end in "ab")
        part.op("RELU", [a], [b])
        part.ends([a], [b])
    w.op("IF", [flag, x], [y], thenSubgraphIndex=kept.number, elseSubgraphIndex=turned.number)
    found = accuracy.measure(w.finish([x], [y]), labelled.Labelled(np.int8([[[1, 7, 3, 2]], [[9, 1, 1, 1]]]), np.array([1, 1]), 4))
    assert (found.model, found.float, found.layers) == (0.5, None, []) and "several subgraphs" in found.reason
