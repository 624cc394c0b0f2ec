# SPDX-License-Identifier: MIT
"""Models of Keras, converted from .keras and .h5: as Keras computes them on PyTorch, or as NumPy does."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from digits import run_stored
from torpor_host.convert import keras as front
from torpor_host.convert import run, source as sources, tensorflow, tflite
from torpor_host.errors import ToolError

h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra keras)")
pytest.importorskip("torch", reason="PyTorch is not installed (extra train)")
os.environ["KERAS_BACKEND"] = "torch"
keras = pytest.importorskip("keras", reason="Keras is not installed (extra test)")
L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore")  # of PyTorch, about padding

KINDS = (".keras", ".h5")


@pytest.fixture(autouse=True)
def _without_tensorflow(monkeypatch):
    """What TensorFlow would take over is refused, wherever these tests run."""
    monkeypatch.setattr(tensorflow, "installed", lambda: False)


def filled(model, seed=0):
    """The model with random weights, statistics too."""
    rng = np.random.default_rng(seed)
    for w in model.weights:
        if w.dtype == "float32":
            wide = any(part in w.name for part in ("variance", "gamma"))
            w.assign(rng.uniform(0.5, 1.5, w.shape) if wide else 0.4 * rng.normal(size=w.shape))
    return model


def computed(model, inputs):
    got = model(inputs, training=False)
    return [np.asarray(y.detach()) for y in (got if isinstance(got, (list, tuple)) else [got])]


def assert_as_keras(model, folder, kinds=KINDS, samples=3):
    """The float model in the official interpreter gives what Keras gives; returns its operators' names."""
    rng = np.random.default_rng(1)
    given = [rng.normal(size=(samples, *x.shape[1:])).astype(np.float32) for x in model.inputs]
    wanted = computed(filled(model), given if len(given) > 1 else given[0])
    for kind in kinds:
        model.save(folder / f"net{kind}")
        source = front.load(folder / f"net{kind}")
        assert [shape for _, shape in source.inputs()] == [(1, *x.shape[1:]) for x in given]
        data = run.convert(source).data
        for got, want in zip(run_stored(data, source.stored(given)), wanted, strict=True):
            assert got.shape == want.shape
            np.testing.assert_allclose(got, want, atol=1e-4, rtol=1e-5)
    names = [op.name for op in tflite.read(data).main.ops]
    assert not {"TRANSPOSE", "GATHER"} & set(names)
    return names


