# SPDX-License-Identifier: MIT
"""What every front end gives, and the choice of one by what the user names.

A front end is a file: builder.py, keras.py, onnx.py, pytorch.py, scikit.py, tensorflow.py; a `.tflite` is read as it is.
"""

import importlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from torpor_host.convert import layout, tflite
from torpor_host.convert.graph import Model, Tensor
from torpor_host.convert.net import Net
from torpor_host.errors import ToolError
from torpor_host.userfile import UserFile

_KINDS = ("give a .keras, .h5, .onnx, .pt2 of torch.export, float .tflite, a SavedModel folder, "
          "or file.py:function that returns a module, a model or an estimator")
_FRONT_ENDS = {".h5": "keras", ".hdf5": "keras", ".keras": "keras", ".onnx": "onnx", ".pt2": "pytorch"}
_PICKLES = {".pt", ".pth", ".pkl", ".pickle", ".joblib"}


@dataclass(frozen=True)
class Source:
    """A float model as a front end made it. kind: the framework.

    indices: for inputs whose elements lie otherwise than in the framework, where (layout.py); shapes: the framework's.
    """

    kind: str
    model: Model
    indices: dict[Tensor, np.ndarray] = field(default_factory=dict)
    shapes: dict[Tensor, tuple[int, ...]] = field(default_factory=dict)

    def inputs(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the inputs as the framework has them."""
        return [(t.name, self.shapes.get(t, t.shape)) for t in self.model.main.inputs]

    def stored(self, samples: list[np.ndarray]) -> list[np.ndarray]:
        """Samples [n, ...] of the framework's shapes, as the model takes them."""
        return [self._stored(t, x) for t, x in zip(self.model.main.inputs, samples, strict=True)]

    def _stored(self, tensor, x):
        index = self.indices.get(tensor, layout.plain(tensor.shape))
        return x.reshape(len(x), -1)[:, index.ravel()].reshape(len(x), *tensor.shape).astype(tensor.dtype)


def of_net(kind: str, net: Net, shapes: dict[Tensor, tuple[int, ...]]) -> Source:
    """The finished net; a sequence [1, c, l] that is only transposed is taken with its channels last, as images are."""
    graph = net.graph
    for i, x in enumerate(graph.inputs):
        y = _needed(graph, x) if len(shapes[x]) == 3 else x
        if y is not x:
            y.name, graph.inputs[i] = x.name, y
            shapes = {**shapes, y: shapes[x]}
    reached = {t for op in graph.ops for t in op.outputs}
    graph.ops = [op for op in graph.ops if not any(t in graph.inputs for t in op.outputs)
                 and all(t is None or t.data is not None or t in reached or t in graph.inputs for t in op.inputs)]
    return Source(kind, net.model(f"from {kind}"), net.indices, shapes)


def _needed(graph, x):
    """The tensor that a chain of RESHAPE and TRANSPOSE makes of an input, if nothing else reads it and one transposes."""
    at, transposed = x, x
    while len(readers := graph.readers(at)) == 1 and readers[0].name in ("RESHAPE", "TRANSPOSE") and at not in graph.outputs:
        at = readers[0].outputs[0]
        transposed = at if readers[0].name == "TRANSPOSE" else transposed
    return x if transposed in graph.outputs else transposed


def load(source: str, weights: Path | None, shape: tuple[int, ...] | None) -> Source:
    """The float model that `source` names. weights: a state dict for a PyTorch module. shape: of one input, without the batch.

    Raises ToolError: no such file, of no kind that is known, damaged, layers that have no counterpart, all of them named.
    """
    path, suffix = Path(source), Path(source).suffix
    if ".py:" in source:
        return _made(source, weights, shape)
    if weights is not None:
        raise ToolError("Weights were given for what is no PyTorch module.", "drop --weights, or give file.py:function")
    if suffix in _PICKLES:
        raise ToolError(f"{source} is a pickle, which could run any code when it is read.",
                        "give file.py:function, with --weights for a state dict; save estimators and modules yourself")
    front_end = "tensorflow" if path.is_dir() else _FRONT_ENDS.get(suffix)
    if front_end is None and suffix != ".tflite":
        raise ToolError(f"{source} is of no kind that can be converted.", _KINDS)
    try:
        data = b"" if path.is_dir() else path.read_bytes()
    except OSError as error:
        raise ToolError(f"{source} cannot be read: {error.strerror}.", _KINDS) from None
    if front_end is None:
        return Source("TensorFlow Lite", tflite.read(data))
    return importlib.import_module(f"torpor_host.convert.{front_end}").load(path, shape)


def _made(source, weights, shape):
    """What the user's own function returns."""
    file, _, name = source.rpartition(":")
    made = UserFile(Path(file), _KINDS).call(name)
    if isinstance(made, Source):
        return made
    kinds = {part.__module__.split(".")[0] for part in type(made).__mro__}
    if kinds & {"keras", "tf_keras"}:  # may be a torch.nn.Module as well
        from torpor_host.convert import keras

        return keras.of_model(made, shape)
    if "torch" in kinds:
        from torpor_host.convert import pytorch

        return pytorch.of_module(made, weights, shape)
    if "sklearn" in kinds:
        from torpor_host.convert import scikit

        return scikit.of_estimator(made)
    raise ToolError(f"{source} returns a {type(made).__name__}.",
                    "return a torch.nn.Module, a keras.Model, a scikit-learn estimator, or what Builder.finish() gives")
