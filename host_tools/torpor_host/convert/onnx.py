# SPDX-License-Identifier: MIT
"""ONNX, with the package onnx alone."""

from pathlib import Path

import numpy as np

from torpor_host.convert import ops
from torpor_host.convert.layout import Value
from torpor_host.convert.net import Net, Unsupported
from torpor_host.convert.source import Source, of_net
from torpor_host.convert.unsupported import Layer, fail
from torpor_host.errors import ToolError
from torpor_host.extras import need

_OPSET = 13  # older files are brought to it: SOFTMAX and others meant something else
_DAMAGED = "check that it is a whole .onnx; export it again"


def load(path: Path, shape: tuple[int, ...] | None = None) -> Source:
    """The model in a file. shape: of its input, without the batch, where the file leaves it open.

    Raises ToolError: damaged, weights in other files that are not there, open shapes, layers without counterpart.
    """
    onnx = need("onnx", "onnx")
    try:
        model = onnx.load(path, load_external_data=False)
        graph = model.graph
        if not graph.node or not all(isinstance(named, str) for part in (graph.node, graph.input, graph.output) for named in (at.name for at in part)):
            raise ValueError("no layers, or names that are no text")
    except Exception:  # protobuf's own errors
        raise ToolError(f"{path} is no ONNX model.", _DAMAGED) from None
    _load_external(onnx, model, path)
    return of_model(model, shape)


def _load_external(onnx, model, path):
    kept = [{e.key: e.value for e in t.external_data} for t in model.graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    for location in dict.fromkeys(entry.get("location", "") for entry in kept):
        if not (path.parent / location).is_file():
            raise ToolError(f"{path} keeps weights in {location}, which is not there.", f"put {location} beside it, or export it as one file")
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
    except Exception:  # it raises whatever its checks raise: a path outside the folder, too few bytes
        raise ToolError(f"{path} names weights in other files that cannot be read.", "export it as one file") from None


def of_model(model, shape: tuple[int, ...] | None = None) -> Source:
    """Converts an onnx.ModelProto. Raises ToolError as load() does."""
    onnx = need("onnx", "onnx")
    ops.load()
    opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)
    if opset < _OPSET:
        try:
            model = need("onnx.version_converter", "onnx").convert_version(model, _OPSET)
        except Exception:  # it raises RuntimeError and its own
            raise ToolError(f"The model is of ONNX operator set {opset}, and cannot be brought to {_OPSET}.",
                            f"export it with operator set {_OPSET} or later") from None
    return _Converter(onnx, model, shape).source()


class _Converter:
    """Walks the nodes; `values` has what each gave, by name: a Value, or an array of a constant."""

    def __init__(self, onnx, model, shape):
        self._onnx, self._model, self._shape = onnx, model, shape
        self._net, self._shapes, self._bad = Net(), {}, []
        self._values = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}

    def source(self) -> Source:
        for given in self._model.graph.input:
            if given.name not in self._values:
                self._input(given)
        for node in self._model.graph.node:
            self._node(node)
        fail(self._bad)
        for given in self._model.graph.output:
            if not isinstance(self._values.get(given.name), Value):
                raise ToolError(f"The output {given.name} does not depend on the input.", _DAMAGED)
            self._net.output(self._values[given.name], given.name)
        return of_net("ONNX", self._net, self._shapes)

    def _input(self, given):
        kind = given.type.tensor_type
        if kind.elem_type != self._onnx.TensorProto.FLOAT:
            raise ToolError(f"The input {given.name} is no tensor of float32.", "export a model that takes float32 tensors alone")
        sizes = [d.dim_value for d in kind.shape.dim]
        shape = (1, *(self._shape or sizes[1:]))
        if len(sizes) == 0 or 0 in shape or (self._shape and len(shape) != len(sizes)):
            raise ToolError(f"The shape of the input {given.name} is open: {sizes}, 0 for what is not known.",
                            "give --shape such as 1,28,28, without the batch")
        if sizes[0] > 1:
            raise ToolError(f"The model was exported for a batch of {sizes[0]}.", "export it with a batch of 1, or an open one")
        value = self._values[given.name] = self._net.input(given.name, shape)
        self._shapes[value.tensor] = shape

    def _node(self, node):
        if any(name and name not in self._values for name in node.input):
            return  # behind a layer that was refused
        inputs = [self._values.get(name) if name else None for name in node.input]
        attributes = {a.name: _attribute(self._onnx, a) for a in node.attribute}
        if all(isinstance(x, np.ndarray) or x is None for x in inputs):
            results = self._constant(node, inputs)
        else:
            results = self._layer(node, inputs, attributes)
        self._values.update(zip(node.output, results))

    def _constant(self, node, inputs):
        """Computed by ONNX's own reference: nothing of it depends on the inputs."""
        try:
            evaluator = need("onnx.reference", "onnx").ReferenceEvaluator(node)
            return evaluator.run(None, {name: x for name, x in zip(node.input, inputs) if name})
        except Exception:  # it raises whatever NumPy and its parts raise
            raise ToolError(f"The constant {_place(node)} ({node.op_type}) cannot be computed.", _DAMAGED) from None

    def _layer(self, node, inputs, attributes):
        self._net.place = place = _place(node)
        known = ops.ONNX.get(node.op_type) if node.domain in ("", "ai.onnx") else None
        try:
            if known is None:
                raise Unsupported("", "")
            result = known(self._net, inputs, **attributes)
        except Unsupported as error:
            self._bad.append(Layer(place, node.op_type, str(error), error.instead))
            return self._stand_ins(node, inputs)
        except TypeError:
            self._bad.append(Layer(place, node.op_type, "an attribute or operand is not supported"))
            return self._stand_ins(node, inputs)
        except (ValueError, LookupError, AttributeError, ArithmeticError):  # shapes that do not fit, attributes that are none
            if self._bad:
                return []  # they are those of a stand-in
            raise ToolError(f"The layer {place} ({node.op_type}) contradicts the shapes of its inputs.", _DAMAGED) from None
        return result if isinstance(result, tuple) else (result,)

    def _stand_ins(self, node, inputs):
        """Most layers keep their input's shape; what does not fit behind one is not looked at."""
        x = next((x for x in inputs if isinstance(x, Value)), None)
        return [] if x is None else [Net().input("", x.shape)]


def _place(node):
    return node.name or (node.output[0] if node.output else "")


def _attribute(onnx, attribute):
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return value
