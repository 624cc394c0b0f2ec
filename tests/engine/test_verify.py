# SPDX-License-Identifier: MIT
"""Models that contradict themselves or ask for too much: each is refused with its operator and the reason."""

import flatbuffers
import numpy as np
import pytest
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from oracle import Draw
from torpor_host import engine
from torpor_host.convert.writer import Writer
from torpor_host.errors import ToolError


def refused(data):
    """The sentence with which a model is refused."""
    with pytest.raises(ToolError) as caught:
        engine.measure(data)
    assert caught.value.hint
    return str(caught.value)


def altered(data, change):
    """The model after change(model), on the schema's own objects."""
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    change(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def conv(x=(1, 5, 5, 2), k=(3, 3, 3, 2), y=(1, 5, 5, 3), k_scale=0.01, bias=3, x_kind=None, name="CONV_2D", axis=0, **options):
    """A convolution, right unless told otherwise."""
    w = Writer()
    kind = dict(dtype=np.int8, scale=0.1, zero_point=1)
    i = w.tensor("x", x, **(x_kind or kind))
    c = w.tensor("k", k, np.int8, Draw(1).int8(k), scale=k_scale, axis=axis)
    b = w.tensor("b", (bias,), np.int32, np.zeros(bias), scale=0.001)
    o = w.tensor("y", y, **kind)
    w.op(name, [i, c, b], [o], **{"padding": "SAME", "strideW": 1, "strideH": 1, **options})
    return w.finish([i], [o])


def one(name, x, y, *constants, **options):
    """An operator of one activation and constants; x and y are (shape, keyword arguments)."""
    w = Writer()
    i = w.tensor("x", x[0], **x[1])
    rest = [w.tensor("c", np.shape(c), np.int32, c) for c in constants]
    o = w.tensor("y", y[0], **y[1])
    w.op(name, [i, *rest], [o], **options)
    return w.finish([i], [o])


INT8 = dict(dtype=np.int8, scale=0.1, zero_point=0)
FLOAT = dict(dtype=np.float32)


def test_the_convolution_is_right_unless_told_otherwise():
    assert engine.measure(conv())


@pytest.mark.parametrize("length", (0, 1, 7, 8, 40))
def test_a_stump_is_refused(length):
    assert refused(conv()[:length] or b"\0")


@pytest.mark.parametrize("number", (1, 5, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF))
def test_an_operator_code_that_is_not_in_the_list(number):
    def change(model):
        model.subgraphs[0].operators[0].opcodeIndex = number

    assert refused(altered(conv(), change)).endswith("its description leads outside the file.")


def test_another_file_format_is_refused():
    assert refused(b"\x89PNG\r\n\x1a\n" * 10) == "this is no TensorFlow Lite model: it has no TFL3 mark."


@pytest.mark.parametrize("change, sentence", (
    (dict(y=(1, 4, 5, 3)), "output dimension 1 should be 5"),
    (dict(y=(1, 5, 6, 3)), "output dimension 2 should be 5"),
    (dict(y=(2, 5, 5, 3)), "output dimension 0 should be 1"),
    (dict(y=(1, 5, 5, 4)), "output dimension 3 should be 3"),
    (dict(padding="VALID"), "output dimension 1 should be 3"),
    (dict(padding=2), "padding 2 is not supported"),
    (dict(strideW=0), "stride or dilation of 0 is not supported"),
    (dict(strideH=-1), "stride or dilation of -1 is not supported"),
    (dict(dilationWFactor=0), "stride or dilation of 0 is not supported"),
    (dict(dilationHFactor=40000), "stride or dilation of 40000 is not supported"),
    (dict(fusedActivationFunction="TANH"), "fused activation 4 is not supported"),
    (dict(x=(1, 5, 5, 3)), "3 input channels do not suit the weights"),
    (dict(x=(5, 5, 2)), "images and weights must have 4 dimensions"),
    (dict(bias=4), "its bias should have 3 elements"),
    (dict(k_scale=[0.1, 0.2]), "tensor 1 has scales that do not agree with its dimensions"),
    (dict(k_scale=[0.1, 0.2, 0.3], axis=1), "weights with scales along dimension 1 are not supported"),
    (dict(k_scale=[0.1, 0.0, 0.3]), "tensor 1 has a scale that is not positive and finite"),
    (dict(k_scale=[0.1, np.nan, 0.3]), "tensor 1 has a scale that is not positive and finite"),
    (dict(k_scale=[0.1, -0.1, 0.3]), "tensor 1 has a scale that is not positive and finite"),
    (dict(k_scale=[0.1, 1e30, 0.3]), "its scales are far too large for the output's"),
    (dict(x_kind=dict(dtype=np.int16, scale=0.1, zero_point=0)), "its output 0 cannot be int8"),
    (dict(x_kind=dict(dtype=np.int8)), "an integer tensor has no scale and zero point"),
    (dict(x_kind=FLOAT), "its input 1 cannot be int8"),
))
def test_convolution(change, sentence):
    assert refused(conv(**change)).endswith(sentence + ".")
    assert refused(conv(**change)).startswith(("conv_2d #0: ", "tensor "))


@pytest.mark.parametrize("zero_point", (200, -129, 2**40))
def test_zero_point_outside_its_range(zero_point):
    assert "zero point outside its range" in refused(conv(x_kind=dict(dtype=np.int8, scale=0.1, zero_point=zero_point)))


def test_depthwise_multiplier_that_disagrees_with_the_weights():
    assert refused(conv(k=(1, 3, 3, 4), y=(1, 5, 5, 4), bias=4, name="DEPTHWISE_CONV_2D", axis=3, depthMultiplier=3)) == (
        "depthwise_conv_2d #0: depth multiplier 3 does not suit the weights.")


@pytest.mark.parametrize("model, sentence", (
    (one("RESHAPE", ((2, 3), INT8), ((7,), INT8), newShape=[7]), "reshape #0: the output should have 6 elements."),
    (one("RESHAPE", ((2, 3), INT8), ((6,), INT8), [5]), "reshape #0: output dimension 0 should be 5."),
    (one("RESHAPE", ((2, 3), INT8), ((6,), FLOAT), [6]), "reshape #0: its output 0 cannot be float32."),
    (one("SOFTMAX", ((2, 3), INT8), ((2, 3), INT8), beta=1.0),
     "softmax #0: an int8 output must have scale 1/256 and zero point -128."),
    (one("SOFTMAX", ((2, 3), FLOAT), ((2, 3), FLOAT), beta=0.0), "softmax #0: a beta that is not positive is not supported."),
    (one("SOFTMAX", ((2, 3), FLOAT), ((3, 2), FLOAT), beta=1.0), "softmax #0: the shapes of input and output differ."),
    (one("PAD", ((2, 3), FLOAT), ((2, 2), FLOAT), [[0, 0], [0, -1]]), "pad #0: a padding of -1 is not possible."),
    (one("PAD", ((2, 3), FLOAT), ((2, 3), FLOAT), [[0, 0], [0, 1]]), "pad #0: output dimension 1 should be 4."),
    (one("PAD", ((2, 3), FLOAT), ((2, 3), FLOAT), [0, 0]), "pad #0: its input 1 should have 4 elements."),
    (one("MEAN", ((2, 3), FLOAT), ((2,), FLOAT), [2]), "mean #0: the input has no dimension 2."),
    (one("MEAN", ((2, 3), FLOAT), ((3,), FLOAT), [1]), "mean #0: output dimension 0 should be 2."),
    (one("MEAN", ((2, 3), FLOAT), ((2,), FLOAT), [1], keepDims=True), "mean #0: the output should have 2 dimensions."),
    (one("QUANTIZE", ((4,), FLOAT), ((4,), FLOAT)), "quantize #0: its output 0 cannot be float32."),
    (one("DEQUANTIZE", ((4,), INT8), ((4,), INT8)), "dequantize #0: its output 0 cannot be int8."),
    (one("MAX_POOL_2D", ((1, 4, 4, 1), INT8), ((1, 2, 2, 1), dict(INT8, scale=0.2)), padding="SAME", strideH=2, strideW=2,
         filterHeight=2, filterWidth=2), "max_pool_2d #0: input and output of different scale are not supported."),
    (one("RANK", ((4,), INT8), ((4,), INT8)), "rank #0: this operator is not supported."),
))
def test_operator(model, sentence):
    assert refused(model) == sentence


def test_addition_of_shapes_that_do_not_go_together():
    w = Writer()
    a, b, y = w.tensor("a", (2, 3), **INT8), w.tensor("b", (2, 4), **INT8), w.tensor("y", (2, 4), **INT8)
    w.op("ADD", [a, b], [y])
    assert refused(w.finish([a, b], [y])) == "add #0: dimension 1 of its inputs does not agree."


def _chain():
    """x -> QUANTIZE -> 1 -> QUANTIZE -> 2."""
    w = Writer()
    x, a, y = (w.tensor(name, (4,), **INT8) for name in "xay")
    w.op("QUANTIZE", [x], [a])
    w.op("QUANTIZE", [a], [y])
    return w.finish([x], [y])


def _graph(change):
    return altered(_chain(), lambda model: change(model.subgraphs[0]))


def _set(target, name, value):
    setattr(target, name, value)


@pytest.mark.parametrize("change, sentence", (
    (lambda g: g.operators.reverse(), "quantize #0: tensor 1 is read before it is written."),
    (lambda g: g.operators.pop(), "tensor 2 is an output that no operator writes."),
    (lambda g: _set(g.operators[1], "outputs", [1]), "quantize #1: tensor 1 is written twice."),
    (lambda g: _set(g.operators[1], "inputs", [0]) or _set(g.operators[0], "outputs", [2]),
     "quantize #1: tensor 2 is written twice."),
    (lambda g: _set(g.operators[1], "inputs", [2]), "quantize #1: tensor 2 is read before it is written."),
    (lambda g: _set(g.operators[0], "outputs", [0]), "quantize #0: tensor 0 is constant or an input, but is written."),
    (lambda g: _set(g.operators[0], "inputs", [9]), "quantize #0: tensor 9 does not exist."),
    (lambda g: _set(g.operators[0], "inputs", [-2]), "quantize #0: tensor -2 does not exist."),
    (lambda g: _set(g.operators[0], "inputs", [-1]), "quantize #0: its input 0 is missing."),
    (lambda g: _set(g.operators[0], "inputs", [0, 0]), "quantize #0: it cannot have 2 inputs."),
    (lambda g: _set(g.operators[1], "outputs", [2, 1]), "quantize #1: tensor 1 is written twice."),
    (lambda g: _set(g.operators[0], "opcodeIndex", 5), "operator #0: its description leads outside the file."),
    (lambda g: _set(g, "inputs", [0, 0]), "tensor 0 is an input of the model twice."),
    (lambda g: _set(g, "outputs", [7]), "tensor 7 does not exist."),
    (lambda g: _set(g, "operators", []), "the model computes nothing."),
    (lambda g: _set(g.tensors[1], "shape", [3]), "quantize #0: the shapes of input and output differ."),
    (lambda g: _set(g.tensors[1], "shape", [-1]), "quantize #0: tensor 1 has a dimension that is not fixed or below 1."),
    (lambda g: _set(g.tensors[1], "shape", [2] * 7), "quantize #0: tensor 1 has more than 6 dimensions."),
    (lambda g: _set(g.tensors[1], "shape", [65536, 65536]), "quantize #0: tensor 1 is larger than 2 GB."),
    (lambda g: _set(g.tensors[1], "type", schema.TensorType.STRING), "quantize #0: its output 0 cannot be type 5."),
    (lambda g: _set(g.tensors[2], "type", schema.TensorType.STRING), "quantize #1: its output 0 cannot be type 5."),
    (lambda g: _set(g.tensors[2], "type", schema.TensorType.BOOL), "quantize #1: its output 0 cannot be bool."),
    (lambda g: _set(g.tensors[1], "buffer", 9), "quantize #0: tensor 1 leads outside the file."),
))
def test_graph(change, sentence):
    assert sentence in refused(_graph(change))


def test_output_of_an_unknown_type_and_no_input_that_would_decide_it():
    def change(model):
        model.subgraphs[0].operators[0].inputs = []
        model.subgraphs[0].tensors[1].type = schema.TensorType.STRING

    data = altered(one("ABS", ((4,), INT8), ((4,), INT8)), change)
    assert refused(data) == "abs #0: its output 0 cannot be type 5."


def test_constant_of_fewer_bytes_than_its_shape():
    def shorten(model):
        model.buffers[model.subgraphs[0].tensors[1].buffer].data = np.zeros(53, np.uint8)

    assert refused(altered(conv(), shorten)) == (
        "conv_2d #0: tensor 1 has a shape that does not agree with its constant bytes.")


def test_weights_with_a_zero_point():
    def shift(model):
        model.subgraphs[0].tensors[1].quantization.zeroPoint = np.array([1])

    assert refused(altered(conv(), shift)) == "conv_2d #0: weights with a zero point are not supported."


def test_missing_options():
    def drop(model):
        model.subgraphs[0].operators[0].builtinOptions = None
        model.subgraphs[0].operators[0].builtinOptionsType = 0

    assert refused(altered(conv(), drop)) == "conv_2d #0: its options are missing or another operator's."


def test_operator_number_that_the_schema_does_not_have():
    def number(model):
        model.operatorCodes[0].builtinCode = 250

    assert refused(altered(conv(), number)) == "operator 250 #0: this operator is not supported."


def test_old_operator_number_below_zero_leaves_the_new_one():
    def number(model):
        model.operatorCodes[0].deprecatedBuiltinCode = -105

    assert engine.measure(altered(conv(), number)) == engine.measure(conv())


def test_schema_of_another_version():
    assert refused(altered(conv(), lambda model: _set(model, "version", 2))) == "schema version 2 is not supported."
