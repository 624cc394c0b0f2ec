# SPDX-License-Identifier: MIT
"""The one intermediate graph: front ends make it, passes change it, tflite.py reads and writes it.

Tensors and operators point at each other as objects, so a pass moves, adds and drops them without renumbering
anything. Buffers and operator codes are no part of it: the writer makes them.
"""

from dataclasses import dataclass, field

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

INT4 = "int4"
RESOURCE = "resource"

_TYPES = {np.dtype(getattr(np, name)): getattr(schema.TensorType, name.upper()) for name in (
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")}
_TYPES[np.dtype(np.bool_)] = schema.TensorType.BOOL
_TYPES[INT4] = schema.TensorType.INT4
_DTYPES = {number: dtype for dtype, number in _TYPES.items()}
_TYPES[RESOURCE] = schema.TensorType.RESOURCE


def type_of(dtype) -> int:
    """The schema's TensorType of a NumPy type, INT4 or RESOURCE."""
    return _TYPES[dtype if isinstance(dtype, str) and dtype in (INT4, RESOURCE) else np.dtype(dtype)]


@dataclass(eq=False)
class Tensor:
    """A tensor. shape: of elements; () is a scalar. type: the schema's TensorType. data: constant, little-endian bytes.

    quantization is the schema's table. What else the schema has is carried along as it is.
    """

    name: str | None
    shape: tuple[int, ...]
    type: int
    data: bytes | None = None
    quantization: schema.QuantizationParametersT | None = None
    variable: bool = False
    shape_signature: tuple[int, ...] = ()
    has_rank: bool = False
    sparsity: object = None
    variants: list | None = None

    @property
    def dtype(self):
        """The NumPy type of its elements, INT4, or None for text, resources and the like."""
        return _DTYPES.get(self.type)

    @property
    def size(self) -> int:
        """Elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Of its elements; 0 if their type has no size."""
        if self.dtype == INT4:
            return -(-self.size // 2)
        return self.size * (self.dtype.itemsize if self.dtype else 0)

    @property
    def scales(self) -> np.ndarray:
        """float32, one for all or one for each index of dimension `axis`; none if it is not quantised."""
        return _vector(self.quantization and self.quantization.scale, np.float32)

    @property
    def zero_points(self) -> np.ndarray:
        return _vector(self.quantization and self.quantization.zeroPoint, np.int64)

    @property
    def zero_point(self) -> int:
        """The only or first one; 0 if there is none."""
        return int(self.zero_points[0]) if self.zero_points.size else 0

    @property
    def axis(self) -> int:
        return self.quantization.quantizedDimension if self.quantization else 0

    def values(self) -> np.ndarray:
        """A constant's elements in its shape; int4 as int8."""
        if self.dtype == INT4:
            return unpack_int4(self.data, self.size).reshape(self.shape)
        return np.frombuffer(self.data, self.dtype.newbyteorder("<")).reshape(self.shape)

    def with_values(self, values: np.ndarray, **changes) -> "Tensor":
        """A copy with other constant elements, of the same type, in the shape that they have."""
        data = pack_int4(values) if self.dtype == INT4 else values.astype(self.dtype.newbyteorder("<")).tobytes()
        return self.copy(shape=values.shape, data=data, shape_signature=(), **changes)

    def copy(self, **changes) -> "Tensor":
        return Tensor(**{**vars(self), **changes})


@dataclass(eq=False)
class Op:
    """An operator. name: its BuiltinOperator; None in `inputs` is an absent one.

    options: the schema's table that belongs to it, or None. custom_code, custom: of a CUSTOM operator.
    """

    name: str
    inputs: list[Tensor | None]
    outputs: list[Tensor]
    options: object = None
    version: int = 1
    custom_code: str | None = None
    custom: bytes | None = None
    custom_format: int = 0
    mutating: list[bool] = field(default_factory=list)
    intermediates: list[Tensor] = field(default_factory=list)
    debug: int = -1

    def reads(self) -> list[Tensor]:
        """Its inputs that are not absent."""
        return [t for t in self.inputs if t is not None]


@dataclass(eq=False)
class Graph:
    """A subgraph. tensors: in the file's order, with those that nothing uses."""

    inputs: list[Tensor]
    outputs: list[Tensor]
    ops: list[Op]
    tensors: list[Tensor] = field(default_factory=list)
    name: str | None = "main"
    debug: int = -1

    def used(self) -> list[Tensor]:
        """All that inputs, outputs and operators name, each once: known ones in their order, then new ones."""
        named = [*self.inputs, *self.outputs]
        named += [t for op in self.ops for t in (*op.reads(), *op.outputs, *op.intermediates)]
        found = dict.fromkeys(named)
        return list(dict.fromkeys([*(t for t in self.tensors if t in found), *found]))

    def all_tensors(self) -> list[Tensor]:
        """Also those that nothing uses."""
        return list(dict.fromkeys([*self.tensors, *self.used()]))

    def readers(self, tensor: Tensor) -> list[Op]:
        return [op for op in self.ops if any(t is tensor for t in op.inputs)]

    def writer(self, tensor: Tensor) -> Op | None:
        return next((op for op in self.ops if any(t is tensor for t in op.outputs)), None)

    def replace(self, old: Tensor, new: Tensor) -> None:
        """Operators, and the graph's outputs, read `new` instead of `old`."""
        for op in self.ops:
            op.inputs = [new if t is old else t for t in op.inputs]
        self.outputs = [new if t is old else t for t in self.outputs]


@dataclass(eq=False)
class Signature:
    """Names for a subgraph's inputs and outputs."""

    key: str | None
    graph: Graph
    inputs: list[tuple[str | None, Tensor]]
    outputs: list[tuple[str | None, Tensor]]


@dataclass(eq=False)
class Model:
    """A model; graphs[0] is its main graph. metadata: names and bytes."""

    graphs: list[Graph]
    description: str | None = None
    metadata: list[tuple[str | None, bytes]] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)
    version: int = 3

    @property
    def main(self) -> Graph:
        return self.graphs[0]


def pack_int4(values: np.ndarray) -> bytes:
    """Two in a byte, the first in its low half."""
    flat = values.astype(np.int8).ravel()
    halves = np.append(flat, np.zeros(flat.size % 2, np.int8)).astype(np.uint8) & 15
    return (halves[::2] | halves[1::2] << 4).tobytes()


def unpack_int4(data: bytes, count: int) -> np.ndarray:
    """int8[count] from two in a byte."""
    packed = np.frombuffer(data, np.uint8)
    halves = np.stack([packed & 15, packed >> 4], axis=1).ravel()[:count].astype(np.int8)
    return np.where(halves > 7, halves - 16, halves).astype(np.int8)


def _vector(values, dtype) -> np.ndarray:
    return np.zeros(0, dtype) if values is None else np.asarray(values, dtype)
