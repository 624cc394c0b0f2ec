# SPDX-License-Identifier: MIT
"""ONNX models, converted to float, as ONNX's own reference in NumPy computes them."""

import numpy as np
import pytest
from digits import answers
from torpor_host.convert import onnx as front
from torpor_host.convert import run, tflite
from torpor_host.errors import ToolError

onnx = pytest.importorskip("onnx", reason="onnx is not installed (extra onnx)")
from onnx import helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402


class Made:
    """A model that grows node by node; weights are random, from a fixed seed."""

    def __init__(self, *shape, seed=0):
        self.rng, self.shape = np.random.default_rng(seed), shape
        self.nodes, self.constants, self.last = [], [], "x"

    def constant(self, values):
        self.constants.append(numpy_helper.from_array(values, f"c{len(self.constants)}"))
        return self.constants[-1].name

    def random(self, *shape):
        return self.constant((self.rng.normal(size=shape) / np.prod(shape[1:]) ** 0.5).astype(np.float32))

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def add(self, kind, *inputs, **attributes):
        """A node over `inputs`, or the last output and then `inputs`."""
        name = f"y{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], f"{kind.lower()}_{len(self.nodes)}", **attributes))
        self.last = name
        return name

    def then(self, kind, *inputs, **attributes):
        return self.add(kind, self.last, *inputs, **attributes)

    def model(self, opset=17, batch="n"):
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes, "test", [value("x", onnx.TensorProto.FLOAT, (batch, *self.shape))],
            [value(self.last, onnx.TensorProto.FLOAT, None)], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def assert_as_reference(made, **options):
    """The float model in the official interpreter gives what the reference gives; returns its operators' names."""
    model = made.model(**options)
    x = made.rng.normal(size=(3, *made.shape)).astype(np.float32)
    data = run.convert(front.of_model(model)).data
    want = np.concatenate([ReferenceEvaluator(model).run(None, {"x": one[None]})[0] for one in x])
    (got,) = answers(data, x)
    want = want.transpose(0, 2, 3, 1) if want.ndim == 4 else want
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, atol=1e-4)
    return [op.name for op in tflite.read(data).main.ops]