def chain(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


CASES = {
    "convolutions": ((11, 10, 3), lambda: [L.Conv2D(6, 3, (2, 1), "same", activation="relu"), L.Conv2D(4, (3, 2), dilation_rate=2)], 2),
    "groups": ((7, 6, 4), lambda: [L.Conv2D(8, 3, groups=2, padding="same", use_bias=False)], 1),
    "depthwise": ((8, 8, 3), lambda: [L.DepthwiseConv2D(3, 2, "same", depth_multiplier=2), L.BatchNormalization(), L.ReLU(6.0)], 1),
    "separable": ((8, 8, 3), lambda: [L.SeparableConv2D(5, 3, depth_multiplier=2, activation="relu")], 2),
    "sequences": ((40, 3), lambda: [
        L.Conv1D(6, 5, 2, "same"), L.BatchNormalization(), L.ReLU(), L.Conv1D(5, 3, padding="causal", dilation_rate=2), L.MaxPooling1D(2),
        L.AveragePooling1D(3, 1, "same"), L.SeparableConv1D(4, 3), L.GlobalAveragePooling1D(), L.Dense(3)], 10),
    "more sequences": ((12, 3), lambda: [
        L.DepthwiseConv1D(3, padding="same"), L.ZeroPadding1D((1, 2)), L.Cropping1D((2, 1)), L.UpSampling1D(2), L.Conv1DTranspose(4, 3, 2, "same"),
        L.GlobalMaxPooling1D()], 8),
    "pools": ((10, 9, 4), lambda: [
        L.MaxPooling2D(3, 2, "same"), L.AveragePooling2D(2, 1, "same"), L.AveragePooling2D((1, 2)), L.GlobalAveragePooling2D(keepdims=True)], 4),
    "maximum of an image": ((6, 5, 4), lambda: [L.GlobalMaxPooling2D()], 2),
    "mean of an image": ((6, 5, 4), lambda: [L.GlobalAveragePooling2D(), L.Dense(3)], 2),
    "borders": ((5, 6, 2), lambda: [L.ZeroPadding2D(((1, 2), (0, 3))), L.Cropping2D(((1, 0), (2, 1)))], 3),
    "shapes": ((5, 6, 2), lambda: [L.Reshape((6, -1)), L.Permute((2, 1)), L.Flatten(), L.Dense(4)], 1),
    "permuted image": ((5, 6, 2), lambda: [L.Permute((3, 1, 2)), L.Flatten(), L.Dense(4)], 1),
    "dense over an image": ((5, 6, 2), lambda: [L.Dense(4, activation="tanh"), L.Dense(3, use_bias=False)], 4),
    "dense over steps": ((5, 6), lambda: [L.TimeDistributed(L.Dense(4)), L.Dense(3, activation="softmax")], 4),
    "activations": ((4, 4, 3), lambda: [L.Activation(a) for a in (
        "sigmoid", "tanh", "silu", "hard_silu", "leaky_relu", "elu", "hard_sigmoid", "relu6", "linear", "log_softmax")], 12),
    "activation layers": ((4, 4, 3), lambda: [L.LeakyReLU(0.2), L.PReLU(shared_axes=[1, 2]), L.ELU(), L.ReLU(negative_slope=0.1), L.Softmax()], 7),
    "a slope an element": ((4, 4, 3), lambda: [L.PReLU()], 1),
    "activation of a layer": ((4,), lambda: [L.Dense(3, activation=L.LeakyReLU(0.3))], 2),
    "batch normalisation": ((5, 5, 3), lambda: [
        L.BatchNormalization(scale=False), L.Conv2D(3, 3, padding="same"), L.Dropout(0.2), L.BatchNormalization(center=False)], 2),
    "rescaling": ((5, 5, 3), lambda: [L.Rescaling(1 / 127.5, -1.0), L.RandomFlip(), L.Conv2D(3, 3)], 1),
    "rescaling each channel": ((5, 5, 3), lambda: [L.Rescaling([1.0, 2.0, 3.0], [-1.0, 0.0, 1.0])], 1),
    "normalisation": ((5, 5, 3), lambda: [L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 2.0, 4.0]), L.Conv2D(3, 3)], 1),
    "normalisation, adapted": ((5, 5, 3), lambda: [L.Normalization()], 1),
    "normalisation of steps": ((5, 4), lambda: [L.Normalization(axis=1, mean=np.arange(5.0), variance=np.arange(1.0, 6.0))], 2),
    "normalisation of all": ((5, 5, 3), lambda: [L.Normalization(axis=None, mean=2.0, variance=3.0), L.Conv2D(2, 2)], 1),
    "upsampling": ((4, 3, 2), lambda: [L.UpSampling2D((2, 3)), L.UpSampling2D(2, interpolation="bilinear")], 2),
    "transposed": ((4, 5, 3), lambda: [L.Conv2DTranspose(4, 3, 2, "same", use_bias=False), L.BatchNormalization(), L.ReLU()], 1),
    "transposed, with one more": ((4, 5, 3), lambda: [L.Conv2DTranspose(4, 3, 2, "same", output_padding=1)], 1),
}


@pytest.mark.parametrize("case", CASES)
def test_layers_as_keras_computes_them(case, tmp_path):
    shape, make, count = CASES[case]
    assert len(assert_as_keras(chain(shape, *make()), tmp_path)) == count


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel, stride", [(2, 1), (2, 3), (3, 2), (4, 1), (4, 2), (5, 3)])
def test_transposed_convolutions(kernel, stride, padding, tmp_path):
    names = assert_as_keras(chain((4, 5, 3), L.Conv2DTranspose(2, kernel, stride, padding)), tmp_path, KINDS[:1])
    assert names == ["TRANSPOSE_CONV"]


