# SPDX-License-Identifier: MIT
"""Reading a `.tflite` and writing it back loses nothing, as the schema's own classes see it."""

import dataclasses

import flatbuffers
import numpy as np
import pytest
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema
from torpor_host.convert import tflite
from torpor_host.convert.graph import pack_int4, unpack_int4
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError
from torpor_host.paths import MODELS


def parse(data):
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))


def plain(value):
    """A table as nested dictionaries; vectors that are absent or empty are None."""
    if isinstance(value, (np.ndarray, list, tuple)):
        return [plain(v) for v in value] or None
    if isinstance(value, (np.generic,)):
        return value.item()
    return {k: plain(v) for k, v in vars(value).items()} if hasattr(value, "__dict__") else value


def described(data):
    """All that a file says, with indices of buffers and operator codes replaced by what they mean."""
    file = parse(data)

    def octets(index):
        found = file.buffers[index].data
        return bytes(found) if found is not None and len(found) else None

    def operator(op):
        code = file.operatorCodes[op.opcodeIndex]
        number = max(code.builtinCode, code.deprecatedBuiltinCode)
        return {**plain(op), "opcodeIndex": (number, code.customCode, code.version)}

    own = {key: plain(value) for key, value in vars(file).items() if key not in ("buffers", "operatorCodes", "subgraphs")}
    return {
        **own,
        "subgraphs": [{
            **plain(g), "tensors": [{**plain(t), "buffer": octets(t.buffer)} for t in g.tensors],
            "operators": [operator(op) for op in g.operators]} for g in file.subgraphs],
        "metadata": [(m.name, octets(m.buffer)) for m in file.metadata or []]}


def assert_lossless(data):
    written = tflite.write(tflite.read(data))
    assert described(written) == described(data)
    assert tflite.write(tflite.read(written)) == written


def test_every_peer_model(peer_models):
    paths = sorted(peer_models.rglob("*.tflite"))
    assert len(paths) > 70
    for path in paths:
        assert_lossless(path.read_bytes())


def test_our_own_model_and_its_labels():
    data = (MODELS / "keywords/model.tflite").read_bytes()
    assert_lossless(data)
    assert b"labels" in dict(tflite.read(data).metadata)["torpor"]


def control_flow():
    """Two subgraphs and all the fields that the peers' models leave empty."""
    text = np.frombuffer(b"abc", np.uint8)
    quantization = schema.QuantizationParametersT(
        min=np.array([-1], np.float32), max=np.array([1], np.float32), scale=np.array([0.5], np.float32),
        zeroPoint=np.array([3], np.int64), detailsType=1, details=schema.CustomQuantizationT(custom=text), quantizedDimension=1)
    tensors = [
        schema.TensorT(shape=np.array([1, 2], np.int32), type=schema.TensorType.INT8, buffer=1, name="x",
                       quantization=quantization, shapeSignature=np.array([-1, 2], np.int32), hasRank=True),
        schema.TensorT(shape=np.array([2], np.int32), type=schema.TensorType.INT16, buffer=2, name="constant"),
        schema.TensorT(shape=np.array([2], np.int32), type=schema.TensorType.INT8, buffer=0, name="memory", isVariable=True),
        schema.TensorT(shape=None, type=schema.TensorType.BOOL, buffer=0),
        schema.TensorT(shape=np.array([1], np.int32), type=schema.TensorType.VARIANT, buffer=0, variantTensors=[
            schema.VariantSubTypeT(shape=np.array([4], np.int32), type=schema.TensorType.FLOAT32, hasRank=True)])]
    indices = np.array([0], np.int32)
    custom = schema.OperatorT(
        opcodeIndex=1, inputs=np.array([0, -1, 1], np.int32), outputs=np.array([3], np.int32), customOptions=text,
        mutatingVariableInputs=np.array([False, False, True]), intermediates=np.array([2], np.int32), debugMetadataIndex=4)
    branch = schema.OperatorT(
        opcodeIndex=2, inputs=np.array([3, 0], np.int32), outputs=np.array([4], np.int32),
        builtinOptionsType=schema.BuiltinOptions.IfOptions,
        builtinOptions=schema.IfOptionsT(thenSubgraphIndex=1, elseSubgraphIndex=1))
    dilate = schema.OperatorT(
        opcodeIndex=3, inputs=np.array([0, 1], np.int32), outputs=np.array([2], np.int32),
        builtinOptions2Type=schema.BuiltinOptions2.DilateOptions, builtinOptions2=schema.DilateOptionsT())
    first = schema.SubGraphT(
        tensors=tensors, inputs=indices, outputs=np.array([4], np.int32), operators=[custom, branch], name="main")
    second = schema.SubGraphT(
        tensors=tensors[:3], inputs=indices, outputs=indices, operators=[dilate], name=None, debugMetadataIndex=2)
    codes = [schema.OperatorCodeT(deprecatedBuiltinCode=min(n, 127), builtinCode=n, customCode=c, version=v)
             for n, c, v in ((32, "Mine", 5), (118, None, 1), (203, None, 2))]
    names = [schema.TensorMapT(name="image", tensorIndex=0)]
    return schema.ModelT(
        version=3, description="all fields", operatorCodes=[schema.OperatorCodeT(), *codes], subgraphs=[first, second],
        buffers=[schema.BufferT(), schema.BufferT(), schema.BufferT(data=np.arange(4, dtype=np.uint8))],
        metadata=[schema.MetadataT(name="empty", buffer=0), schema.MetadataT(name="four", buffer=2)],
        signatureDefs=[schema.SignatureDefT(inputs=names, outputs=names, signatureKey="serve", subgraphIndex=1)])


