# SPDX-License-Identifier: MIT
"""Reads a `.tflite` into the intermediate graph, and writes a graph as a `.tflite`.

Reading and writing loses nothing that a reader of the file can tell, but two things: equal buffers and vectors become one,
and what nothing names (buffers, operator codes) is left out. The schema is the published one, in the classes that the
tflite-micro wheel ships.
"""

import flatbuffers
import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from torpor_host.convert.graph import Graph, Model, Op, Signature, Tensor
from torpor_host.errors import ToolError

BUFFER_ALIGN = 16  # `force_align` of Buffer.data in the schema: kernels read weights where they lie
_IDENTIFIER = b"TFL3"
_SUMS = schema.TensorType.INT32, schema.TensorType.INT64  # biases, whose scales nothing reads while it runs
_HINT = "check that it is a whole .tflite; copy or convert it again"

_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
_OPTIONS = {name + "T": (kind, second) for second, union in enumerate((schema.BuiltinOptions, schema.BuiltinOptions2))
            for name, kind in vars(union).items() if not name.startswith("_")}


def read(data: bytes) -> Model:
    """The model in a file. Raises ToolError if it is no whole TensorFlow Lite model, or keeps weights elsewhere."""
    try:
        if data[4:8] != _IDENTIFIER:
            raise ValueError("no identifier")
        file = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
        return _Reader(data, file).model()
    except ToolError:
        raise
    except Exception:  # a damaged file makes the generated reader fail in any way
        raise ToolError("This is not a TensorFlow Lite model.", _HINT) from None


class _Reader:
    def __init__(self, data, file):
        if file.externalBuffers:
            raise ToolError("The model keeps weights in other files.", "convert it again, with its weights inside")
        self._file, self._data = file, data
        self._buffers = [self._bytes(b.data, b.offset, b.size) for b in file.buffers]

    def model(self):
        file = self._file
        tables = [[self._tensor(t) for t in g.tensors if t is not None] for g in file.subgraphs]
        graphs = [self._graph(g, tensors) for g, tensors in zip(file.subgraphs, tables)]
        return Model(
            graphs, _text(file.description),
            [(_text(m.name), self._buffers[m.buffer] or b"") for m in file.metadata or []],
            [self._signature(s, graphs, tables) for s in file.signatureDefs or []], file.version)

    def _bytes(self, data, offset, size):
        """None if there are none; large ones lie behind the FlatBuffer."""
        if offset > 1:
            if offset + size > len(self._data):
                raise ValueError("outside the file")
            return bytes(self._data[offset : offset + size])
        return None if data is None or len(data) == 0 else bytes(data)

    def _tensor(self, t):
        tensor = Tensor(
            _text(t.name), _integers(t.shape), t.type, self._buffers[t.buffer], t.quantization, t.isVariable,
            _integers(t.shapeSignature), t.hasRank, t.sparsity, t.variantTensors)
        if tensor.data is not None and tensor.dtype and not t.sparsity and len(tensor.data) != tensor.nbytes:
            raise ToolError(f"The tensor {tensor.name} has {len(tensor.data)} bytes, its shape wants {tensor.nbytes}.", _HINT)
        return tensor

    def _graph(self, g, tensors):
        ops = [self._op(op, tensors) for op in _list(g.operators)]
        return Graph(_pick(tensors, g.inputs), _pick(tensors, g.outputs), ops, tensors, _text(g.name), g.debugMetadataIndex)

    def _op(self, op, tensors):
        code = self._file.operatorCodes[op.opcodeIndex]
        custom = self._bytes(None, op.largeCustomOptionsOffset, op.largeCustomOptionsSize)
        return Op(
            _NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)], _pick(tensors, op.inputs), _pick(tensors, op.outputs),
            op.builtinOptions or op.builtinOptions2, code.version, _text(code.customCode),
            custom if op.customOptions is None else bytes(_octets(op.customOptions)), op.customOptionsFormat,
            [bool(b) for b in _list(op.mutatingVariableInputs)], _pick(tensors, op.intermediates), op.debugMetadataIndex)

    def _signature(self, s, graphs, tables):
        def named(maps):
            return [(_text(m.name), tables[s.subgraphIndex][m.tensorIndex]) for m in maps or []]

        return Signature(_text(s.signatureKey), graphs[s.subgraphIndex], named(s.inputs), named(s.outputs))


def _pick(tensors, indices):
    """The tensors that a vector of indices means; -1 is an absent one."""
    indices = _integers(indices)
    if any(i < -1 for i in indices):
        raise ValueError("no index")
    return [None if i == -1 else tensors[i] for i in indices]


def _list(vector):
    return [] if vector is None else list(vector)


def _integers(vector):
    return tuple(int(i) for i in _list(vector))


def _octets(vector):
    return np.asarray(vector, np.uint8)


def _text(name):
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def write(model: Model) -> bytes:
    """The file of a model."""
    return _finish(_Builder(1024), _Writer().table(model))


