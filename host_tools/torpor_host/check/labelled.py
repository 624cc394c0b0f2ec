# SPDX-License-Identifier: MIT
"""Labelled data for a classifier: an .npz with x, one example a row, and y, the index of each example's class."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from torpor_host.convert.graph import Model, Tensor
from torpor_host.errors import ToolError

_HINT = "write it with numpy.savez(file, x=examples, y=labels)"


@dataclass(frozen=True)
class Labelled:
    """x: [n, ...] of the input's shape, in its integer type as they are, or float32, real values. y: int64 [n].

    classes: how many the model tells apart.
    """

    x: np.ndarray
    y: np.ndarray
    classes: int


def read(path: Path, model: Model) -> Labelled:
    """The examples in `path`, held against a model of one input, whose first output has an element for each class.

    An output of a single element tells two classes apart: at least 0.5 is class 1.
    Raises ToolError: no .npz, x or y missing or empty, of the wrong shape or type, not finite, labels out of range.
    """
    if len(model.main.inputs) != 1:
        raise ToolError(f"The model has {len(model.main.inputs)} inputs: labelled examples are for models of one.",
                        "leave --data away")
    x, y = _arrays(path)
    size = model.main.outputs[0].size
    classes = 2 if size == 1 else size
    return Labelled(_examples(path, x, model.main.inputs[0]), labels(path, y, len(x), classes), classes)


def _arrays(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            if missing := {"x", "y"} - set(file.files):
                raise ToolError(f"{path} has no {' and no '.join(sorted(missing))}.", _HINT)
            return file["x"], file["y"]
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror or error}.", "check the path") from None
    except (ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile):  # an .npy, a pickle, or damaged
        raise ToolError(f"{path} is not an .npz file of numbers.", _HINT) from None


def _examples(path, x, tensor: Tensor):
    want = _shape(tensor.shape)
    if x.ndim < 1 or len(x) == 0:
        raise ToolError(f"{path}: x has no examples.", _HINT)
    if _shape(x.shape[1:]) not in (want, (tensor.size,)):
        raise ToolError(f"{path}: an example has the shape {list(x.shape[1:])}, the input {tensor.name} {list(tensor.shape)}.",
                        "x is [number of examples, *shape of the input]")
    if x.dtype != tensor.dtype and x.dtype.kind != "f" and not (x.dtype.kind in "iub" and tensor.dtype == np.float32):
        raise ToolError(f"{path}: x is {x.dtype}; the input {tensor.name} takes {tensor.dtype} as it is, or floats.",
                        "give real values as float32")
    real = tensor.dtype == np.float32 or x.dtype != tensor.dtype
    if real and tensor.dtype != np.float32 and not tensor.scales.size:
        raise ToolError(f"{path}: x is {x.dtype}, but the input {tensor.name} has no scale.", f"give {tensor.dtype} as it is")
    with np.errstate(over="ignore"):
        x = np.ascontiguousarray(x, np.float32 if real else tensor.dtype).reshape(len(x), *tensor.shape)
    if not np.isfinite(x).all():
        raise ToolError(f"{path}: x has values that are not finite in float32.", "clean the data: no NaN, no infinity")
    return x


def _shape(shape):
    """Without dimensions of 1, which a batch and a channel often are."""
    return tuple(n for n in shape if n != 1)


def labels(path: Path, y: np.ndarray, count: int, classes: int) -> np.ndarray:
    """y as int64 [count], if it is one class of 0..classes-1 for each example. Raises ToolError."""
    if _shape(y.shape) != _shape((count,)) or y.size != count:
        raise ToolError(f"{path}: y has the shape {list(y.shape)}; x has {count} examples.", "give one label for each example")
    if y.dtype.kind not in "iub":
        raise ToolError(f"{path}: y is {y.dtype}, not whole numbers.", "a label is the index of a class: 0, 1, ...")
    if y.min() < 0 or y.max() >= classes:
        worst = int(y.min() if y.min() < 0 else y.max())
        raise ToolError(f"{path}: there is a label {worst}; the model has the classes 0 to {classes - 1}.",
                        "a label is the index of the output's element")
    return y.reshape(count).astype(np.int64)