GRAPHS = {
    "squeeze and excite": lambda x: L.Multiply()([x, L.Dense(3, activation="sigmoid")(L.GlobalAveragePooling2D()(x))]),
    "merges": lambda x: L.Concatenate()([
        L.Average()([x, L.ReLU()(x), x]), L.Subtract()([x, L.Conv2D(3, 1)(x)]), L.Maximum()([x, L.Conv2D(3, 1)(x)]), L.Minimum()([x, x])]),
    "concatenation of rows": lambda x: L.Concatenate(axis=1)([x, L.Add()([x, L.ReLU()(x), x])]),
    "functions": lambda x: keras.ops.sigmoid(2 - keras.ops.relu(x + 1.0) * 2 - L.Conv2D(3, 1)(x) / 4),
    "functions of the last dimension": lambda x: keras.ops.softmax(keras.ops.elu(x), axis=-1),
    "several outputs": lambda x: [L.GlobalMaxPooling2D()(x), L.Conv2D(2, 3)(x)],
}


@pytest.mark.parametrize("graph", GRAPHS)
def test_graphs_as_keras_computes_them(graph, tmp_path):
    x = keras.Input((6, 5, 3))
    assert_as_keras(keras.Model(x, GRAPHS[graph](x)), tmp_path)


def test_models_in_models_and_layers_that_are_used_twice(tmp_path):
    a, b = keras.Input((6, 6, 2), name="a"), keras.Input((6, 6, 2), name="b")
    inner = chain((3, 3, 4), L.Conv2D(4, 3, padding="same", name="same"), L.BatchNormalization(name="norm"), L.ReLU())
    x = keras.Input((6, 6, 2))
    block = keras.Model(x, inner(L.Conv2D(4, 2, 2, name="same")(x)), name="block")
    shared = L.Dense(3, name="shared")
    model = keras.Model([a, b], L.Add()([shared(L.Flatten()(block(a))), shared(L.Flatten()(block(b)))]))
    assert_as_keras(model, tmp_path)


def test_many_layers_of_one_class(tmp_path):
    """Their groups are counted: conv2d, conv2d_1 ... conv2d_11."""
    assert_as_keras(chain((6, 6, 2), *[L.Conv2D(2, 3, padding="same") for _ in range(12)]), tmp_path)


def test_int8(tmp_path):
    model = filled(chain((8, 8, 2), L.Conv2DTranspose(4, 3, 2, "same"), L.PReLU(shared_axes=[1, 2]), L.UpSampling2D(2, interpolation="bilinear"),
                         L.DepthwiseConv2D(3, 2), L.Activation("elu"), L.Flatten(), L.Dense(5)))
    model.save(tmp_path / "net.keras")
    x = np.random.default_rng(0).normal(size=(60, 8, 8, 2)).astype(np.float32)
    source = front.load(tmp_path / "net.keras")
    data = run.convert(source, [x[:40]]).data
    graph, (want,) = tflite.read(data).main, computed(model, x[40:])
    assert {t.dtype for t in (*graph.inputs, *graph.outputs)} == {np.dtype(np.int8)}
    (got,) = run_stored(data, [x[40:]])
    assert 10 * np.log10(np.square(want).mean() / np.square(want - got).mean()) > 25


def test_an_open_shape_can_be_given(tmp_path):
    model = filled(keras.Sequential([keras.Input((None, None, 3)), L.Conv2D(4, 3), L.GlobalAveragePooling2D()]))
    model.save(tmp_path / "net.keras")
    with pytest.raises(ToolError, match=r"is open: \[None, None, 3\]"):
        front.load(tmp_path / "net.keras")
    source = front.load(tmp_path / "net.keras", (6, 7, 3))
    x = np.ones((1, 6, 7, 3), np.float32)
    np.testing.assert_allclose(run_stored(run.convert(source).data, [x])[0], computed(model, x)[0], atol=1e-5)


def test_a_function_that_returns_a_model(tmp_path):
    (tmp_path / "net.py").write_text("import keras\n\n\ndef make():\n    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\n")
    source = sources.load(f"{tmp_path / 'net.py'}:make", None, None)
    assert (source.kind, [op.name for op in tflite.read(run.convert(source).data).main.ops]) == ("Keras", ["FULLY_CONNECTED"])