def pack(model):
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def test_subgraphs_custom_operators_signatures_and_every_other_field():
    assert_lossless(pack(control_flow()))


def test_the_old_operator_number_alone_is_understood():
    model = control_flow()
    for code in model.operatorCodes[1:3]:
        code.builtinCode = 0
    assert [op.name for op in tflite.read(pack(model)).main.ops] == ["CUSTOM", "IF"]


def test_equal_buffers_become_one_and_dead_ones_vanish():
    model = control_flow()
    model.buffers += [schema.BufferT(data=np.arange(4, dtype=np.uint8)), schema.BufferT(data=np.zeros(5000, np.uint8))]
    model.metadata[1].buffer = 3
    assert len(parse(tflite.write(tflite.read(pack(model)))).buffers) == 2


def test_a_buffer_behind_the_flatbuffer():
    model = control_flow()
    size = len(pack(model))
    model.buffers[2] = schema.BufferT(offset=4 * size, size=4)
    data = pack(model)
    tensor = tflite.read(data + bytes(4 * size - len(data)) + b"\1\2\3\4").main.tensors[1]
    np.testing.assert_array_equal(tensor.values(), [0x0201, 0x0403])


def test_int4_values():
    values = np.array([-8, 7, -1, 0, 3], np.int8)
    np.testing.assert_array_equal(unpack_int4(pack_int4(values), 5), values)
    assert pack_int4(values) == bytes([0x78, 0x0F, 0x03])


def test_other_values_keep_type_and_quantisation():
    w = Writer()
    w.tensor("k", (2, 3), np.int16, data=np.arange(6).reshape(2, 3), scale=0.5)
    tensor = w.model([], []).main.tensors[0]
    changed = tensor.with_values(tensor.values()[:, 1:])
    assert (changed.shape, changed.type, changed.scales.tolist()) == ((2, 2), tensor.type, [0.5])
    np.testing.assert_array_equal(changed.values(), [[1, 2], [4, 5]])
    assert dataclasses.asdict(tensor)["data"] == np.arange(6, dtype="<i2").tobytes()


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\0\0\0\0TFL3", bytes(100), b"\x1c\0\0\0TFL3" + bytes(100)])
def test_what_is_no_model(data):
    with pytest.raises(ToolError, match="not a TensorFlow Lite model"):
        tflite.read(data)


def test_a_file_cut_off_anywhere_is_read_whole_or_refused():
    data = pack(control_flow())
    whole = described(data)
    refused = 0
    for length in range(0, len(data), 7):
        try:
            assert described(tflite.write(tflite.read(data[:length]))) == whole
        except ToolError:
            refused += 1
    assert refused > len(data) // 10


def test_constants_that_do_not_fit_their_shape():
    model = control_flow()
    model.subgraphs[0].tensors[1].shape = np.array([3], np.int32)
    with pytest.raises(ToolError, match="The tensor constant has 4 bytes, its shape wants 6."):
        tflite.read(pack(model))


def test_weights_in_other_files():
    model = control_flow()
    model.externalBuffers = [schema.ExternalBufferT()]
    with pytest.raises(ToolError, match="keeps weights in other files"):
        tflite.read(pack(model))