def write_apart(model: Model) -> tuple[bytes, int]:
    """The file of a model, with what operators of its main graph may read while they run together at its end.

    These are constants, their scales, and operators' lists of tensors. Returns the position where they begin, too, a multiple
    of BUFFER_ALIGN.
    """
    table, builder = _Writer().table(model), _Builder(1024)
    graph = table.subgraphs[0]
    for op in graph.operators:
        for vector in (op.inputs, op.outputs):
            builder.CreateNumpyVector(vector)
    for tensor in (graph.tensors[i] for op in graph.operators for i in op.inputs if i >= 0):
        builder.buffer(table.buffers[tensor.buffer].data)
        scaled = tensor.quantization is not None and tensor.quantization.scale is not None
        if tensor.buffer and scaled and tensor.type not in _SUMS:
            builder.CreateNumpyVector(tensor.quantization.scale)
    together = builder.Offset()
    data = _finish(builder, table)
    return data, (len(data) - together) // BUFFER_ALIGN * BUFFER_ALIGN


def _finish(builder, table):
    builder.Finish(table.Pack(builder), file_identifier=_IDENTIFIER)
    return bytes(builder.Output())


class _Builder(flatbuffers.Builder):
    """Writes equal vectors once: shapes, and the zero points of a convolution's weights, are often the same."""

    def __init__(self, size):
        super().__init__(size)
        self._vectors = {}

    def buffer(self, data: bytes):
        """A vector of aligned bytes; None for none."""
        if data and data not in self._vectors:
            self.StartVector(1, len(data), BUFFER_ALIGN)
            self.head -= len(data)
            self.Bytes[self.head : self.head + len(data)] = data
            self._vectors[data] = self.EndVector()
        return self._vectors.get(data)

    def CreateNumpyVector(self, x):
        key = x.dtype.str, x.tobytes()
        if key not in self._vectors:
            self._vectors[key] = super().CreateNumpyVector(x)
        return self._vectors[key]


class _Buffer(schema.BufferT):
    """A buffer whose bytes are aligned; the generated class ignores `force_align`."""

    def Pack(self, builder):
        data = builder.buffer(self.data)
        schema.BufferStart(builder)
        if data is not None:
            schema.BufferAddData(builder, data)
        return schema.BufferEnd(builder)


class _Writer:
    def __init__(self):
        self._buffers = {b"": 0}  # buffer 0 is empty by convention: tensors without data
        self._codes = {}

    def table(self, model):
        indices = [{t: i for i, t in enumerate(g.all_tensors())} for g in model.graphs]
        graphs = [self._graph(g, index) for g, index in zip(model.graphs, indices)]
        metadata = [schema.MetadataT(name=_octet_text(name), buffer=self._buffer(data)) for name, data in model.metadata]
        signatures = [self._signature(s, model.graphs, indices) for s in model.signatures]
        return schema.ModelT(
            version=model.version, operatorCodes=list(self._codes.values()), subgraphs=graphs,
            description=_octet_text(model.description), buffers=[_Buffer(data=data) for data in self._buffers],
            metadata=metadata or None, signatureDefs=signatures or None)

    def _buffer(self, data):
        return self._buffers.setdefault(data or b"", len(self._buffers))

    def _graph(self, graph, index):
        return schema.SubGraphT(
            tensors=[self._tensor(t) for t in index], inputs=_numbers(index, graph.inputs),
            outputs=_numbers(index, graph.outputs), operators=[self._op(op, index) for op in graph.ops],
            name=_octet_text(graph.name), debugMetadataIndex=graph.debug)

    def _tensor(self, t):
        return schema.TensorT(
            shape=np.array(t.shape, np.int32), type=t.type, buffer=self._buffer(t.data), name=_octet_text(t.name),
            quantization=t.quantization, isVariable=t.variable, sparsity=t.sparsity, hasRank=t.has_rank,
            shapeSignature=np.array(t.shape_signature, np.int32) if t.shape_signature else None, variantTensors=t.variants)

    def _op(self, op, index):
        kind, second = _OPTIONS[type(op.options).__name__] if op.options else (0, 0)
        options = {"builtinOptions2Type": kind, "builtinOptions2": op.options} if second else {
            "builtinOptionsType": kind, "builtinOptions": op.options}
        return schema.OperatorT(
            opcodeIndex=self._code(op), inputs=_numbers(index, op.inputs), outputs=_numbers(index, op.outputs),
            customOptions=None if op.custom is None else np.frombuffer(op.custom, np.uint8),
            customOptionsFormat=op.custom_format, mutatingVariableInputs=np.array(op.mutating, bool) if op.mutating else None,
            intermediates=_numbers(index, op.intermediates) if op.intermediates else None, debugMetadataIndex=op.debug,
            **options)

    def _code(self, op):
        """Index of the operator code; adds it when it is new."""
        number, key = getattr(schema.BuiltinOperator, op.name), (op.name, op.custom_code, op.version)
        # Readers older than schema 3a look at the one-byte field, which ends at 127.
        self._codes.setdefault(key, schema.OperatorCodeT(
            deprecatedBuiltinCode=min(number, 127), builtinCode=number, customCode=_octet_text(op.custom_code),
            version=op.version))
        return list(self._codes).index(key)

    def _signature(self, s, graphs, indices):
        place = next(i for i, g in enumerate(graphs) if g is s.graph)

        def maps(named):
            return [schema.TensorMapT(name=_octet_text(name), tensorIndex=indices[place][t]) for name, t in named]

        return schema.SignatureDefT(
            inputs=maps(s.inputs), outputs=maps(s.outputs), signatureKey=_octet_text(s.key), subgraphIndex=place)


def _numbers(index, tensors):
    return np.array([-1 if t is None else index[t] for t in tensors], np.int32)


def _octet_text(name):
    return None if name is None else name.encode("utf-8", "surrogateescape")