# ---- Files of Keras 2: written here, since it is not installed ----


def keras_2(layers, kind="Sequential", **more):
    return {"class_name": kind, "config": {"name": "net", "layers": layers, **more}}


def described(kind, name, nodes=None, **config):
    entry = {"class_name": kind, "config": {"name": name, "trainable": True, **config}}
    return entry if nodes is None else {**entry, "name": name, "inbound_nodes": nodes}


def dense(name, units, nodes=None, **config):
    return described("Dense", name, nodes, **{"units": units, "activation": "linear", "use_bias": True, **config})


K, B = np.arange(12.0, dtype=np.float32).reshape(4, 3) / 10, np.float32([1, -2, 3])


def write_legacy(path, config, weights, version="2.15.0"):
    """weights: of each layer of the model, names and arrays."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(config), version
        top = file.create_group("model_weights")
        for layer, arrays in weights.items():
            group = top.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, array in arrays.items():
                group[name] = array


def test_a_sequential_model_of_keras_2(tmp_path):
    config = keras_2([dense("d", 3, batch_input_shape=[None, 4], activation="hard_sigmoid")])
    write_legacy(tmp_path / "net.h5", config, {"d": {"d/kernel:0": K, "d/bias:0": B}})
    x = np.float32([[0.1, -0.2, 0.3, 0.4]])
    source = front.load(tmp_path / "net.h5")
    np.testing.assert_allclose(run_stored(run.convert(source).data, [x])[0], np.clip(0.2 * (x @ K + B) + 0.5, 0, 1), atol=1e-6)


def test_a_functional_model_of_keras_2_with_a_model_in_it(tmp_path):
    block = described("Sequential", "block", [[["x", 0, 0, {}]]], layers=[described("InputLayer", "in", batch_input_shape=[None, 4]), dense("d", 3)])
    config = keras_2([
        described("InputLayer", "x", [], batch_input_shape=[None, 4]),
        block,
        dense("e", 3, [[["x", 0, 0, {}]]], use_bias=False),
        described("TFOpLambda", "tf.math.add", [["e", 0, 0, {"y": ["block", 1, 0], "name": None}]], function="math.add"),
        described("TFOpLambda", "tf.math.subtract", [["_CONSTANT_VALUE", -1, 3.0, {"y": ["block", 1, 0]}]], function="math.subtract"),
        described("Add", "sum", [[["tf.math.add", 0, 0, {}], ["tf.math.subtract", 0, 0, {}]]]),
    ], "Functional", input_layers=[["x", 0, 0]], output_layers=[["sum", 0, 0]])
    write_legacy(tmp_path / "net.h5", config, {"block": {"d/kernel:0": K, "d/bias:0": B}, "e": {"e/kernel:0": 2 * K}})
    x = np.float32([[0.1, -0.2, 0.3, 0.4]])
    source = front.load(tmp_path / "net.h5")
    np.testing.assert_allclose(run_stored(run.convert(source).data, [x])[0], x @ (2 * K) + 3, atol=1e-6)


# ---- Bad files: one sentence, one hint, nothing half-written ----


def fault(path, hint=None):
    with pytest.raises(ToolError) as caught:
        run.convert_file(str(path), path.parent / "out.tflite", quantize="float")
    assert not (path.parent / "out.tflite").exists()
    assert hint is None or hint in caught.value.hint
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no archive", b"\x89HDF\r\n\x1a\n" + bytes(200), b"anything"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_model(kind, content, tmp_path):
    path = tmp_path / f"net{kind}"
    path.write_bytes(content)
    assert fault(path, "model.save()") == f"net{kind} is no whole model of Keras."


def test_a_file_that_was_cut_off(tmp_path):
    for kind in KINDS:
        path = tmp_path / f"net{kind}"
        chain((4,), L.Dense(3)).save(path)
        whole = path.read_bytes()
        for part in (0.2, 0.5, 0.9):
            path.write_bytes(whole[: int(len(whole) * part)])
            assert f"net{kind} is no whole model of Keras" in fault(path)


def test_weights_alone(tmp_path):
    chain((4,), L.Dense(3)).save_weights(tmp_path / "net.weights.h5")
    assert fault(tmp_path / "net.weights.h5", "not save_weights()") == "net.weights.h5 holds weights alone, without the model."
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["layer_names"] = [b"dense"]
    assert "weights alone" in fault(tmp_path / "old.h5")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"] = np.zeros(3)
    assert fault(tmp_path / "data.h5") == "data.h5 holds no model of Keras."


def repacked(path, **parts):
    """Rewrites an archive with other parts; None drops one."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**kept, **{n.replace("_", "."): d for n, d in parts.items()}}.items():
            if data is not None:
                archive.writestr(name, data)


