# SPDX-License-Identifier: MIT
"""`--quantize auto --min-accuracy`: int16 only where int8 does not do, judged on examples that did not calibrate.

The images are shifted by up to 400 each, which their first pixel, always empty, tells; the first layer takes that off again.
So the input needs more than 8 bits, and nothing behind the first layer does.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
from digits import answers, digits
from exact import assert_exact
from float_net import Net
from torpor_host.convert import mixed, run, tflite
from torpor_host.convert.source import Source
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


def shifted(images, seed):
    flat = images.reshape(len(images), 64)
    return (flat - flat[:, :1] + np.random.default_rng(seed).uniform(-400, 400, (len(flat), 1))).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    """(float file, examples, labels, held out examples, their labels)."""
    train_x, train_y, test_x, test_y = digits()
    from sklearn.neural_network import MLPClassifier

    flat = train_x.reshape(-1, 64)
    fitted = MLPClassifier((24,), max_iter=60, learning_rate_init=0.01, random_state=0).fit(flat - flat[:, :1], train_y)
    w = Writer()
    first = np.eye(64)
    first[:, 0] -= 1
    tensors = [w.tensor("x", (1, 64), np.float32)]
    layers = [(first, np.zeros(64)), *((k.T, b) for k, b in zip(fitted.coefs_, fitted.intercepts_))]
    for i, (k, b) in enumerate(layers):
        constants = [w.tensor("k", k.shape, np.float32, k), w.tensor("b", b.shape, np.float32, b)]
        tensors.append(w.tensor(f"layer{i}", (1, len(k)), np.float32))
        w.op("FULLY_CONNECTED", [tensors[-2], *constants], [tensors[-1]], fusedActivationFunction="RELU" if i == 1 else "NONE")
    return w.finish(tensors[:1], tensors[-1:]), shifted(train_x[:400], 1), train_y[:400], shifted(test_x[:300], 2), test_y[:300]


def right(data, x, y):
    return float(np.mean(answers(data, x)[0].argmax(axis=1) == y))


def converted(network, least, quantize="auto"):
    data, x, y, *_ = network
    return run.convert(Source("test", tflite.read(data)), [x], run.Wanted(quantize, min_accuracy=least), y)


def test_only_what_reads_or_writes_the_sensitive_tensor_becomes_int16(network):
    found = converted(network, 0.93)
    graph = tflite.read(found.data).main
    assert found.int16 == ("layer0 (FULLY_CONNECTED)",) == found.steps[-1].int16
    assert [op.name for op in graph.ops] == ["FULLY_CONNECTED", "QUANTIZE", "FULLY_CONNECTED", "FULLY_CONNECTED"]
    assert [t.dtype for t in (*graph.inputs, *graph.outputs)] == [np.int16, np.int8]
    assert (found.steps[0].int16, len(found.steps[1].int16)) == ((), 3)
    assert found.steps[0].accuracy < 0.93 <= found.steps[-1].accuracy
    assert (found.samples, found.judged_on) == (200, 200)


def test_the_accuracy_holds_on_others_in_the_official_interpreter(network):
    float_data, _, _, x, y = network
    narrow, wide = (converted(network, least).data for least in (0.01, 0.93))
    assert right(narrow, x, y) < right(float_data, x, y) - 0.1
    assert right(wide, x, y) > right(float_data, x, y) - 0.03
    assert_exact(wide, wide)


def test_int8_is_kept_where_it_does(network):
    found = converted(network, 0.01)
    assert (found.int16, len(found.steps)) == ((), 1)
    assert {t.dtype for t in tflite.read(found.data).main.used() if t.data is None} == {np.dtype(np.int8)}


def test_an_accuracy_that_nothing_reaches(network):
    with pytest.raises(ToolError) as caught:
        converted(network, 1.0)
    words = str(caught.value)
    assert words.startswith("An accuracy of 1 is not reached: int8 reaches 0.") and "int16 in 3 layers 0.9" in words and "the float network 0.9" in words


def test_what_has_no_int16_form_stays_int8():
    n = Net(8)
    a = n.op("ELU", [n.op("FULLY_CONNECTED", [n.x, n.weights(8, 8), -1], (1, 8))], (1, 8))
    y = n.op("FULLY_CONNECTED", [a, n.weights(3, 8), -1], (1, 3))
    data = n.w.finish([n.x], [y])
    x = n.rng.normal(size=(200, 8)).astype(np.float32)
    y = answers(data, x)[0].argmax(axis=1)  # so the float network is always right
    narrow = run.convert(Source("test", tflite.read(data)), [x], run.Wanted("auto", min_accuracy=0.01), y).steps[0].accuracy
    with pytest.raises(ToolError, match="int16 in 2 layers") as caught:
        run.convert(Source("test", tflite.read(data)), [x * 1000], run.Wanted("auto", min_accuracy=1), (y + 1) % 3)
    assert narrow > 0.9 and "the float network 0" in str(caught.value)


def test_layers_of_both_kinds_give_the_same_bits():
    """Every choice of int16 operators in a network with a fork, a concatenation and a prescribed scale."""
    n = Net(6)
    a = n.op("FULLY_CONNECTED", [n.x, n.weights(6, 6), n.weights(6)], (1, 6))
    b = n.op("CONCATENATION", [a, n.op("TANH", [a], (1, 6))], (1, 12), axis=1)
    y = n.op("SOFTMAX", [n.op("FULLY_CONNECTED", [b, n.weights(4, 12), -1], (1, 4))], (1, 4), beta=1.0)
    _, result, x = n.converted([y])
    model = tflite.read(n.w.finish([n.x], [y]))
    chooser = run.Chooser(run.Judge(model, [x]), [x], False, False)
    best, snr = chooser.best(model), []
    for bits in range(1 << len(best.model.main.ops)):
        wide = frozenset(op for i, op in enumerate(best.model.main.ops) if bits >> i & 1)
        made = chooser.made(best.model, replace(best.plan, wide=wide))
        assert_exact(made.data, made.data, runs=4)
        snr.append(made.score.snr_db)
    assert snr[-1] > snr[0] + 3 and min(snr) > snr[0] - 3


def test_halves_have_nothing_in_common_and_all_classes():
    y = np.repeat(np.arange(10), [300, 200, 150, 50, 40, 30, 20, 10, 6, 2])
    halves = mixed.split(np.random.default_rng(0).permutation(y))
    shuffled = np.random.default_rng(0).permutation(y)
    assert not set(halves[0]) & set(halves[1]) and len(halves[0]) + len(halves[1]) == len(y)
    for half in halves:
        counts = np.bincount(shuffled[half], minlength=10)
        assert (np.abs(counts - np.bincount(y) / 2) <= 1).all()


# ---- the command line ----


@pytest.fixture
def files(network, tmp_path):
    data, x, y, *_ = network
    (tmp_path / "net.tflite").write_bytes(data)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    return tmp_path


def test_json_tells_the_steps(torpor, files):
    result = torpor("convert", "net.tflite", "out.tflite", "--calibrate", "data.npz", "--quantize", "auto", "--min-accuracy", 0.93, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["quantize"], found["min_accuracy"], found["judged_on"]) == ("auto", 0.93, 200)
    assert found["int16"] == found["steps"][-1]["int16"] == ["layer0 (FULLY_CONNECTED)"]
    assert 0.93 <= found["steps"][-1]["accuracy"] <= 1 and 0.93 < found["float_accuracy"] <= 1
    assert all(0 <= trial["accuracy"] <= 1 for trial in found["trials"])


def test_a_table_for_people(torpor, files):
    result = torpor("convert", "net.tflite", "out.tflite", "--calibrate", "data.npz", "--quantize", "auto", "--min-accuracy", 0.93)
    assert "In int16: layer0 (FULLY_CONNECTED)." in result.stdout and "accuracy on 200 others" in result.stdout


def test_an_unreached_accuracy_writes_nothing(fails, files):
    sentence, hint = fails("convert", "net.tflite", "out.tflite", "--calibrate", "data.npz", "--quantize", "auto", "--min-accuracy", "1")
    assert "is not reached" in sentence and "ask for less" in hint and not (files / "out.tflite").exists()


@pytest.mark.parametrize("least, quantize, words", [
    (0.9, "int8", "belong together"), (None, "auto", "belong together"), (0.0, "auto", "no share"), (1.5, "auto", "no share"),
    (float("nan"), "auto", "no share")])
def test_accuracies_that_cannot_be_asked_for(files, least, quantize, words):
    with pytest.raises(ToolError, match=words):
        run.convert_file(str(files / "net.tflite"), files / "out.tflite", files / "data.npz", quantize, min_accuracy=least)


@pytest.mark.parametrize("y, words", [
    (None, "has no labels"), (np.full(400, 10), "a label 10; the model has the classes 0 to 9"), (np.zeros(400), "not whole numbers"),
    (np.zeros(399, int), "x has 400 examples")])
def test_labels_that_are_none(files, network, y, words):
    np.savez(files / "data.npz", x=network[1], **({} if y is None else {"y": y}))
    with pytest.raises(ToolError, match=words):
        run.convert_file(str(files / "net.tflite"), files / "out.tflite", files / "data.npz", "auto", min_accuracy=0.9)


@pytest.mark.parametrize("spoil, words", [(lambda x: x[:0], "has no samples"), (lambda x: x * np.nan, "not finite")])
def test_examples_that_are_none(files, network, spoil, words):
    np.savez(files / "data.npz", x=spoil(network[1]), y=network[2])
    with pytest.raises(ToolError, match=words):
        run.convert_file(str(files / "net.tflite"), files / "out.tflite", files / "data.npz", "auto", min_accuracy=0.9)


def test_too_few_examples(files, network):
    np.savez(files / "data.npz", x=network[1][:19], y=network[2][:19])
    with pytest.raises(ToolError, match="19 labelled examples are too few"):
        run.convert_file(str(files / "net.tflite"), files / "out.tflite", files / "data.npz", "auto", min_accuracy=0.9)
