# SPDX-License-Identifier: MIT
"""TensorFlow's own converter, where the extra tensorflow is installed: for a SavedModel, and for models of Keras with layers that we lack.

It gives a float `.tflite`, which then goes the usual way. TensorFlow runs in a process of its own: it writes to stdout
and stderr as it likes, and a file that breaks it breaks nothing else.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from torpor_host.convert import tflite
from torpor_host.convert.source import Source
from torpor_host.errors import ToolError

# For a batch of 1: TensorFlow leaves computed shapes in a model whose batch is open.
_SCRIPT = """
import pathlib, sys
import tensorflow as tf

source, target, *shape = sys.argv[1:]
if not pathlib.Path(source).is_dir():  # a model of Keras
    folder = str(pathlib.Path(target).parent / "saved")
    tf.keras.models.load_model(source, compile=False).export(folder)
    source = folder

def spec(name, x, count):
    sizes = [int(n) for n in shape] if shape and count == 1 else list(x.shape)[1:]
    if None in sizes:
        sys.exit(f"the shape of the input {name} is open: {sizes}; give --shape")
    return tf.TensorSpec([1, *sizes], x.dtype, name)

model = tf.saved_model.load(source)
function = model.signatures["serving_default"]
inputs = function.structured_input_signature[1]
inputs = {name: spec(name, x, len(inputs)) for name, x in inputs.items()}
function = tf.function(function).get_concrete_function(**inputs)
data = tf.lite.TFLiteConverter.from_concrete_functions([function], model).convert()
pathlib.Path(target).write_bytes(data)
"""
_MISSING = "run: .venv/bin/pip install -e .[tensorflow] (some 2 GB), or save it as .keras or .h5"


def installed() -> bool:
    return importlib.util.find_spec("tensorflow") is not None


def load(path: Path, shape: tuple[int, ...] | None = None) -> Source:
    """The default signature of a SavedModel folder, for a batch of 1. shape: of its input, where the folder leaves it open.

    Raises ToolError: it is none, TensorFlow is missing, or cannot convert it."""
    if not (path / "saved_model.pb").is_file():
        raise ToolError(f"{path} is a folder without saved_model.pb.", "give a SavedModel folder, or a file")
    if not installed():
        raise ToolError(f"{path} is a SavedModel, which TensorFlow's own converter has to read.", _MISSING)
    return _converted(path, shape)


def of_keras(path: Path, shape: tuple[int, ...] | None = None) -> Source:
    """A `.keras` or `.h5`. Raises ToolError if TensorFlow cannot convert it."""
    return _converted(path, shape)


def _converted(path, shape):
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "float.tflite"
        command = [sys.executable, "-c", _SCRIPT, str(path), str(target), *map(str, shape or ())]
        environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
        if result.returncode or not target.exists():
            lines = result.stderr.strip().splitlines() or ["it says nothing"]
            raise ToolError(f"TensorFlow cannot convert {path}: {lines[-1].strip().rstrip('.')[:200]}.",
                            "make it work in Python first, with tf.lite.TFLiteConverter")
        return Source("TensorFlow", tflite.read(target.read_bytes()))