def test_weights_that_are_missing(tmp_path):
    path = tmp_path / "net.keras"
    chain((4,), L.Dense(3)).save(path)
    repacked(path, model_weights_h5=None)
    assert fault(path) == "net.keras has no weights."
    chain((4,), L.Dense(3, use_bias=False, name="d")).save(path)
    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json").replace(b'"use_bias": false', b'"use_bias": true')
    repacked(path, config_json=config)
    assert fault(path) == "The file has 1 weights for d (Dense), not 2."


def test_a_configuration_that_contradicts_itself(tmp_path):
    path = tmp_path / "net.keras"
    chain((4,), L.Dense(3, name="d")).save(path)
    for old, new in ((b"[null, 4]", b"[null, 5]"), (b'"use_bias"', b'"use_dias"'), (b'"layers": [', b'"layers": [3, ')):
        chain((4,), L.Dense(3, name="d")).save(path)
        with zipfile.ZipFile(path) as archive:
            config = archive.read("config.json").replace(old, new)
        repacked(path, config_json=config)
        assert fault(path).startswith("net.keras is no whole model of Keras")


def places(part, at=()):
    """Where each part of a configuration stands, but for what a trained network has no more use of."""
    yield at
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if not str(key).endswith(("initializer", "regularizer", "constraint", "dtype")):
            yield from places(value, (*at, key))


def test_any_change_of_the_configuration_is_converted_or_refused(tmp_path):
    path, rng = tmp_path / "net.keras", np.random.default_rng(0)
    x = keras.Input((6, 6, 2))
    block = chain((3, 3, 4), L.SeparableConv2D(4, 3, padding="same"), L.BatchNormalization())
    y = L.Conv2D(4, 3, 2, "same")(x)
    y = L.UpSampling2D()(L.Concatenate()([L.Add()([y, block(y)]) * 2.0, y]))
    keras.Model(x, L.Dense(2, activation="softmax")(L.Flatten()(L.Conv2DTranspose(2, 2)(y)))).save(path)
    with zipfile.ZipFile(path) as archive:
        whole = json.loads(archive.read("config.json"))
    known, outcomes = list(places(whole))[1:], []
    for place in (known[i] for i in rng.choice(len(known), 100)):
        config = json.loads(json.dumps(whole))
        part = config
        for key in place[:-1]:
            part = part[key]
        part[place[-1]] = (None, -1, 0, 7, 1e30, 99999999, "x", [], {}, [1, 2, 3])[rng.integers(10)]
        repacked(path, config_json=json.dumps(config))
        try:
            outcomes.append(len(run.convert(front.load(path)).data))
        except ToolError as error:
            outcomes.append(error.hint)
    assert 10 < sum(isinstance(outcome, str) for outcome in outcomes) < 90


@pytest.mark.parametrize("kind", KINDS)
def test_any_damaged_byte_is_converted_or_refused(kind, tmp_path):
    path, rng = tmp_path / f"net{kind}", np.random.default_rng(0)
    chain((4,), L.Dense(3), L.BatchNormalization()).save(path)
    whole, refused = path.read_bytes(), 0
    for _ in range(60):
        data = np.frombuffer(whole, np.uint8).copy()
        data[rng.integers(len(data), size=8)] = rng.integers(256, size=8)
        path.write_bytes(data)
        try:
            run.convert(front.load(path))
        except ToolError:
            refused += 1
    assert refused


