# SPDX-License-Identifier: MIT
"""What a float model's activations look like on data: their least and greatest values, and how often which occurs."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from torpor_host import engine
from torpor_host.convert import tflite
from torpor_host.convert.graph import Graph, Model, Tensor
from torpor_host.errors import ToolError
from torpor_host.progress import SILENT, Silent

MOST = 500  # samples: more, evenly chosen, say little more about ranges
_BINS = 2048


@dataclass
class Seen:
    """Of one tensor: its ends, and counts of its values in _BINS equal bins between them."""

    low: float = np.inf
    high: float = -np.inf
    counts: np.ndarray | None = None

    @property
    def middles(self) -> np.ndarray:
        """Of the bins."""
        return self.low + (np.arange(_BINS) + 0.5) * (self.high - self.low) / _BINS

    def count(self, values):
        self.counts = np.zeros(_BINS, np.int64) if self.counts is None else self.counts
        width = (self.high - self.low) / _BINS
        if width > 0:
            bins = np.minimum(((values.ravel() - self.low) / width).astype(np.int64), _BINS - 1)
            self.counts += np.bincount(bins, minlength=_BINS)


def read(path: Path, inputs: list[tuple[str, tuple[int, ...]]]) -> list[np.ndarray]:
    """An array [samples, ...] for each input, given by name and shape (its batch of 1 first), from a .npz.

    An array has the input's name; a model's only input may also be "x", or the file's only array. Raises ToolError: no such file, none of NumPy's, no samples, another shape, values that are no finite numbers.
    """
    arrays = _load(path)
    found = [_array(path, arrays, name, shape, len(inputs) == 1) for name, shape in inputs]
    counts = {len(array) for array in found}
    if len(counts) > 1:
        raise ToolError(f"{path} has {' and '.join(map(str, sorted(counts)))} samples of different inputs.", "give equally many of each")
    return found


def labels(path: Path, inputs: list[tuple[str, tuple[int, ...]]]) -> np.ndarray | None:
    """The array "y" of a .npz, unless it is an input; None if there is none."""
    return None if "y" in dict(inputs) else _load(path).get("y")


def sample_shape(path: Path) -> tuple[int, ...] | None:
    """The shape of one sample of a model's only input; None if the file does not say which array that is."""
    array = _only(_load(path))
    return None if array is None or array.ndim < 2 else array.shape[1:]


def _only(arrays):
    return arrays.get("x", next(iter(arrays.values())) if len(arrays) == 1 else None)


def _load(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except OSError as error:
        raise ToolError(f"{path} cannot be read: {error.strerror or error}.", "give a .npz of the model's inputs") from None
    except (ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile):
        raise ToolError(f"{path} is not a .npz of plain arrays.", "write it with numpy.savez(path, x=samples)") from None


def _array(path, arrays, name, shape, single):
    array = arrays.get(name, _only(arrays) if single else None)
    wanted = "x".join(map(str, ("n", *shape[1:])))
    if array is None:
        raise ToolError(f"{path} has no array for the input {name}.", f"write numpy.savez(path, {name if not single else 'x'}=samples), {wanted}")
    if array.shape[1:] != shape[1:] or array.ndim != len(shape):
        raise ToolError(f"{path} has samples of {_shape(array.shape[1:])}; the input {name} takes {_shape(shape[1:])}.",
                        f"give an array of {wanted}")
    if len(array) == 0:
        raise ToolError(f"{path} has no samples.", "give some hundred inputs as the model will see them")
    if array.dtype.kind not in "fiub":
        raise ToolError(f"{path} has elements of {array.dtype}, which are no numbers.", "give float32")
    if not np.isfinite(array).all():
        raise ToolError(f"{path} has values that are not finite (NaN or infinity).", "drop those samples, or repair them")
    return array


def _shape(shape):
    return "x".join(map(str, shape)) or "one number"


def some(count: int, most: int = MOST) -> np.ndarray:
    """Indices of at most so many of the samples, evenly chosen."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def observe(model: Model, samples: list[np.ndarray], progress: Silent = SILENT) -> dict[Tensor, Seen]:
    """Runs a float model on samples, [n, ...] for each input, and looks at every float32 activation, inputs too."""
    graph = model.main
    written = [t for op in graph.ops for t in op.outputs if t.dtype == np.float32 and t.data is None]
    probe = engine.Model(tflite.write(Model([Graph(graph.inputs, written, graph.ops), *model.graphs[1:]])))
    seen = {t: Seen() for t in (*(t for t in graph.inputs if t.dtype == np.float32), *written)}
    with progress.step(f"calibrate on {len(samples[0])} samples") as tick:
        for counting in (False, True):
            for i, row in enumerate(zip(*samples)):
                tick(i + counting * len(samples[0]), 2 * len(samples[0]))
                run(probe, row)
                values = [*(x for x, t in zip(row, graph.inputs) if t in seen), *(output.array for output in probe.outputs)]
                for at, array in zip(seen.values(), values, strict=True):
                    at.count(array) if counting else _widen(at, array)
    return seen


def _widen(seen, values):
    seen.low, seen.high = min(seen.low, float(values.min())), max(seen.high, float(values.max()))
    if not np.isfinite([seen.low, seen.high]).all():
        raise ToolError("The model computes values that are not finite on the calibration data.", "check its weights and the data's range")


def run(model: engine.Model, row) -> None:
    """One inference; real values are quantised where the model's inputs are."""
    for tensor, values in zip(model.inputs, row, strict=True):
        if tensor.scale:
            tensor.write_floats(values)
        else:
            tensor.array[...] = values.reshape(tensor.shape)
    model.run()
