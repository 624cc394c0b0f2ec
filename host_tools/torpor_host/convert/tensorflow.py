# SPDX-License-Identifier: MIT
"""TensorFlow's own converter, where the extra tensorflow is installed: for a SavedModel, and for models of Keras with layers that we lack.

It gives a float `.tflite`, which then goes the usual way. TensorFlow runs in a process of its own: it writes to stdout
and stderr as it likes, and a file that breaks it breaks nothing else.
"""

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

from torpor_host.convert import tflite
from torpor_host.convert.source import Source
from torpor_host.errors import ToolError

_SAVED_MODEL = "tf.lite.TFLiteConverter.from_saved_model(sys.argv[1])"
_KERAS = "tf.lite.TFLiteConverter.from_keras_model(tf.keras.models.load_model(sys.argv[1], compile=False))"
_SCRIPT = "import pathlib, sys, tensorflow as tf; pathlib.Path(sys.argv[2]).write_bytes({}.convert())"
_MISSING = "run: .venv/bin/pip install -e .[tensorflow] (1.7 GB), or save it as .keras or .h5"


def installed() -> bool:
    return importlib.util.find_spec("tensorflow") is not None


def load(path: Path, shape: tuple[int, ...] | None = None) -> Source:
    """The default signature of a SavedModel folder. Raises ToolError: it is none, TensorFlow is missing, or cannot convert it."""
    if not (path / "saved_model.pb").is_file():
        raise ToolError(f"{path} is a folder without saved_model.pb.", "give a SavedModel folder, or a file")
    if not installed():
        raise ToolError(f"{path} is a SavedModel, which TensorFlow's own converter has to read.", _MISSING)
    return _converted(path, _SAVED_MODEL)


def of_keras(path: Path) -> Source:
    """A `.keras` or `.h5`. Raises ToolError if TensorFlow cannot convert it."""
    return _converted(path, _KERAS)


def _converted(path, how):
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "float.tflite"
        command = [sys.executable, "-c", _SCRIPT.format(how), str(path), str(target)]
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode or not target.exists():
            lines = result.stderr.strip().splitlines() or ["it says nothing"]
            raise ToolError(f"TensorFlow cannot convert {path}: {lines[-1].rstrip('.')[:200]}.", "convert it in Python first, with tf.lite.TFLiteConverter")
        return Source("TensorFlow", tflite.read(target.read_bytes()))