def test_samples_of_another_shape(tmp_path):
    chain((8, 6, 1), L.Conv2D(2, 3)).save(tmp_path / "net.keras")
    np.savez(tmp_path / "data.npz", x=np.zeros((5, 1, 8, 6), np.float32))
    with pytest.raises(ToolError, match="samples of 1x8x6; the input input takes 8x6x1"):
        run.convert_file(str(tmp_path / "net.keras"), tmp_path / "out.tflite", tmp_path / "data.npz")


def test_all_unknown_layers_are_named_with_their_places(tmp_path):
    block = chain((6, 6, 4), L.Conv2D(4, 3, name="c"), L.LayerNormalization(name="norm"))
    block.name = "block"
    model = chain((8, 8, 1), L.Conv2D(4, 3, name="conv", activation="gelu"), block, L.Reshape((4, 16)), L.GRU(3, name="gru"))
    for kind in KINDS:
        model.save(tmp_path / f"net{kind}")
        words = fault(tmp_path / f"net{kind}", "instead of GRU: convolutions over time")
        assert words == "3 layers cannot be converted: conv (Conv2D: activation gelu); block/norm (LayerNormalization); gru (GRU)."


@pytest.mark.parametrize("function", [lambda x: keras.ops.softmax(x, axis=1), lambda x: keras.ops.elu(x, alpha=0.5), lambda x: keras.ops.max(x, axis=1)])
def test_functions_with_arguments_that_are_not_known(function, tmp_path):
    x = keras.Input((4, 3))
    keras.Model(x, L.Dense(2)(function(x))).save(tmp_path / "net.keras")
    assert fault(tmp_path / "net.keras").startswith("One layer cannot be converted: ")


def test_channels_first(tmp_path):
    chain((2, 6, 6), L.Conv2D(3, 3, data_format="channels_first", name="c")).save(tmp_path / "net.keras")
    assert fault(tmp_path / "net.keras", "channels_last") == "One layer cannot be converted: c (Conv2D: it has channels first)."


class Pickled(keras.Model):
    """A model of code, not of layers."""

    def __init__(self, **config):
        super().__init__(**config)
        self.part = L.Dense(3)

    def call(self, x):
        return self.part(x)


def test_a_model_of_code(tmp_path):
    model = Pickled()
    model(np.zeros((1, 4)))
    model.save(tmp_path / "net.keras")
    assert fault(tmp_path / "net.keras", "Sequential") == "net.keras is a Pickled, whose layers the file does not describe."


def test_code_in_a_file_is_never_run(tmp_path):
    for kind in KINDS:
        chain((4,), L.Lambda(lambda x: open("evil.txt", "w"), output_shape=(4,), name="evil")).save(tmp_path / f"net{kind}")
        assert fault(tmp_path / f"net{kind}") == "One layer cannot be converted: evil (Lambda: it holds code, which is not run)."
    assert not Path("evil.txt").exists()


# ---- TensorFlow ----


def test_a_saved_model_without_tensorflow(tmp_path):
    (tmp_path / "saved").mkdir()
    assert fault(tmp_path / "saved") == "saved is a folder without saved_model.pb."
    (tmp_path / "saved/saved_model.pb").write_bytes(b"")
    assert fault(tmp_path / "saved", "[tensorflow]") == "saved is a SavedModel, which TensorFlow's own converter has to read."


@pytest.mark.parametrize("change, left", [({}, True), ({"module": "evil", "class_name": "Dense"}, False), ({"class_name": "Lambda"}, False)])
def test_only_layers_of_keras_are_left_to_tensorflow(tmp_path, monkeypatch, change, left):
    """It would import what a file names."""
    monkeypatch.setattr(tensorflow, "installed", lambda: True)
    monkeypatch.setattr(tensorflow, "of_keras", lambda path, shape: path)
    path = tmp_path / "net.keras"
    chain((5, 4), L.GRU(3, name="gru"), L.Dense(2)).save(path)
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][2].update(change)
    repacked(path, config_json=json.dumps(config))
    if left:
        assert front.load(path) == path
    else:
        with pytest.raises(ToolError, match="gru .GRU."):
            front.load(path)
