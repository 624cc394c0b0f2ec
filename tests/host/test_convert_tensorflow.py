# SPDX-License-Identifier: MIT
"""What TensorFlow's own converter does for us, where it is installed: SavedModels, and layers of Keras that we lack."""

import os

import numpy as np
import pytest
from digits import run_stored
from torpor_host.convert import run, source, tensorflow
from torpor_host.errors import ToolError

if not tensorflow.installed():
    pytest.skip("TensorFlow is not installed (extra tensorflow)", allow_module_level=True)
import tensorflow as tf  # noqa: E402


@pytest.fixture
def saved(tmp_path):
    """A SavedModel of a function over images whose size is open, and the function."""
    kernel = tf.Variable(np.random.default_rng(0).normal(size=(3, 3, 2, 4)).astype(np.float32))

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 2], tf.float32, name="image")])
        def __call__(self, image):
            return tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(image, kernel, 2, "SAME")), (1, 2))

    module = Module()
    module.kernel = kernel
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures={"serving_default": module.__call__})
    return tmp_path / "saved", lambda x: module(x).numpy()


def test_a_saved_model(saved):
    path, function = saved
    x = np.random.default_rng(1).normal(size=(40, 6, 8, 2)).astype(np.float32)
    found = source.load(str(path), None, (6, 8, 2))
    assert (found.kind, [shape for _, shape in found.inputs()]) == ("TensorFlow", [(1, 6, 8, 2)])
    np.testing.assert_allclose(run_stored(run.convert(found).data, [x])[0], function(x), atol=1e-5)
    int8 = run_stored(run.convert(source.load(str(path), None, (6, 8, 2)), [x]).data, [x])[0]
    np.testing.assert_allclose(int8, function(x), atol=0.05)


def test_a_saved_model_whose_shape_is_open(saved):
    with pytest.raises(ToolError, match=r"the shape of the input image is open: \[None, None, 2\]"):
        source.load(str(saved[0]), None, None)


def test_a_damaged_saved_model(tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/saved_model.pb").write_bytes(b"damaged")
    with pytest.raises(ToolError, match="TensorFlow cannot convert"):
        run.convert_file(str(tmp_path / "saved"), tmp_path / "out.tflite", quantize="float")
    assert not (tmp_path / "out.tflite").exists()


@pytest.mark.parametrize("kind", [".keras", ".h5"])
def test_layers_of_keras_that_only_tensorflow_converts(tmp_path, kind):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="Keras is not installed (extra test)")
    L = keras.layers
    model = keras.Sequential([keras.Input((6, 4)), L.Dense(5), L.LayerNormalization(), L.GRU(3, unroll=True)])
    model.save(tmp_path / f"net{kind}")
    x = np.random.default_rng(1).normal(size=(5, 6, 4)).astype(np.float32)
    found = source.load(str(tmp_path / f"net{kind}"), None, None)
    assert found.kind == "TensorFlow"
    np.testing.assert_allclose(run_stored(run.convert(found).data, [x])[0], keras.ops.convert_to_numpy(model(x)), atol=1e-5)