def test_a_plain_network():
    m = Made(2, 9, 8)
    m.then("Conv", m.random(6, 2, 3, 3), m.random(6), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    stats = [m.constant(m.rng.uniform(0.5, 2, 6).astype(np.float32)) for _ in range(4)]
    m.then("BatchNormalization", *stats, epsilon=0.01)
    m.then("Relu")
    m.then("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    m.then("Flatten")
    m.then("Gemm", m.random(5, 6 * 16), m.random(5), transB=1, alpha=0.5, beta=2.0)
    m.then("Softmax")
    assert assert_as_reference(m) == ["CONV_2D", "MAX_POOL_2D", "FULLY_CONNECTED", "SOFTMAX"]


def test_a_depthwise_and_a_residual_block():
    m = Made(4, 7, 7)
    a = m.then("Conv", m.random(8, 4, 1, 1))
    m.then("Clip", m.constant(np.float32(0)), m.constant(np.float32(6)))
    m.then("Conv", m.random(8, 1, 3, 3), m.random(8), group=8, pads=[1, 1, 1, 1])
    m.add("Add", a, m.last)
    m.then("GlobalAveragePool")
    m.then("Reshape", m.integers(0, -1))
    m.then("MatMul", m.random(8, 3))
    m.then("Add", m.random(3))
    assert assert_as_reference(m) == ["CONV_2D", "RELU6", "DEPTHWISE_CONV_2D", "ADD", "MEAN", "FULLY_CONNECTED"]


@pytest.mark.parametrize("nodes", [
    [("AveragePool", dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]))],
    [("AveragePool", dict(kernel_shape=[3, 2], strides=[2, 1], count_include_pad=1, pads=[1, 0, 1, 1]))],
    [("MaxPool", dict(kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"))],
    [("GlobalMaxPool", {}), ("Squeeze", {}), ("Unsqueeze", {"axes": 0})],
    [("Sigmoid", {}), ("Tanh", {}), ("LeakyRelu", dict(alpha=0.3)), ("HardSigmoid", {}), ("HardSwish", {})],
    [("Softmax", dict(axis=1))], [("LogSoftmax", dict(axis=1))],
    [("Transpose", dict(perm=[0, 2, 3, 1])), ("Neg", {}), ("Dropout", {}), ("Identity", {})],
])
def test_operators_as_the_reference_computes_them(nodes):
    m = Made(3, 6, 5)
    for kind, attributes in nodes:
        inputs = [m.integers(attributes.pop("axes"))] if "axes" in attributes else []
        m.then(kind, *inputs, **attributes)
    assert_as_reference(m)


@pytest.mark.parametrize("attributes", [
    dict(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 0]), dict(strides=[2, 1]), dict(strides=[3, 3], pads=[0, 1, 1, 0])])
def test_transposed_convolutions(attributes):
    m = Made(3, 4, 5)
    m.then("ConvTranspose", m.random(3, 2, 3, 4), m.random(2), **attributes)
    assert "TRANSPOSE_CONV" in assert_as_reference(m)


def test_a_transposed_convolution_of_one_dimension():
    m = Made(3, 7)
    m.then("ConvTranspose", m.random(3, 2, 3), strides=[2], pads=[1, 1])
    m.then("BatchNormalization", *[m.constant(m.rng.uniform(0.5, 2, 2).astype(np.float32)) for _ in range(4)])
    m.then("Relu")
    assert "DEPTHWISE_CONV_2D" not in assert_as_reference(m)


@pytest.mark.parametrize("mode", [
    dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"), dict(mode="nearest"), dict(mode="linear"),
    dict(mode="linear", coordinate_transformation_mode="align_corners")])
def test_resized_images(mode):
    m = Made(3, 4, 5)
    m.then("Resize", "", m.constant(np.float32([1, 1, 2, 3])), **mode)
    m.then("Resize", "", "", m.integers(1, 3, 16, 15), **mode)
    assert len(assert_as_reference(m)) == 2


def test_slopes():
    m = Made(3, 4, 5)
    m.then("PRelu", m.random(3, 1, 1))
    m.then("Elu")
    m.then("PRelu", m.random(1))
    assert assert_as_reference(m) == ["PRELU", "ELU", "PRELU"]


def test_operators_with_constants():
    m = Made(3, 6, 5)
    m.then("Mul", m.random(3, 1, 1))
    m.then("Sub", m.random(1, 3, 1, 1))
    m.then("Div", m.constant(np.float32(4)))
    m.then("Pad", m.integers(0, 0, 1, 2, 0, 0, 0, 1))
    m.then("Clip", "", m.constant(np.float32(0.2)))
    m.then("ReduceMean", axes=[3], keepdims=0)
    m.then("Add", m.random(7))
    assert_as_reference(m)


def test_concatenation_of_branches():
    m = Made(3, 6, 5)
    a, b = m.add("Conv", "x", m.random(4, 3, 1, 1)), m.add("Conv", "x", m.random(2, 3, 3, 3), auto_pad="SAME_UPPER")
    m.add("Concat", a, b, "x", axis=1)
    assert "TRANSPOSE" not in assert_as_reference(m)


def test_parts():
    m = Made(6, 5, 4)
    m.then("Slice", m.integers(1, 0), m.integers(9, -1), m.integers(1, 2))
    m.then("Split", m.integers(2, 3), axis=1)
    m.nodes[-1].output.append("rest")
    m.then("GlobalAveragePool")
    m.add("Concat", m.last, m.add("GlobalMaxPool", "rest"), axis=1)
    m.then("Relu")
    assert_as_reference(m)


def test_one_dimension():
    m = Made(3, 32)
    m.then("Conv", m.random(8, 3, 5), m.random(8), pads=[2, 2], strides=[2], kernel_shape=[5])
    m.then("Relu")
    m.then("MaxPool", kernel_shape=[2], strides=[2])
    m.then("AveragePool", kernel_shape=[2], strides=[2])
    m.then("GlobalAveragePool")
    m.then("Flatten")
    assert "TRANSPOSE" not in assert_as_reference(m)


def test_a_shape_that_is_computed_from_the_input():
    m = Made(4, 3, 3)
    m.then("Shape")
    m.then("Gather", m.constant(np.array(0, np.int64)))
    m.then("Unsqueeze", m.integers(0))
    shape = m.then("Concat", m.integers(-1), axis=0)
    m.add("Reshape", "x", shape)
    m.then("Relu")
    assert_as_reference(m)


def test_a_file_of_an_older_operator_set():
    m = Made(4, 3, 3)
    m.then("Flatten")
    m.then("Gemm", m.random(36, 5), m.random(5))
    m.then("Softmax")
    assert_as_reference(m, opset=11)


def test_all_unknown_nodes_are_named():
    m = Made(3, 8, 8)
    m.then("Conv", m.random(4, 3, 1, 1))
    m.then("Gelu")
    m.then("Mish")
    m.then("Pad", m.integers(0, 0, 1, 1, 0, 0, 1, 1), mode="reflect")
    with pytest.raises(ToolError) as caught:
        front.of_model(m.model(opset=20))
    assert str(caught.value) == (
        "3 layers cannot be converted: gelu_1 (Gelu); mish_2 (Mish); pad_3 (Pad: reflect padding is not supported).")
    assert "instead of Gelu: relu" in caught.value.hint and "instead of Pad: a border of constants" in caught.value.hint


def test_layers_behind_an_unknown_one_do_no_harm():
    m = Made(3, 8, 8)
    m.then("ReduceL2", m.integers(2, 3))  # fewer elements: what follows cannot fit its input's shape
    m.then("Reshape", m.integers(1, 3))
    m.then("Mish")
    with pytest.raises(ToolError, match="One layer cannot be converted: reducel2_0"):
        front.of_model(m.model(opset=20))


def test_shapes_that_contradict_each_other():
    m = Made(3, 8, 8)
    m.then("Reshape", m.integers(1, 7, 7))
    with pytest.raises(ToolError, match="reshape_0 .Reshape. contradicts"):
        front.of_model(m.model())


@pytest.mark.parametrize("kind, inputs, attributes", [
    ("Conv", [(4, 3, 3, 3), (5,)], {}), ("Conv", [(4, 3, 3, 3)], dict(strides=[0, 1])), ("Conv", [(4, 3, 3, 3)], dict(pads=[1, 1])),
    ("Conv", [(4, 2, 3, 3)], {}), ("ConvTranspose", [(2, 2, 3, 3)], {}),
    ("Conv", [(4, 3, 3, 3)], dict(auto_pad="x")), ("ConvTranspose", [(3, 2, 3, 3)], dict(strides=[1 << 40, 1])), ("Gemm", [(9, 2)], {}),
    ("MaxPool", [], dict(kernel_shape=[99, 99])), ("Transpose", [], dict(perm=[0, 1])), ("Softmax", [], dict(axis=9)),
    ("Concat", [(3,)], {}), ("PRelu", [(5, 5)], {})])
def test_nodes_that_cannot_be_are_refused(kind, inputs, attributes):
    m = Made(3, 8, 8)
    m.then(kind, *(m.random(*shape) for shape in inputs), **attributes)
    with pytest.raises(ToolError) as caught:
        run.convert(front.of_model(m.model()))
    assert kind.lower() in str(caught.value).lower() and caught.value.hint


def test_an_open_shape_can_be_given():
    m = Made("c", "l")
    m.then("Relu")
    with pytest.raises(ToolError, match="is open"):
        front.of_model(m.model())
    assert front.of_model(m.model(), (3, 5)).inputs() == [("x", (1, 3, 5))]


def test_a_model_of_a_large_batch():
    m = Made(3, 4)
    m.then("Relu")
    with pytest.raises(ToolError, match="batch of 4"):
        front.of_model(m.model(batch=4))


def external(tmp_path):
    """A model whose weights lie in weights.bin beside it."""
    m = Made(40)
    m.then("MatMul", m.random(40, 30))
    onnx.save(m.model(), tmp_path / "net.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    return tmp_path / "net.onnx", m


def test_weights_in_another_file(tmp_path):
    path, m = external(tmp_path)
    model = m.model()
    x = m.rng.normal(size=(1, 40)).astype(np.float32)
    want = ReferenceEvaluator(model).run(None, {"x": x})[0]
    np.testing.assert_allclose(answers(run.convert(front.load(path)).data, x)[0], want, atol=1e-5)


@pytest.mark.parametrize("damage, words", [("missing", "weights.bin, which is not there"), ("short", "cannot be read")])
def test_weights_in_another_file_that_is_damaged(tmp_path, damage, words):
    path, _ = external(tmp_path)
    file = tmp_path / "weights.bin"
    file.unlink() if damage == "missing" else file.write_bytes(file.read_bytes()[:99])
    with pytest.raises(ToolError, match=words):
        run.convert_file(str(path), tmp_path / "out.tflite", quantize="float")
    assert not (tmp_path / "out.tflite").exists()


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(1000)])
def test_what_is_no_onnx_model(tmp_path, content):
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(ToolError, match="net.onnx is no ONNX model"):
        front.load(tmp_path / "net.onnx")
