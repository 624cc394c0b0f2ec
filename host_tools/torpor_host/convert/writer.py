# SPDX-License-Identifier: MIT
"""Writes a TensorFlow Lite model tensor by tensor, operator by operator.

    w = Writer("adds a bias")
    x = w.tensor("x", (1, 4), np.int8, scale=0.5, zero_point=0)
    k = w.tensor("k", (2, 4), np.int8, data=kernel, scale=[0.1, 0.2], axis=0)
    y = w.tensor("y", (1, 2), np.int8, scale=1.0, zero_point=0)
    w.op("FULLY_CONNECTED", [x, k, -1], [y], fusedActivationFunction="RELU")
    data = w.finish([x], [y])

A subgraph for IF, WHILE or CALL_ONCE is a writer of its own:

    part = w.subgraph()
    a = part.tensor("a", (1, 4), np.float32)
    part.ends([a], [a])
    w.op("IF", [condition, z], [y], thenSubgraphIndex=part.number, elseSubgraphIndex=other.number)

The schema is the published one, in the classes that the tflite-micro wheel ships.
"""

import numpy as np
from flatbuffers import flexbuffers
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert import tflite
from torpor_host.convert.graph import INT4, RESOURCE, Graph, Model, Op, Tensor, pack_int4, type_of

# Option fields that are enumerations; their values may be given by name. Any other text but a name names a tensor type.
_ENUMS = {
    "fusedActivationFunction": schema.ActivationFunctionType,
    "padding": schema.Padding,
    "weightsFormat": schema.FullyConnectedOptionsWeightsFormat,
}

_TEXTS = ("container", "sharedName")

# Operators whose options are not called as they are.
_OPTIONS = {
    "AVERAGE_POOL_2D": "Pool2DOptions", "MAX_POOL_2D": "Pool2DOptions", "L2_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions", "SUM": "ReducerOptions", "REDUCE_ALL": "ReducerOptions", "REDUCE_MAX": "ReducerOptions", "REDUCE_MIN": "ReducerOptions",
    "MAXIMUM": "MaximumMinimumOptions", "MINIMUM": "MaximumMinimumOptions",
}

# The operator version that introduced int8 (tensorflow/lite/tools/versioning/op_version.cc); 1 elsewhere.
INT8_VERSION = {
    "ADD": 2, "AVERAGE_POOL_2D": 2, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "DEQUANTIZE": 2,
    "FULLY_CONNECTED": 4, "LEAKY_RELU": 2, "LOGISTIC": 2, "LOG_SOFTMAX": 2, "MAXIMUM": 2, "MAX_POOL_2D": 2, "MEAN": 2, "MINIMUM": 2,
    "MUL": 2, "PAD": 2, "PADV2": 2, "RELU": 2, "RELU6": 2, "RESIZE_BILINEAR": 2, "RESIZE_NEAREST_NEIGHBOR": 2,
    "SOFTMAX": 2, "SUB": 2, "SUM": 2, "TANH": 2, "TRANSPOSE": 2, "TRANSPOSE_CONV": 2,
}

# That which introduced int16 with int8 weights.
INT16_VERSION = {
    "ADD": 3, "AVERAGE_POOL_2D": 3, "BATCH_MATMUL": 3, "CONCATENATION": 3, "CONV_2D": 4, "DEPTHWISE_CONV_2D": 5, "DEQUANTIZE": 3,
    "FULLY_CONNECTED": 7, "LEAKY_RELU": 2, "LOGISTIC": 3, "MAXIMUM": 4, "MAX_POOL_2D": 3, "MEAN": 3, "MINIMUM": 4, "MUL": 4, "PACK": 3,
    "PAD": 3, "PADV2": 3, "QUANTIZE": 2, "RELU": 3, "RELU6": 3, "RESIZE_NEAREST_NEIGHBOR": 4, "SLICE": 4, "SOFTMAX": 3, "SPLIT": 4,
    "STRIDED_SLICE": 4, "SUB": 5, "SUM": 3, "TANH": 3, "TRANSPOSE": 5, "TRANSPOSE_CONV": 3, "UNPACK": 4,
}

# That which introduced weights of 4 bits.
INT4_VERSION = {"CONV_2D": 7, "FULLY_CONNECTED": 10}


def flexbuffer(options: dict) -> bytes:
    """A FlexBuffers map of numbers and flags, as custom operators have their options; floats are float32."""
    builder = flexbuffers.Builder()
    with builder.Map():
        for key, value in options.items():
            builder.Key(key)
            builder.Float(value, 4) if isinstance(value, float) else builder.Add(value)
    return bytes(builder.Finish())


