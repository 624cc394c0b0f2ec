# SPDX-License-Identifier: MIT
"""A float graph that grows layer by layer, as front ends make it: values in the framework's shapes, tensors with channels last."""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert import layout
from torpor_host.convert.graph import Graph, Model, Op, Tensor, type_of
from torpor_host.convert.layout import Value
from torpor_host.convert.writer import RAW, options_table
from torpor_host.errors import ToolError

FLOAT32 = schema.TensorType.FLOAT32
_MOST = 1 << 24  # elements of a value: its index has eight bytes for each


class Unsupported(Exception):
    """A layer that has no counterpart: the reason, and what could replace it."""

    def __init__(self, reason: str, instead: str):
        super().__init__(reason)
        self.instead = instead


class Net:
    """The graph so far. indices: how the inputs' elements lie, by tensor. place: names what is added, such as "features.3".

    parts: subgraphs that its operators call; the first has number 1.
    """

    def __init__(self):
        self.graph = Graph([], [], [])
        self.parts: list[Graph] = []
        self.indices: dict[Tensor, np.ndarray] = {}
        self.place = ""

    def input(self, name: str, shape) -> Value:
        """A float32 input of the graph. shape: the framework's, its batch 1. Raises ToolError if it is empty or huge."""
        if not _fits(shape):
            raise ToolError(f"The input {name} has the shape {list(shape)}, which no model can take.", "give the model another input")
        value = self._value(name, tuple(shape), layout.natural(shape))
        self.graph.inputs.append(value.tensor)
        return value

    def output(self, value: Value, name: str) -> None:
        """Makes a value an output of the graph: images with channels last, all else in the framework's order."""
        tensor = self.stored(value)
        if tensor in self.graph.inputs or tensor in self.graph.outputs:
            raise ToolError(f"The output {name} is an input or another output, unchanged.", "let a layer compute it")
        tensor.name = name
        self.graph.outputs.append(tensor)

    def stored(self, value: Value) -> Tensor:
        """A value as it is stored by default: images with channels last, all else in the framework's order."""
        return self.arranged(value, layout.natural(value.shape))

    def arranged(self, value: Value, index: np.ndarray) -> Tensor:
        """A value with its elements as in `index`: the tensor itself, or reshaped, or transposed, or at worst gathered."""
        tensor, found = value.tensor, value.index
        if not np.array_equal(found.ravel(), index.ravel()):
            tensor, found = self._transposed(tensor, found, value.shape, index)
        return self._reshaped(tensor, index)

    def _transposed(self, tensor, found, shape, index):
        """The elements in the order of `index`, and how they lie."""
        order = layout.permutation(found, index)
        if order is None and np.array_equal(found.ravel(), layout.plain(shape).ravel()):
            tensor, found = self._reshaped(tensor, layout.plain(shape)), layout.plain(shape)
            order = layout.permutation(found, index)
        if order is not None:
            found = found.transpose(order)
            return self._moved("TRANSPOSE", tensor, found, order), found
        places = np.argsort(found.ravel())[index.ravel()]
        tensor, found = self._reshaped(tensor, found.ravel()), index.ravel()
        return self._moved("GATHER", tensor, found, places), found

    def _reshaped(self, tensor, index):
        """The same elements in the shape of `index`."""
        if tensor.shape == index.shape:
            return tensor
        return self._moved("RESHAPE", tensor, index, index.shape, newShape=list(index.shape))

    def _moved(self, name, tensor, index, numbers, **options):
        y = self._value(tensor.name, index.shape, index).tensor
        self._append(name, [tensor, np.array(numbers, np.int32)], y, options)
        return y

    def layer(self, name: str, inputs, shape, **options) -> Value:
        """Adds operator `name`, whose output is stored by default; shape: the framework's. Raises Unsupported if it is empty or huge."""
        if not _fits(shape):
            raise Unsupported(f"its output has the shape {list(shape)}", "another size")
        return self.shaped(name, inputs, shape, layout.natural(shape), **options)

    def shaped(self, name: str, inputs, shape, index, **options) -> Value:
        """Adds operator `name`, whose output lies as `index` says."""
        y = self._value(self.place, tuple(shape), index)
        self._append(name, inputs, y.tensor, options)
        return y

    def elementwise(self, name: str, x: Value, *others, **options) -> Value:
        """Adds operator `name`, whose output lies as x does."""
        return self.shaped(name, [x.tensor, *others], x.shape, x.index, **options)

    def constant(self, values, name: str | None = None) -> Tensor:
        """A constant tensor: int8 as plain integers, other integers as int32, all else as float32."""
        values = np.asarray(values)
        dtype = values.dtype if values.dtype == np.int8 else np.dtype(np.int32 if values.dtype.kind in "iu" else np.float32)
        return Tensor(name, values.shape, type_of(dtype), values.astype(dtype).tobytes(), RAW if dtype == np.int8 else None)

    def model(self, description: str) -> Model:
        return Model([self.graph, *self.parts], description)

    def _append(self, name, inputs, y, options):
        inputs = [self.constant(t, f"{self.place}/{name.lower()}{i}") if isinstance(t, np.ndarray) else t for i, t in enumerate(inputs)]
        self.graph.ops.append(Op(name, inputs, [y], options_table(name, options)))

    def _value(self, name, shape, index):
        tensor = Tensor(name, index.shape, FLOAT32)
        self.indices[tensor] = index
        return Value(tensor, shape, index)


def bias_operand(bias, channels: int) -> list:
    """A layer's bias, if it has one, as its last operand. Raises ValueError if it is not one number a channel."""
    if bias is not None and np.shape(bias) != (channels,):
        raise ValueError(f"a bias of {list(np.shape(bias))} does not fit {channels} outputs")
    return [] if bias is None else [bias]


def _fits(shape) -> bool:
    return min(shape, default=1) > 0 and np.prod(shape, dtype=np.float64) <= _MOST