class Writer:
    """Collects tensors and operators of a subgraph, and metadata; `finish` of the main one gives the file."""

    number = 0
    """Of the subgraph in the file; 0 is the main one."""

    def __init__(self, description: str = ""):
        self._description = description
        self._subgraphs: list[Writer] = []
        self._ends: tuple = [], []
        self._tensors: list[Tensor] = []
        self._ops: list[Op] = []
        self._metadata: list[tuple[str, bytes]] = []

    def tensor(self, name, shape, dtype, data=None, scale=None, zero_point=None, axis=None, variable=False) -> int:
        """Adds a tensor and returns its index.

        dtype: a NumPy type; INT4 for constants of -8..7, two in a byte; RESOURCE for what VAR_HANDLE gives.
        data: constant values, `shape` elements of `dtype`; None for an activation.
        variable: keeps its values from one run to the next.
        scale, zero_point: a number, or one a channel along dimension `axis`; zero points default to 0.
        Raises ValueError if data do not fit shape and dtype, or zero points the scales.
        """
        dtype = dtype if dtype in (INT4, RESOURCE) else np.dtype(dtype)
        shape = tuple(int(size) for size in shape)
        constant = None if data is None else _constant(data, dtype, shape, name)
        scaled = None if scale is None else quantization(scale, zero_point, axis)
        self._tensors.append(Tensor(name, shape, type_of(dtype), constant, scaled, variable))
        return len(self._tensors) - 1

    def op(self, name, inputs, outputs, version=None, **options) -> None:
        """Adds operator `name` (a BuiltinOperator); -1 in `inputs` is an absent one.

        options: fields of the schema's options table of this operator, enumerations by name or number.
        version: the operator version; by default the lowest that runs the first input's type.
        Raises AttributeError for an unknown operator, ValueError for an unknown option.
        """
        options = options_table(name, options)
        if version is None:
            int8 = bool(inputs) and self._tensors[inputs[0]].dtype == np.int8
            version = INT8_VERSION.get(name, 1) if int8 else 1
        if not hasattr(schema.BuiltinOperator, name):
            raise AttributeError(f"there is no operator {name}")
        self._ops.append(Op(name, self._at(inputs), self._at(outputs), options, version))

    def custom(self, name, inputs, outputs, options=None) -> None:
        """Adds the custom operator `name`; -1 in `inputs` is an absent one.

        options: a dict of numbers and flags, written with flexbuffer(); or the bytes themselves; or None.
        """
        options = flexbuffer(options) if isinstance(options, dict) else options
        self._ops.append(Op("CUSTOM", self._at(inputs), self._at(outputs), custom_code=name, custom=options))

    def subgraph(self) -> "Writer":
        """A new subgraph of the file, which `ends` has to finish."""
        part = Writer()
        self._subgraphs.append(part)
        part.number = len(self._subgraphs)
        return part

    def ends(self, inputs, outputs) -> None:
        """Says which tensors are the subgraph's inputs and outputs."""
        self._ends = inputs, outputs

    def metadata(self, name: str, data: bytes) -> None:
        """Adds a metadata entry."""
        self._metadata.append((name, bytes(data)))

    def model(self, inputs, outputs) -> Model:
        """The graphs, with the given tensors as the model's inputs and outputs."""
        self.ends(inputs, outputs)
        return Model([w._graph() for w in (self, *self._subgraphs)], self._description, self._metadata)

    def finish(self, inputs, outputs) -> bytes:
        """The file of these graphs."""
        return tflite.write(self.model(inputs, outputs))

    def _graph(self):
        inputs, outputs = self._ends
        return Graph(self._at(inputs), self._at(outputs), self._ops, self._tensors)

    def _at(self, indices):
        return [None if i == -1 else self._tensors[i] for i in indices]


def _constant(data, dtype, shape, name) -> bytes:
    if dtype == INT4:
        return _packed(np.frombuffer(_constant(data, np.dtype(np.int8), shape, name), np.int8), name)
    given = np.asarray(data)
    values = given.astype(dtype)
    exact = dtype.kind == "f" or np.array_equal(values, given)
    if values.size != np.prod(shape, dtype=np.int64) or not exact:
        raise ValueError(f"{name}: the data are not {list(shape)} of {dtype}")
    return values.astype(dtype.newbyteorder("<")).tobytes()


def _packed(values, name) -> bytes:
    if values.size and (values.min() < -8 or values.max() > 7):
        raise ValueError(f"{name}: the data are not {INT4}")
    return pack_int4(values)


def quantization(scale, zero_point=None, axis=None) -> schema.QuantizationParametersT:
    """A number, or one an index of dimension `axis`; zero points default to 0."""
    scales = np.atleast_1d(np.asarray(scale, dtype=np.float32))
    points = np.array(np.broadcast_to(np.asarray(0 if zero_point is None else zero_point, np.int64), scales.shape))
    return schema.QuantizationParametersT(scale=scales, zeroPoint=points, quantizedDimension=axis or 0)


RAW = quantization(0.5)
"""Of int8 tensors that are plain integers: comparisons, which work in steps of 1/256, are exact."""


def options_table(name, options):
    """The filled options table of an operator, enumerations by name or number; None if it has none."""
    wanted = _OPTIONS.get(name, name.replace("_", "") + "Options").lower()
    class_name = next((key for key in vars(schema.BuiltinOptions) if key.lower() == wanted), None)
    table = getattr(schema, class_name + "T")() if class_name else None
    for field, value in options.items():
        if not hasattr(table, field):
            raise ValueError(f"{name} has no option {field}")
        by_name = isinstance(value, str) and field not in _TEXTS
        setattr(table, field, getattr(_ENUMS.get(field, schema.TensorType), value) if by_name else value)
    return table
